"""The plan folder, from a score file to the files a team opens."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from features.errors import DataError
from pipeline.plan import make_plan, plan
from pipeline.planning.known import KnownTables
from pipeline.planning.rows import COLUMNS
from pipeline.planning.settings import PlanSettings
from tests.plan_case import AS_OF, complaint, complaints, odds, scores, settings

ROOT = Path(__file__).parents[2]
CHINESE = KnownTables(
    complaints=complaints(complaint("c00003", "2026-02-27 10:00", cause="attitude"), complaint("c00001", "2026-01-01"))
)


def test_a_score_file_becomes_a_plan_folder(tmp_path: Path) -> None:
    scores(300).to_parquet(tmp_path / "scores.parquet")
    summary = plan(tmp_path / "scores.parquet", CHINESE, settings(), tmp_path / "plan", as_of=AS_OF)
    assert {path.name for path in (tmp_path / "plan").iterdir()} >= {
        "plan.csv",
        "plan.parquet",
        "obligations.csv",
        "summary.json",
        "plan.html",
        "plan.ics",
    }
    csv, parquet = pd.read_csv(tmp_path / "plan" / "plan.csv"), pd.read_parquet(tmp_path / "plan" / "plan.parquet")
    assert csv.columns.tolist() == parquet.columns.tolist() == list(COLUMNS)
    assert len(csv) == len(parquet) == summary.contacts + summary.hold_out + summary.obligations
    written = json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8"))
    assert written == summary.model_dump(mode="json")
    assert not list(tmp_path.glob(".plan*"))


def test_obligations_come_first_then_offers_by_net_benefit_then_the_hold_out() -> None:
    rows = make_plan(scores(300), CHINESE, settings()).rows
    assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
    kinds = np.where(rows["net_benefit"].isna(), 0, np.where(rows["arm"] == "treat", 1, 2))
    assert kinds.tolist() == sorted(kinds)
    assert (np.diff(rows.loc[kinds == 1, "net_benefit"]) <= 0).all()


def test_the_plan_is_worth_more_than_calling_the_riskiest_or_the_most_valuable() -> None:
    summary = make_plan(scores(600), KnownTables(), settings()).summary
    assert summary.objective > 1.1 * summary.comparison["call_the_riskiest"]
    assert summary.objective > summary.comparison["call_the_most_valuable"]


def test_the_hold_out_is_like_the_treated_and_gets_no_appointment() -> None:
    many = settings(holdout_share=0.3, budget=None, period_days=28)
    rows = make_plan(scores(3_000), KnownTables(), many).rows
    control, treat = rows[rows["arm"] == "control"], rows[rows["arm"] == "treat"]
    assert (control["agent"] == "").all()
    assert control["date"].isna().all()
    assert len(control) / len(rows) == pytest.approx(0.3, abs=0.03)
    assert control["net_benefit"].mean() == pytest.approx(treat["net_benefit"].mean(), rel=0.15)


def test_who_was_held_out_stays_so_until_the_outcome_is_known() -> None:
    def next_plan(days: int) -> pd.DataFrame:
        table = scores(300).assign(as_of=pd.Timestamp(AS_OF) + pd.Timedelta(days=days))
        return make_plan(table, KnownTables(contacts=contacts), wide.model_copy(update={"plan_id": "april"})).rows

    wide = settings(holdout_share=0.3, budget=None, cool_down_days=0, holdout_days=90)
    first = make_plan(scores(300), KnownTables(), wide).rows
    held = first.loc[first["arm"] == "control", ["customer_id", "arm"]]
    contacts = held.assign(occurred_at=pd.Timestamp(AS_OF))
    assert len(held)
    assert not set(next_plan(28)["customer_id"]) & set(held["customer_id"])
    assert set(next_plan(91)["customer_id"]) & set(held["customer_id"])


def test_talking_points_follow_the_playbook_in_the_plans_language() -> None:
    book = settings(playbook="playbook.zh.yaml")
    rows = make_plan(scores(50), CHINESE, book, folder=ROOT / "configs").rows.set_index("customer_id")
    assert "由主管听完陈述" in rows.loc["c00003", "talking_points"]
    offered = rows[rows["net_benefit"].notna()]
    assert (offered["talking_points"] != "").all()


def test_chinese_text_and_formulas_survive_a_spreadsheet(tmp_path: Path) -> None:
    nasty = scores(50, customer_id=[f"=HYPERLINK({n})" for n in range(49)] + ["王伟"], risk=0.9)
    plan(nasty, KnownTables(), settings(holdout_share=0), tmp_path / "plan")
    raw = (tmp_path / "plan" / "plan.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    ids = pd.read_csv(tmp_path / "plan" / "plan.csv")["customer_id"]
    assert not ids.str.startswith("=").any()
    assert set(pd.read_parquet(tmp_path / "plan" / "plan.parquet")["customer_id"]) <= set(nasty["customer_id"])
    assert "王伟" in set(ids)


@pytest.mark.parametrize("customers", [0, 5])
def test_a_plan_that_can_contact_nobody_is_whole_and_says_why(customers: int, tmp_path: Path) -> None:
    hopeless = settings(
        actions=[{"name": "call", "channel": "phone", "cost": 10_000, "minutes": 5, "success": {"any": odds(1, 1)}}]
    )
    summary = plan(scores(customers), KnownTables(), hopeless, tmp_path / "plan", as_of=AS_OF)
    assert len(pd.read_csv(tmp_path / "plan" / "plan.csv")) == 0
    assert pd.read_parquet(tmp_path / "plan" / "plan.parquet").columns.tolist() == list(COLUMNS)
    assert (summary.objective, summary.bound, summary.gap) == (0.0, 0.0, 0.0)
    assert summary.not_contacted == ({"not_worth_it": 5} if customers else {})
    assert any("Nobody is contacted" in note for note in summary.notes)


def test_an_earlier_plan_is_replaced_and_another_folder_is_left_alone(tmp_path: Path) -> None:
    for _ in range(2):
        plan(scores(20), KnownTables(), settings(), tmp_path / "plan")
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("mine")
    with pytest.raises(DataError, match="something else than a plan"):
        plan(scores(20), KnownTables(), settings(), other)
    assert [path.name for path in other.iterdir()] == ["chapter.txt"]


def test_what_somebody_put_beside_an_earlier_plan_is_not_lost(tmp_path: Path) -> None:
    plan(scores(20), KnownTables(), settings(), tmp_path / "plan")
    (tmp_path / "plan" / "contacts.csv").write_text("filled in", encoding="utf-8")
    with pytest.raises(DataError, match=r"something else than a plan.*contacts\.csv"):
        plan(scores(20), KnownTables(), settings(), tmp_path / "plan")
    assert (tmp_path / "plan" / "contacts.csv").read_text(encoding="utf-8") == "filled in"


def test_a_failed_plan_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="snapshot"):
        plan(scores(20), KnownTables(), settings(), tmp_path / "plan", as_of=datetime(2026, 5, 1))
    assert not list(tmp_path.iterdir())


def test_the_example_config_plans_a_larger_company() -> None:
    text = yaml.safe_load((ROOT / "configs" / "plan.example.yaml").read_text(encoding="utf-8"))["plan"]
    example = PlanSettings.model_validate(text)
    summary = make_plan(scores(3_000), CHINESE, example, folder=ROOT / "configs").summary
    assert summary.contacts > 100
    assert summary.gap < 0.01
    assert summary.capacity_used["budget"].used <= 4000


def test_time_too_short_for_the_best_action_goes_to_a_shorter_one() -> None:
    any_odds = {"any": odds(1, 1)}
    tight = settings(
        period_days=2,
        holdout_share=0,
        obligations=None,
        agents=[{"name": "Ann", "channels": ["phone"], "hours_per_day": 0.5}],
        actions=[
            {"name": "long", "channel": "phone", "cost": 0, "minutes": 20, "success": {"any": odds(9, 1)}},
            {"name": "short", "channel": "phone", "cost": 0, "minutes": 10, "success": any_odds},
        ],
    )
    alike = scores(3, risk=0.5, loss_if_defect=[300.0, 200.0, 100.0])
    rows = make_plan(alike, KnownTables(), tight).rows
    assert sorted(rows["slot"]) == ["09:00-09:20", "09:00-09:20", "09:20-09:30"]
