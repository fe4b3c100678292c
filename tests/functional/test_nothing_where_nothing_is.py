"""In `quiet` complaints drive nothing and in `no_uplift` contacts do nothing: our own tools must not find otherwise.

The same tools on companies where there is something to be found show that they can find it.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.trial import Difference, difference
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.fitting import LabelledRows
from pipeline.group_test import group_gains
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import prepared
from pipeline.simulator import run
from pipeline.simulator.audit import randomised_contacts
from pipeline.simulator.scenario import Hazard, Policy, Scenario
from pipeline.simulator.scenarios import SCENARIOS
from tests.simulated import QUICK, write_config

pytestmark = pytest.mark.slow

COMPLAINTS = ("complaints", "resolution")


@pytest.fixture(autouse=True)
def _one_future(monkeypatch: pytest.MonkeyPatch) -> None:
    """The truth is not looked at here."""
    monkeypatch.setattr(run, "MOST_PLAYS", 1)


FEW_FEATURES = "features: {windows_days: [90, 365], half_lives_days: [30]}\n"


def _gains(folder: Path, scenario: Scenario) -> pd.DataFrame:
    found = run.simulate(4_000, 30, 3, folder / "company", scenario)
    config = load(write_config(folder, found, every="60", more=QUICK + FEW_FEATURES))
    with prepared(config) as data:
        split = moments(config, data)
        plan = feature_plan(config, data, split.train[-1])
        rows = LabelledRows(labelled(config, data, plan, all_moments(config, data)).rows)
    parts = [rows.take(among(rows, days)) for days in (split.train, split.test)]
    groups = {"complaints": COMPLAINTS, "contracts": ("contracts",)}
    return group_gains(*parts, plan.entries, config, groups, replicates=100).set_index("name")


def test_complaints_are_no_driver_where_they_mean_nothing(tmp_path: Path) -> None:
    gains = _gains(tmp_path, SCENARIOS["quiet"])
    assert gains.loc["complaints", "features"] > 20
    assert not gains.loc["complaints", "driver"]
    assert gains.loc["contracts", "driver"]


def test_complaints_are_a_driver_where_they_mean_much(tmp_path: Path) -> None:
    telling = Hazard(complaint=4.0, open_complaint=2.0, slow=1.0, fault=0.0, base=(-7.0, -6.5, -6.0, -6.5))
    gains = _gains(tmp_path, replace(SCENARIOS["telecom"], hazard=telling))
    assert gains.loc["complaints", "driver"]


def _uplift(folder: Path, policy: Policy) -> dict[str, Difference]:
    """More contacts than the scenarios have, most of them left to chance: a well powered experiment.

    What each action did, and all together, with intervals that hold together (Bonferroni).
    """
    many = replace(policy, rate=0.1, randomised_share=0.9, treated_share=0.5)
    company: Scenario = replace(SCENARIOS["telecom"], policy=many)
    run.simulate(30_000, 24, 3, folder / "company", company)
    cases = randomised_contacts(folder / "company")
    parts = {"all": cases} | dict(iter(cases.groupby("action")))
    arms = {name: (one["defected"].to_numpy(float), (one["arm"] == "treat").to_numpy()) for name, one in parts.items()}
    return {name: difference(*arm, level=1 - 0.05 / len(arms), binary=True) for name, arm in arms.items()}


def test_no_uplift_is_claimed_where_contacts_do_nothing(tmp_path: Path) -> None:
    found = _uplift(tmp_path, SCENARIOS["no_uplift"].policy)
    assert len(found) == 5
    assert not any(one.claimed for one in found.values())
    assert all(one.low < 0 < one.high for one in found.values())


def test_uplift_is_found_where_contacts_do_much(tmp_path: Path) -> None:
    nothing, much = (0.0,) * 4, (-2.5,) * 4
    strong = Policy(effects=(nothing, much, much, nothing))
    found = _uplift(tmp_path, strong)
    assert found["discount"].high < 0
