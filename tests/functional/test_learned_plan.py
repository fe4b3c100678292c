"""On simulated companies: what is learned from contacts that work is worth money, and where nothing works all rest."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.contact_plan import contact_plan
from pipeline.learn import learn
from pipeline.simulator import run
from pipeline.simulator.scenario import ACTIONS, Policy, Scenario
from pipeline.simulator.scenarios import SCENARIOS
from pipeline.truth.learned_plan import learned_plan, predicted_now, trial_case
from tests.plan_case import odds, settings
from tests.simulated import QUICK, write_config

pytestmark = pytest.mark.slow
FEW = "features: {windows_days: [90], half_lives_days: [30]}\n"
LEARNING = {"folds": 2, "uplift_contacts": {"value": 1000, "source": "test", "status": "assumption"}}
NOTHING, MUCH = (0.0,) * 4, (-3.0,) * 4
PLANNED, NEXT = datetime(2022, 3, 1), datetime(2022, 10, 1)


def company(folder: Path, monkeypatch: pytest.MonkeyPatch, policy: Policy, customers: int) -> Path:
    """The config of a company that leaves to chance whom it contacts, with what, and who is held out."""
    monkeypatch.setattr(run, "MOST_PLAYS", 2)
    trial = replace(policy, rate=0.2, randomised_share=1.0, treated_share=0.5, follows_risk=1.0, random_actions=1.0)
    scenario: Scenario = replace(SCENARIOS["telecom"], policy=trial)
    found = run.simulate(customers, 24, 3, folder / "company", scenario)
    return write_config(folder, found, every="month", more=QUICK + FEW)


def test_effects_learned_from_contacts_that_work_are_worth_more_than_calling_the_riskiest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = company(tmp_path, monkeypatch, Policy(effects=(NOTHING, MUCH, MUCH, NOTHING)), customers=5_000)
    case = trial_case(config, tmp_path / "company" / "truth")
    factors_only = case.config.learning.model_copy(update={"folds": 2, "learners": ("factors",)})
    case = replace(case, config=case.config.model_copy(update={"learning": factors_only}))
    found = learned_plan(case, predicted_now(case))
    assert found.uplift is not None and found.uplift.chosen == "factors"
    assert found.values["learned.0.05"] > 1.5 * found.values["riskiest.0.05"]
    assert found.values["learned.0.05"] > 0.75 * found.values["average_odds.0.05"]
    assert found.values["learned.paying"] > 0


def everybody(folder: Path, as_of: datetime) -> Path:
    """A score file in which all customers of the company are at risk and worth contacting by the assumed odds."""
    ids = pd.read_parquet(folder / "company" / "customers")["customer_id"]
    table = pd.DataFrame({"customer_id": ids, "as_of": as_of, "status": "at_risk", "risk": 0.3, "risk_band": "high"})
    table = table.assign(type_price=0.5, type_service=0.5, loss_if_defect=400.0)
    table.to_parquet(folder / f"scores-{as_of:%Y%m%d}.parquet")
    return folder / f"scores-{as_of:%Y%m%d}.parquet"


def planning(config: Path) -> None:
    """The section `plan`: the actions of the company, with odds that promise something."""
    offered = [
        {"name": name, "channel": "email", "cost": 1.0, "success": {"price": odds(3, 7), "any": odds(2, 8)}}
        for name in ACTIONS
    ]
    channels = {"email": {"capacity_per_day": 500, "owner": "desk"}}
    plan = settings(
        actions=offered,
        channels=channels,
        agents=[],
        budget=2_000,
        holdout_share=0.3,
        cool_down_days=0,
        obligations=None,
    ).model_dump(mode="json", exclude_none=True)
    stored = yaml.safe_load(config.read_text(encoding="utf-8"))
    config.write_text(yaml.safe_dump({**stored, "plan": plan, "learning": LEARNING}), encoding="utf-8")


def test_where_contacts_do_nothing_learning_claims_nothing_and_the_next_plan_contacts_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = company(tmp_path, monkeypatch, SCENARIOS["no_uplift"].policy, customers=3_000)
    planning(config)
    first = contact_plan(config, everybody(tmp_path, PLANNED), tmp_path / "plan").summary
    assert first.effects == "assumed" and first.contacts > 300 and first.hold_out > 100
    rows = pd.read_parquet(tmp_path / "plan" / "plan.parquet").query("arm == 'treat'")
    rows[["customer_id", "action"]].assign(occurred_at="2022-03-03").to_csv(tmp_path / "contacts.csv", index=False)
    report = learn(config, tmp_path / "plan", tmp_path / "contacts.csv").report
    assert not report.overall.claimed
    uplift = report.learned.uplift
    assert uplift is not None and set(uplift.actions) == set(ACTIONS)
    assert not uplift.claimed and uplift.effect.low <= 0
    assert report.learned.never == set(ACTIONS)
    following = contact_plan(config, everybody(tmp_path, NEXT), tmp_path / "next").summary
    assert following.contacts == following.hold_out == 0
    assert set(following.never) == set(ACTIONS)
