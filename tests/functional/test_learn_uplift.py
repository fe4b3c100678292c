"""Effects by customer: learned from enough randomised contacts, used by the next plan, claimed only where real."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.contact_plan import contact_plan
from pipeline.learn import learn
from pipeline.learning.result import LearnReport
from tests.planted_trial import AS_OF, Firm, Group, write

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
