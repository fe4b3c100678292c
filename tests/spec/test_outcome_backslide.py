"""backslide: spend in the window below a share of the customer's own baseline."""

import pytest

from models.outcome_kinds import Backslide
from tests.outcome_support import Row, day, one

T = "2024-03-01"
# baseline [2024-01-01, 2024-03-01), 60 days; window 30 days, so half of the baseline is expected
OUTCOME = Backslide(horizon_days=30, gap_days=10, drop_share=0.4, baseline_days=60, min_purchases=2, min_amount=50)
OLD = ("2023-06-01", 1.0)


def label(*paid: tuple[str, float], outcome: Backslide = OUTCOME) -> tuple[object, ...]:
    rows: list[Row] = [{"customer_id": "ada", "occurred_at": day(at), "amount": amount} for at, amount in paid]
    (found,) = one({"transactions": rows}, T).labels(outcome)
    return found["status"], found["defected"]


BASELINE = (OLD, ("2024-01-01", 60.0), ("2024-02-29", 140.0))


@pytest.mark.parametrize(
    ("spend", "defected"),
    [
        pytest.param(60.0, False, id="exactly the share that may remain"),
        pytest.param(59.99, True, id="just below it"),
        pytest.param(0.0, True, id="nothing at all"),
    ],
)
def test_spend_below_the_remaining_share_of_the_scaled_baseline_is_a_backslide(spend: float, defected: bool) -> None:
    assert label(*BASELINE, ("2024-03-20", spend)) == ("at_risk", defected)


@pytest.mark.parametrize(
    ("at", "defected"),
    [
        pytest.param("2024-03-10T23:59:59", True, id="in the gap"),
        pytest.param("2024-03-11", False, id="exactly when the window opens"),
        pytest.param("2024-04-09T23:59:59", False, id="just before it closes"),
        pytest.param("2024-04-10", True, id="exactly when it closes"),
    ],
)
def test_only_spend_in_the_half_open_window_counts(at: str, defected: bool) -> None:
    assert label(*BASELINE, (at, 100.0)) == ("at_risk", defected)


def test_returns_lower_the_spend() -> None:
    assert label(*BASELINE, ("2024-03-20", 100.0), ("2024-03-21", -50.0)) == ("at_risk", True)


@pytest.mark.parametrize(
    ("paid", "status"),
    [
        pytest.param((("2024-01-01", 30.0), ("2024-02-01", 30.0)), "at_risk", id="known just long enough"),
        pytest.param((("2024-01-01T00:01", 30.0), ("2024-02-01", 30.0)), "too_new", id="known for too short"),
        pytest.param((OLD, ("2024-01-01", 30.0), ("2024-02-01", 19.0)), "too_new", id="too little money"),
        pytest.param((OLD, ("2024-02-01", 300.0)), "too_new", id="too few purchases"),
        pytest.param((OLD, ("2023-12-31T23:59:59", 300.0)), "defected", id="nothing in the baseline"),
        pytest.param((("2024-03-01", 300.0),), "too_new", id="first purchase at the snapshot"),
    ],
)
def test_at_risk_is_who_has_a_whole_and_sufficient_baseline(paid: tuple[tuple[str, float], ...], status: str) -> None:
    assert label(*paid)[0] == status


def test_a_baseline_of_nothing_cannot_fall() -> None:
    any_amount = OUTCOME.model_copy(update={"min_amount": 0.0})
    returned = (OLD, ("2024-01-10", 30.0), ("2024-02-01", 30.0), ("2024-02-02", -60.0))
    assert label(*returned, outcome=any_amount) == ("too_new", None)
    assert label(*returned[:-1], outcome=any_amount)[0] == "at_risk"
