"""Complaint economics by hand: states, limits, first contact, silence. Period 2024-Q2."""

from pathlib import Path

import pytest

from pipeline.diagnosis.result import Diagnosis
from tests.diagnosis_support import diagnosed, row

OUTCOME = {"kind": "cancel", "horizon_days": 90}
SLA = {
    "1": {"answer_hours": 2, "resolve_hours": 4, "source": "own", "status": "own"},
    "4": {"answer_hours": 24, "resolve_hours": 48, "working_time": True, "source": "own", "status": "own"},
}
# who, grade, opened, answered, resolved, reopened, cause, handler; 2024-03-15 is a Friday
CASES = [
    ("c0", "1", "2024-03-15 10:00", "2024-03-15 11:00", "2024-03-15 13:00", None, "product", "h1"),
    ("c1", "1", "2024-03-15 10:00", "2024-03-15 13:00", "2024-03-17 10:00", None, "product", "h1"),
    ("c2", "4", "2024-03-15 10:00", "2024-03-18 09:00", "2024-03-19 09:00", None, "attitude", "h1"),
    ("c3", "4", "2024-03-15 10:00", "2024-03-18 11:00", None, None, "attitude", "h2"),
    ("c4", "1", "2024-03-15 10:00", None, None, None, "attitude", "h2"),
    ("c5", "1", "2024-03-15 10:00", "2024-03-15 10:30", "2024-03-15 10:30", "2024-03-16 09:00", "product", "h2"),
    ("c6", "1", "2024-03-15 10:00", "2024-03-15 10:30", "2024-04-20 10:00", None, "product", "h2"),
]
NAMES = ("customer_id", "grade", "opened_at", "responded_at", "resolved_at", "reopened_at", "cause", "handled_by")


def desk(folder: Path, *, left: tuple[str, ...] = (), **settings: object) -> Diagnosis:
    who = [f"c{n}" for n in range(10)]
    tables = {
        "customers": [{"customer_id": one} for one in who],
        "transactions": [{"customer_id": one, "occurred_at": "2024-02-01", "amount": 10} for one in who],
        "complaints": [{**dict(zip(NAMES, case, strict=True)), "complaint_id": n} for n, case in enumerate(CASES)],
        "defections": [{"customer_id": one, "occurred_at": "2024-05-01"} for one in left or ("c9",)],
    }
    wanted = {"min_cases": 1, "periods": 2, **settings}
    first = {"first": "2024-01-01"}
    return diagnosed(folder, tables, OUTCOME, data_until="2024-07-01", sla=SLA, snapshots=first, diagnosis=wanted)


def test_the_state_is_the_one_known_when_the_period_begins(tmp_path: Path) -> None:
    """c6 was resolved on 20 April: at the start of the quarter it had an answer only."""
    rows = {one["state"]: one for one in desk(tmp_path).table("complaints", "repurchase") if one["severity"] == "all"}
    counted = {state: one["customer_periods"] for state, one in rows.items() if state != "none"}
    assert counted == {"resolved_quickly": 1, "resolved": 2, "answered": 2, "open": 1, "reopened": 1}


def test_the_share_that_stays_is_counted_by_state_beside_the_reference(tmp_path: Path) -> None:
    rows = desk(tmp_path, left=("c1", "c4")).table("complaints", "repurchase")
    resolved, open_ = (row(rows, state=state, severity="all") for state in ("resolved", "open"))
    assert (resolved["stayed"], open_["stayed"]) == (0.5, 0.0)
    assert (resolved["reference_large"], resolved["reference_small"]) == (0.54, 0.70)
    assert row(rows, state="answered", severity="all")["reference_large"] is None


def test_severity_goes_by_grade(tmp_path: Path) -> None:
    rows = desk(tmp_path).table("complaints", "repurchase")
    assert row(rows, state="resolved", severity="large")["customer_periods"] == 1
    assert row(rows, state="resolved", severity="small")["customer_periods"] == 1


