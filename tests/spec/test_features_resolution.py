"""Resolution speed: only what is known at the snapshot, and how the last complaint stands."""

from dataclasses import replace
from datetime import datetime

import pytest

from features.spec import Limit
from tests.companies import SETTINGS, Row, day, features_at

T = "2024-07-01"  # a Monday


def complaint(number: int, opened: str, resolved: str | None = None, **more: object) -> Row:
    resolved_at = day(resolved) if resolved else None
    return {
        "customer_id": "ann",
        "complaint_id": f"k{number}",
        "opened_at": day(opened),
        "resolved_at": resolved_at,
        **more,
    }


def at(rows: list[Row], as_of: str = T) -> dict[str, object]:
    return features_at({"complaints": rows}, as_of)


def test_hours_to_the_resolution_count_only_resolutions_known_before_the_snapshot() -> None:
    rows = [complaint(1, "2024-06-01", "2024-06-02"), complaint(2, "2024-06-10", "2024-06-13")]
    rows += [complaint(3, "2024-06-20", "2024-07-01"), complaint(4, "2024-06-21", "2024-07-05")]
    found = at(rows)
    assert found["resolution__resolve_hours_mean"] == 48.0
    assert found["resolution__resolve_hours_median"] == 48.0
    assert found["resolution__resolve_hours_p90"] == pytest.approx(24 + 0.9 * 48)
    assert found["resolution__resolve_hours_last"] == 72.0
    assert found["resolution__open_now"] == 2
    assert found["resolution__open_hours_oldest"] == 11 * 24
    assert found["resolution__open_hours_newest"] == 10 * 24
    assert found["resolution__open_hours_total"] == 21 * 24
    assert (found["resolution__resolved"], found["resolution__resolved_share"]) == (2, 0.5)


def test_hours_to_the_first_answer_count_only_answers_known_before_the_snapshot() -> None:
    rows = [complaint(1, "2024-06-01", responded_at=day("2024-06-01 06:00"))]
    rows += [complaint(2, "2024-06-30", responded_at=day("2024-07-01"))]
    assert at(rows)["resolution__answer_hours_mean"] == 6.0
    assert at(rows, "2024-07-02")["resolution__answer_hours_mean"] == 15.0


@pytest.mark.parametrize(
    ("as_of", "state"),
    [
        ("2024-05-31", "none"),
        ("2024-06-02", "open"),
        ("2024-06-03", "open"),
        ("2024-06-04", "answered"),
        ("2024-06-06", "resolved"),
        ("2024-06-09", "unresolved"),
    ],
)
def test_the_state_of_the_last_complaint_follows_what_is_known(as_of: str, state: str) -> None:
    later: dict[str, datetime] = {"responded_at": day("2024-06-03"), "reopened_at": day("2024-06-08")}
    rows = [complaint(1, "2024-05-31", "2024-05-31 05:00"), complaint(2, "2024-06-01", "2024-06-05", **later)]
    assert at(rows[1:] if state == "none" else rows, as_of)["resolution__last_state"] == state


def test_a_complaint_resolved_within_the_quick_hours_is_resolved_quickly() -> None:
    found = at([complaint(1, "2024-06-01", "2024-06-02")])
    assert (found["resolution__last_state"], found["resolution__quick_share"]) == ("resolved_quickly", 1.0)


def test_a_reopened_complaint_is_open_again_only_once_the_reopening_is_known() -> None:
    rows = [complaint(1, "2024-06-01", "2024-06-02", reopened_at=day("2024-06-30"))]
    before, after = at(rows, "2024-06-30"), at(rows)
    assert (before["resolution__open_now"], before["resolution__reopened"]) == (0, 0)
    assert (after["resolution__open_now"], after["resolution__reopened"]) == (1, 1)


@pytest.mark.parametrize(("rated", "share"), [("2024-06-10", 0.5), ("2024-07-01", 0.0)])
def test_a_rating_counts_from_its_own_time(rated: str, share: float) -> None:
    rows = [complaint(1, "2024-06-01", "2024-06-02", satisfied=True, rated_at=day(rated))]
    rows += [complaint(2, "2024-05-01", "2024-06-02", satisfied=False, rated_at=day("2024-06-09"))]
    assert at(rows)["resolution__satisfied_share"] == share


def test_compensation_is_unknown_until_the_resolution() -> None:
    rows = [complaint(1, "2024-06-01", "2024-07-01", compensation=20.0)]
    rows += [complaint(2, "2024-06-01", "2024-06-30", compensation=5.0)]
    assert at(rows)["resolution__compensation"] == 5.0
    assert at(rows, "2024-07-02")["resolution__compensation"] == 25.0


def test_a_case_open_past_the_limit_of_its_grade_is_known_to_be_breached() -> None:
    rows = [complaint(1, "2024-06-28 12:00", "2024-06-29", grade="1")]  # 12 of 24 hours
    rows += [complaint(2, "2024-06-01", "2024-06-03", grade="1")]  # 48 of 24 hours
    rows += [complaint(3, "2024-06-29", grade="1")]  # open for 48 hours: breached by 24
    rows += [complaint(4, "2024-06-30 12:00", grade="1")]  # open for 12 hours: undecided
    found = at(rows)
    assert found["resolution__resolve_within_share"] == pytest.approx(1 / 3)
    assert found["resolution__resolve_breaches"] == 2
    assert found["resolution__resolve_over_hours_max"] == 24.0
    assert found["resolution__resolve_over_hours_mean"] == 24.0


def test_a_limit_in_working_time_does_not_run_at_the_weekend() -> None:
    friday_noon, monday_noon = "2024-06-28 12:00", "2024-07-01 12:00"
    limits = {"1": Limit(24, 24), "2": Limit(24, 24, working_time=True)}
    rows = [complaint(1, friday_noon, monday_noon, grade="1"), complaint(2, friday_noon, monday_noon, grade="2")]
    settings = replace(SETTINGS, limits=limits)
    found = features_at({"complaints": rows}, "2024-07-02", settings)
    assert found["resolution__resolve_within_share"] == 0.5
    assert found["resolution__resolve_over_hours_max"] == 48.0


def test_a_grade_without_a_limit_decides_nothing() -> None:
    settings = replace(SETTINGS, limits={"1": Limit(1, 1)})
    found = features_at({"complaints": [complaint(1, "2024-06-01", grade="5")]}, T, settings)
    assert found["resolution__resolve_within_share"] is None
    assert found["resolution__resolve_breaches"] == 0


def test_the_first_answer_can_settle_a_complaint() -> None:
    rows = [complaint(1, "2024-06-01", "2024-06-02", responded_at=day("2024-06-02"))]
    rows += [complaint(2, "2024-06-01", "2024-06-04", responded_at=day("2024-06-02"))]
    assert at(rows)["resolution__first_contact_share"] == 0.5


def test_a_resolution_before_the_opening_is_no_speed() -> None:
    assert at([complaint(1, "2024-06-10", "2024-06-01")])["resolution__resolve_hours_mean"] is None


@pytest.mark.parametrize(("bought", "silent"), [("2024-06-09", 1), ("2024-06-11", 0), (None, 1)])
def test_silence_since_an_open_complaint(bought: str | None, silent: int) -> None:
    purchases = [{"customer_id": "ann" if bought else "bob", "occurred_at": day(bought or T), "amount": 1.0}]
    found = features_at({"complaints": [complaint(1, "2024-06-10")], "transactions": purchases}, T)
    assert found["resolution__silent_since_open"] == silent
