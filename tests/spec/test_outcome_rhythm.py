"""rhythm: silent for longer than a quantile of the customer's own gaps."""

from datetime import timedelta

import pytest

from models.outcome_kinds import Rhythm
from tests.outcome_support import Row, day, one

T = "2024-03-01"
# the largest own gap is the limit: easy to follow by hand
OUTCOME = Rhythm(horizon_days=30, gap_days=5, quantile=1.0, min_purchases=3, floor_days=1, cap_days=365)
WEEKLY = ("2024-02-11", "2024-02-18", "2024-02-25")


def bought(*times: str) -> list[Row]:
    return [{"customer_id": "ada", "occurred_at": day(at), "amount": 5.0} for at in times]


def label(*times: str, outcome: Rhythm = OUTCOME) -> tuple[object, ...]:
    (found,) = one({"transactions": bought(*times)}, T).labels(outcome)
    at = found["defected_at"]
    return found["status"], found["defected"], at and f"{at:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param((), ("at_risk", None, None), id="silence passes the limit during the gap"),
        pytest.param(("2024-03-03",), ("at_risk", True, "2024-03-10"), id="one more purchase"),
        pytest.param(("2024-03-03", "2024-03-11"), ("at_risk", True, "2024-03-10"), id="back a day too late"),
        pytest.param(("2024-03-03", "2024-03-10"), ("at_risk", True, "2024-03-17"), id="back on the last day"),
    ],
)
def test_the_first_silence_past_the_limit_is_the_defection(later: tuple[str, ...], expected: object) -> None:
    assert label(*WEEKLY, *later) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param("2024-02-28", (True, "2024-03-06"), id="exactly when the window opens"),
        pytest.param("2024-02-27", (None, None), id="a day before it opens"),
    ],
)
def test_the_window_opens_after_the_gap(last: str, expected: object) -> None:
    assert label("2024-02-14", "2024-02-21", last)[1:] == expected


def test_a_limit_reached_exactly_when_the_window_closes_is_not_in_it() -> None:
    closing = [f"{day('2024-02-25') + timedelta(days=7 * n):%Y-%m-%d}" for n in range(1, 5)]
    assert label(*WEEKLY, *closing)[1:] == (True, "2024-03-31")
    assert label(*WEEKLY, *closing, "2024-03-29")[1:] == (False, None)
    assert label(*WEEKLY, *closing, "2024-03-28")[1:] == (True, "2024-04-04")


@pytest.mark.parametrize(
    ("times", "status"),
    [
        pytest.param(("2024-02-18", "2024-02-25"), "too_new", id="too few purchases"),
        pytest.param(("2024-02-18T09:00", "2024-02-18T12:00", "2024-02-25"), "too_new", id="purchases of one day"),
        pytest.param(("2024-02-09", "2024-02-16", "2024-02-23"), "at_risk", id="silent exactly as long as the limit"),
        pytest.param(("2024-02-08", "2024-02-15", "2024-02-22"), "defected", id="silent a day longer"),
        pytest.param(("2024-02-18", "2024-02-25", "2024-03-01"), "too_new", id="a purchase at the snapshot is future"),
    ],
)
def test_at_risk_is_who_has_a_rhythm_and_keeps_it(times: tuple[str, ...], status: str) -> None:
    assert label(*times)[0] == status


def test_the_limit_is_the_quantile_rounded_up_between_floor_and_cap() -> None:
    # gaps of 4 and 11 days: the median is 7.5, so the limit is 8
    times = ("2024-02-14", "2024-02-18", "2024-02-29")
    half = OUTCOME.model_copy(update={"quantile": 0.5})
    assert label(*times, outcome=half)[2] == "2024-03-08"
    assert label(*times, outcome=half.model_copy(update={"floor_days": 10}))[2] == "2024-03-10"
    assert label(*times, outcome=half.model_copy(update={"cap_days": 6}))[2] == "2024-03-06"


def test_later_gaps_do_not_change_the_limit() -> None:
    assert label(*WEEKLY, "2024-03-03", "2024-04-05")[2] == "2024-03-10"
