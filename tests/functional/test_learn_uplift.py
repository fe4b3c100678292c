"""Effects by customer: learned from enough randomised contacts, used by the next plan, claimed only where real."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import yaml

from features.errors import DataError
from pipeline.contact_plan import contact_plan
from pipeline.learn import learn
from pipeline.learning.result import LearnReport
from tests.planted_trial import AS_OF, HORIZON_DAYS, Firm, Group, write

FROM_1000 = {"uplift_contacts": {"value": 1000, "source": "test", "status": "assumption"}, "folds": 2}
HELPED, HARMED = Group("call", 500, 50, 500, 200), Group("call", 500, 200, 500, 50)
SAME = Group("call", 600, 90, 600, 90)


def report(firm: Firm) -> LearnReport:
    return learn(firm.config, firm.plan, firm.contacts).report


def scores(firm: Firm, folder: Path) -> Path:
    """All customers alike, worth contacting by the odds."""
    table = firm.people[["customer_id"]].assign(
        as_of=AS_OF, status="at_risk", risk=0.4, risk_band="high", type_price=1.0, loss_if_defect=500.0
    )
    table.to_parquet(folder / "scores.parquet")
    return folder / "scores.parquet"


@pytest.mark.slow
def test_effects_by_customer_are_found_and_the_plan_goes_by_them(tmp_path: Path) -> None:
    firm = write(tmp_path, [HELPED, HARMED], **FROM_1000)
    found = report(firm).learned
    assert found.uplift is not None and found.uplift.claimed
    assert found.uplift.contacts == 2000 and found.uplift.effect.low > 0.2
    assert "Effects by customer" in (tmp_path / ".holdfast/learned/report.html").read_text(encoding="utf-8")
    summary = contact_plan(firm.config, scores(firm, tmp_path), tmp_path / "next").summary
    rows = pd.read_parquet(tmp_path / "next" / "plan.parquet")
    assert summary.effects == "measured"
    called = rows[rows["action"] == "call"]
    assert len(called) and called["customer_id"].str.startswith("g0").all()
    assert called["expected_saved"].to_numpy() == pytest.approx(0.3 * 500, rel=0.25)


@pytest.mark.slow
def test_nothing_is_claimed_where_contacts_do_nothing_and_nobody_is_contacted(tmp_path: Path) -> None:
    firm = write(tmp_path, [SAME, Group("letter", 600, 90, 600, 90)], **FROM_1000)
    found = report(firm).learned
    assert found.uplift is not None and not found.uplift.claimed
    assert found.never == {"call", "letter"}
    summary = contact_plan(firm.config, scores(firm, tmp_path), tmp_path / "next").summary
    assert summary.contacts == summary.hold_out == 0
    assert summary.effects == "updated"


def test_too_few_contacts_teach_nothing_about_single_customers(tmp_path: Path) -> None:
    assert report(write(tmp_path, [SAME])).learned.uplift is None


def halves(firm: Firm) -> tuple[Path, Path]:
    """The plan of a firm as two, one after the other, each with customers of all groups and arms."""
    rows = pd.read_parquet(firm.plan / "plan.parquet")
    folders = (firm.plan.with_name("spring"), firm.plan.with_name("autumn"))
    for number, folder in enumerate(folders):
        folder.mkdir()
        rows[rows.index % 2 == number].to_parquet(folder / "plan.parquet")
        summary = json.loads((firm.plan / "summary.json").read_text(encoding="utf-8")) | {"plan_id": folder.name}
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folders


@pytest.mark.slow
@pytest.mark.parametrize("in_tables", [False, True])
def test_a_second_plan_learns_effects_from_the_hold_out_of_the_first_too(tmp_path: Path, in_tables: bool) -> None:
    enough = {"value": 1_800, "source": "test", "status": "assumption"}
    rules = {**FROM_1000, "uplift_contacts": enough, "learners": ["factors"]}
    firm = write(tmp_path, [HELPED, HARMED], until=AS_OF + timedelta(days=2 * HORIZON_DAYS), **rules)
    if in_tables:
        contacts_in_tables(firm)
    spring, autumn = halves(firm)
    alone = learn(firm.config, spring, firm.contacts).report.learned
    assert alone.uplift is None
    for _ in range(2):  # learning again counts nothing twice
        done = learn(firm.config, autumn, firm.contacts)
        both = done.report.learned
        assert both.uplift is not None and both.uplift.contacts == 2_000 and both.uplift.claimed
        assert pd.read_parquet(done.out / "drawn.parquet").groupby("plan_id").size().tolist() == [1_000, 1_000]


def contacts_in_tables(firm: Firm) -> None:
    """The firm writes its contacts back, with their arm, as far as there was a contact: here in the next month."""
    contacts = pd.read_csv(firm.contacts).assign(occurred_at=AS_OF + timedelta(days=35))
    contacts.to_csv(firm.contacts, index=False)
    config = yaml.safe_load(firm.config.read_text(encoding="utf-8"))
    config["sources"]["contacts"] = {"csv": "contacts.csv"}
    config["tables"]["contacts"] = {"source": "contacts"}
    firm.config.write_text(yaml.safe_dump(config), encoding="utf-8")


def test_what_is_no_list_of_arms_is_refused(tmp_path: Path) -> None:
    firm = write(tmp_path, [SAME])
    out = learn(firm.config, firm.plan, firm.contacts).out
    pd.DataFrame({"customer_id": ["a"]}).to_parquet(out / "drawn.parquet")
    with pytest.raises(DataError, match="empty folder"):
        report(firm)