def test_a_complaint_is_forgotten_after_its_days(tmp_path: Path) -> None:
    rows = desk(tmp_path, complaint_days=10).table("complaints", "repurchase")
    assert {one["state"] for one in rows} == {"none"}


def test_limits_are_judged_by_grade_and_on_working_days(tmp_path: Path) -> None:
    """Grade 4: from Friday 10:00 to Tuesday 09:00 are 47 working hours; the open case has passed its limit."""
    rows = desk(tmp_path).table("complaints", "limits_by_grade")
    one, four = (row(rows, limit="resolve", grade=grade) for grade in ("1", "4"))
    assert (one["decided"], one["kept"]) == (5, pytest.approx(2 / 5))
    assert (four["decided"], four["kept"]) == (2, pytest.approx(1 / 2))
    assert row(rows, limit="answer", grade="4")["kept"] == pytest.approx(1 / 2)


def test_limits_are_judged_by_cause(tmp_path: Path) -> None:
    rows = desk(tmp_path).table("complaints", "limits_by_cause")
    assert row(rows, limit="resolve", cause="product")["kept"] == pytest.approx(2 / 4)
    assert row(rows, limit="resolve", cause="attitude")["kept"] == pytest.approx(1 / 3)


def test_a_case_still_within_its_limit_is_not_judged(tmp_path: Path) -> None:
    tables = {
        "customers": [{"customer_id": "c1"}],
        "transactions": [{"customer_id": "c1", "occurred_at": "2024-02-01", "amount": 10}],
        "complaints": [
            {"customer_id": "c1", "complaint_id": n, "opened_at": opened, "resolved_at": resolved, "grade": "1"}
            for n, (opened, resolved) in enumerate(
                [("2024-06-30 23:00", None), ("2024-06-01 23:00", None), ("2024-06-01 20:00", "2024-06-01 21:00")]
            )
        ],
        "defections": [{"customer_id": "c1", "occurred_at": "2025-01-01"}],
    }  # fmt: skip
    found = diagnosed(tmp_path, tables, OUTCOME, data_until="2024-07-01", sla=SLA, diagnosis={"min_cases": 1})
    line = row(found.table("complaints", "limits_by_grade"), limit="resolve")
    assert (line["cases"], line["decided"], line["kept"]) == (3, 2, 0.5)


def test_settled_at_first_contact_means_not_reopened_and_no_further_complaint(tmp_path: Path) -> None:
    """c0, c1, c2, c6 are settled; c5 was reopened, c3 and c4 are open. Only c5 was solved by its first answer."""
    line = row(desk(tmp_path).table("complaints", "first_contact"), period="2024-Q1")
    assert (line["cases"], line["settled"]) == (7, pytest.approx(4 / 7))
    assert line["by_first_answer"] == 0


def test_the_silent_are_a_range_from_the_share_who_complain(tmp_path: Path) -> None:
    """Seven complain: at 75 % there are 7 x (1 / 0.75 - 1) silent ones, at 50 % seven."""
    line = row(desk(tmp_path).table("complaints", "silent"), period="2024-Q1")
    assert (line["complainers"], line["silent_high"]) == (7, pytest.approx(7))
    assert line["silent_low"] == pytest.approx(7 / 3)


def test_causes_are_shares_of_their_period(tmp_path: Path) -> None:
    rows = desk(tmp_path).table("complaints", "causes_over_time")
    assert row(rows, period="2024-Q1", level="product")["share"] == pytest.approx(4 / 7)


def test_handlers_are_compared_and_few_cases_put_together(tmp_path: Path) -> None:
    rows = desk(tmp_path / "all").table("complaints", "handlers")
    assert row(rows, handler="h1")["hours_median"] == pytest.approx(48)
    (together,) = desk(tmp_path / "few", min_cases=5).table("complaints", "handlers")
    assert (together["handler"], together["cases"]) == ("other", 6)  # nobody has answered c4 yet
