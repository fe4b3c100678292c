"""cancel: a row in `defections` in [t + gap, t + gap + horizon)."""

import pytest

from features.errors import ConfigError
from models.outcome_kinds import Cancel
from tests.outcome_support import Company, Row, Tables, day, one

OUTCOME = Cancel(horizon_days=30, gap_days=10)
T = "2024-03-01"
JOINED = [{"customer_id": "ada", "joined_at": day("2023-01-01")}]


def left(*times: str, **columns: object) -> list[Row]:
    return [{"customer_id": "ada", "occurred_at": day(at), **columns} for at in times]


def tables(*times: str, **more: list[Row]) -> Tables:
    return {"customers": JOINED, "defections": left(*times), **more}


@pytest.mark.parametrize(
    ("at", "defected"),
    [
        pytest.param("2024-03-01", None, id="exactly at the snapshot: left during the gap"),
        pytest.param("2024-03-10T23:59:59", None, id="just before the window opens"),
        pytest.param("2024-03-11", True, id="exactly when the window opens"),
        pytest.param("2024-04-09T23:59:59", True, id="just before the window closes"),
        pytest.param("2024-04-10", False, id="exactly when the window closes"),
    ],
)
def test_the_window_is_half_open(at: str, defected: bool | None) -> None:
    (label,) = one(tables(at), T).labels(OUTCOME)
    assert (label["status"], label["defected"]) == ("at_risk", defected)
    assert label["defected_at"] == (day(at) if defected else None)


def test_without_a_gap_a_cancellation_at_the_snapshot_counts() -> None:
    (label,) = one(tables(T), T).labels(Cancel(horizon_days=30))
    assert label["defected"] is True


def test_a_cancellation_just_before_the_snapshot_means_already_defected() -> None:
    (label,) = one(tables("2024-02-29T23:59:59"), T).labels(OUTCOME)
    assert (label["status"], label["defected"]) == ("defected", None)


def test_a_purchase_or_a_new_contract_after_the_cancellation_brings_the_customer_back() -> None:
    bought = [{"customer_id": "ada", "occurred_at": day("2024-02-20"), "amount": 5.0}]
    signed = [{"customer_id": "ada", "contract_id": "c", "starts_at": day("2024-02-20")}]
    assert one(tables("2024-02-01", transactions=bought), T).statuses(OUTCOME) == ["at_risk"]
    assert one(tables("2024-02-01", contracts=signed), T).statuses(OUTCOME) == ["at_risk"]


def test_a_return_of_goods_or_a_contract_signed_earlier_does_not_bring_the_customer_back() -> None:
    returned = [{"customer_id": "ada", "occurred_at": day("2024-02-20"), "amount": -5.0}]
    times = {"known_at": day("2024-01-15"), "starts_at": day("2024-02-20")}
    signed_before = [{"customer_id": "ada", "contract_id": "c", **times}]
    assert one(tables("2024-02-01", transactions=returned), T).statuses(OUTCOME) == ["defected"]
    assert one(tables("2024-02-01", contracts=signed_before), T).statuses(OUTCOME) == ["defected"]


def test_who_left_before_the_snapshot_without_anyone_knowing_is_at_risk_but_has_no_label() -> None:
    late = left("2024-02-20", known_at=day("2024-03-15"))
    (label,) = one({"customers": JOINED, "defections": late}, T).labels(OUTCOME)
    assert (label["status"], label["defected"]) == ("at_risk", None)


def test_who_joins_at_the_snapshot_or_is_younger_than_the_tenure_is_too_new() -> None:
    def company(joined: str) -> Company:
        customers = [{"customer_id": "ada", "joined_at": day(joined)}]
        return one({"customers": customers, "defections": left("2024-03-15")}, T)

    assert company("2024-03-01").statuses(OUTCOME) == ["too_new"]
    assert company("2024-02-29").statuses(OUTCOME) == ["at_risk"]
    young = Cancel(min_tenure_days=30)
    assert company("2024-01-31").statuses(young) == ["at_risk"]
    assert company("2024-01-31T00:00:01").statuses(young) == ["too_new"]


def test_a_customer_without_any_history_is_too_new_and_one_without_joining_date_is_dated_by_events() -> None:
    wrote = [{"customer_id": "ada", "complaint_id": "1", "opened_at": day("2024-02-01")}]
    customers = [{"customer_id": "ada"}, {"customer_id": "bob"}]
    company = Company(
        {"customers": customers, "complaints": wrote, "defections": []}, [("ada", day(T)), ("bob", day(T))]
    )
    assert company.statuses(OUTCOME) == ["at_risk", "too_new"]


def test_where_nothing_dates_a_customer_all_are_old_enough() -> None:
    assert one({"customers": [{"customer_id": "ada"}], "defections": []}, T).statuses(OUTCOME) == ["at_risk"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param({"type": "price"}, "price", id="the type as recorded"),
        pytest.param({"type": " Service "}, "service", id="case and blanks do not matter"),
        pytest.param({"reason": "Too Expensive "}, "price", id="the reason through the map"),
        pytest.param({"type": "unknown", "reason": "moved"}, "self", id="an unknown type leaves it to the reason"),
        pytest.param({"type": "odd", "reason": "moved"}, "self", id="no type of ours leaves it to the reason"),
        pytest.param({"type": "product", "reason": "moved"}, "product", id="the type before the reason"),
        pytest.param({"reason": "product"}, "product", id="a reason that names a type"),
        pytest.param({"reason": "whim"}, "unknown", id="a reason not in the map"),
        pytest.param({}, "unknown", id="no reason at all"),
    ],
)
def test_the_type_comes_from_the_type_or_from_the_reason_through_the_map(columns: Row, expected: str) -> None:
    outcome = Cancel(horizon_days=30, reasons={"too expensive": "price", "Moved": "self"})
    (label,) = one({"customers": JOINED, "defections": left("2024-03-05", **columns)}, T).labels(outcome)
    assert label["type"] == expected


def test_a_customer_who_stays_has_no_type_and_no_time() -> None:
    (label,) = one({"customers": JOINED, "defections": left("2025-01-01", type="price")}, T).labels(OUTCOME)
    assert (label["defected"], label["defected_at"], label["type"]) == (False, None, None)


def test_money_is_what_came_in_within_the_window_net_of_returns() -> None:
    paid = {"2024-03-10T23:59": 1.0, "2024-03-11": 10.0, "2024-03-20": 100.0, "2024-03-21": -7.0, "2024-04-10": 1000.0}
    bought = [
        {"customer_id": "ada", "occurred_at": day(at), "amount": amount, "margin": amount / 10}
        for at, amount in paid.items()
    ]
    (label,) = one(tables("2024-03-30", transactions=bought), T).labels(OUTCOME)
    assert (label["revenue"], label["margin"]) == (103.0, pytest.approx(10.3))


def test_money_is_missing_without_the_table_or_column_and_zero_without_a_purchase() -> None:
    (absent,) = one(tables("2024-03-30"), T).labels(OUTCOME)
    (nothing,) = one(tables("2024-03-30", transactions=[]), T).labels(OUTCOME)
    assert (absent["revenue"], absent["margin"]) == (None, None)
    assert (nothing["revenue"], nothing["margin"]) == (0.0, None)


def test_the_table_of_defections_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"kind cancel: needs a table .* 'defections'\. Tables given: customers\."):
        one({"customers": JOINED}, T).statuses(OUTCOME)
