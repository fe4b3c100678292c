"""lapse: no purchase in [t + gap, t + gap + horizon)."""

import pytest

from features.errors import ConfigError
from models.outcome_kinds import Lapse
from tests.outcome_support import Row, day, one

T = "2024-03-01"
OUTCOME = Lapse(horizon_days=30, gap_days=10, active_days=60)


def bought(*times: str, amount: float = 5.0, **more: object) -> list[Row]:
    return [{"customer_id": "ada", "occurred_at": day(at), "amount": amount, **more} for at in times]


def label(rows: list[Row], outcome: Lapse = OUTCOME) -> tuple[object, ...]:
    (found,) = one({"transactions": rows}, T).labels(outcome)
    return found["status"], found["defected"]


@pytest.mark.parametrize(
    ("at", "status"),
    [
        pytest.param("2024-02-29T23:59", "at_risk", id="just before the snapshot"),
        pytest.param("2024-03-01", "too_new", id="at the snapshot: future"),
        pytest.param("2024-01-01", "at_risk", id="exactly as long ago as the active window"),
        pytest.param("2023-12-31T23:59:59", "defected", id="just before the active window"),
    ],
)
def test_at_risk_is_who_bought_within_the_active_window(at: str, status: str) -> None:
    assert label(bought(at))[0] == status


@pytest.mark.parametrize(
    ("at", "defected"),
    [
        pytest.param("2024-03-01", True, id="at the snapshot, in the gap"),
        pytest.param("2024-03-10T23:59:59", True, id="just before the window opens"),
        pytest.param("2024-03-11", False, id="exactly when the window opens"),
        pytest.param("2024-04-09T23:59:59", False, id="just before the window closes"),
        pytest.param("2024-04-10", True, id="exactly when the window closes"),
    ],
)
def test_a_purchase_in_the_half_open_window_keeps_the_customer(at: str, defected: bool) -> None:
    assert label(bought("2024-02-20", at)) == ("at_risk", defected)


def test_the_silence_is_dated_at_the_opening_of_the_window() -> None:
    (found,) = one({"transactions": bought("2024-02-20")}, T).labels(OUTCOME)
    assert found["defected_at"] == day("2024-03-11")


def test_a_return_is_no_purchase_by_its_kind_or_without_one_by_its_sign() -> None:
    assert label(bought("2024-02-20") + bought("2024-03-20", amount=-5.0)) == ("at_risk", True)
    by_kind = bought("2024-02-20", kind="purchase") + bought("2024-03-20", kind="Return")
    assert label(by_kind) == ("at_risk", True)
    free = bought("2024-02-20", kind="purchase") + bought("2024-03-20", kind="purchase", amount=0.0)
    assert label(free) == ("at_risk", False)


def test_a_recorded_defection_gives_the_type() -> None:
    moved = [{"customer_id": "ada", "occurred_at": day("2024-03-05"), "reason": "moved"}]
    company = one({"transactions": bought("2024-02-20"), "defections": moved}, T)
    assert company.labels(Lapse(horizon_days=30, reasons={"moved": "self"}))[0]["type"] == "self"


def test_who_is_younger_than_the_tenure_is_too_new() -> None:
    assert label(bought("2024-02-20"), Lapse(min_tenure_days=30))[0] == "too_new"
    assert label(bought("2023-12-20", "2024-02-20"), Lapse(min_tenure_days=30))[0] == "at_risk"


def test_the_table_of_transactions_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"kind lapse: needs a table .* 'transactions'"):
        one({"customers": [{"customer_id": "ada"}]}, T).statuses(OUTCOME)
