"""Defection indicators: silence, trends, backsliding, breadth, mixed signs."""

import math

import pytest

from tests.companies import Row, day, features_at

T = "2024-07-01"


def bought(at: str, amount: float = 10.0, **more: object) -> Row:
    return {"customer_id": "ann", "occurred_at": day(at), "amount": amount, **more}


def test_silence_is_measured_by_the_customer_s_own_gaps() -> None:
    rows = [bought("2024-05-01"), bought("2024-05-11"), bought("2024-05-31"), bought("2024-06-01")]
    found = features_at({"transactions": rows}, T)  # gaps 10, 20, 1; silent for 30
    assert found["indicators__gap_over_usual"] == 3.0
    assert found["indicators__gap_over_longest"] == 1.5
    assert found["indicators__gap_over_mean"] == pytest.approx(30 / (31 / 3))
    assert found["indicators__active_probability"] == pytest.approx(math.exp(-30 / (31 / 3)))
    assert found["indicators__last_gap_over_usual"] == 0.1


def test_one_purchase_makes_no_rhythm() -> None:
    found = features_at({"transactions": [bought("2024-05-01")]}, T)
    rhythm = ("gap_over_usual", "gap_over_mean", "active_probability", "gap_deviations", "irregularity")
    assert [found[f"indicators__{name}"] for name in rhythm] == [None] * 5


def test_spend_and_frequency_are_compared_with_the_window_before() -> None:
    rows = [bought("2024-06-20", 10.0), bought("2024-05-20", 20.0), bought("2024-05-10", 10.0)]
    found = features_at({"transactions": rows}, T)
    assert found["indicators__spend_change_30d"] == pytest.approx((10 - 30) / 40)
    assert found["indicators__frequency_change_30d"] == pytest.approx((1 - 2) / 3)
    assert found["indicators__spend_change_90d"] == 1.0


def test_sliding_back_is_spending_less_a_day_than_before_the_window() -> None:
    rows = [bought("2024-06-20", 15.0), bought("2024-04-02", 60.0)]  # first 90 days ago, so 60 days before the window
    found = features_at({"transactions": rows}, T)
    assert found["indicators__spend_over_baseline_30d"] == pytest.approx((15 / 30) / (60 / 60))
    assert found["indicators__frequency_over_baseline_30d"] == pytest.approx((1 / 30) / (1 / 60))
    assert found["indicators__spend_over_baseline_90d"] is None


def test_breadth_shrinks_when_fewer_products_are_bought() -> None:
    rows = [bought("2024-06-20", product="a"), bought("2024-01-20", product="b"), bought("2024-01-21", product="a")]
    assert features_at({"transactions": rows}, T)["indicators__products_kept_30d"] == 0.5


def test_the_share_of_money_returned() -> None:
    rows = [bought("2024-06-20", 30.0), bought("2024-06-21", -10.0)]
    assert features_at({"transactions": rows}, T)["indicators__returned_share_30d"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(("bought_at", "silent"), [("2024-06-05", 1), ("2024-06-11", 0)])
def test_silence_since_a_complaint(bought_at: str, silent: int) -> None:
    complaint = {"customer_id": "ann", "complaint_id": "k", "opened_at": day("2024-06-10"), "resolved_at": None}
    tables = {"transactions": [bought(bought_at)], "complaints": [complaint]}
    assert features_at(tables, T)["indicators__silent_since_complaint"] == silent


@pytest.mark.parametrize(("ends", "count"), [("2024-08-01", 1), ("2026-08-01", 0), ("2024-06-01", 0), (None, None)])
def test_an_open_complaint_near_the_end_of_the_contract(ends: str | None, count: int | None) -> None:
    complaint = {"customer_id": "ann", "complaint_id": "k", "opened_at": day("2024-06-10"), "resolved_at": None}
    contract = {"customer_id": "ann", "contract_id": "c", "starts_at": day("2024-01-01")}
    tables = {"complaints": [complaint], "contracts": [contract | {"ends_at": day(ends) if ends else None}]}
    assert features_at(tables, T)["indicators__open_complaint_near_end"] == count


def test_recent_complaints_with_contacts_unanswered() -> None:
    complaint = {"customer_id": "ann", "complaint_id": "k", "opened_at": day("2024-06-10"), "resolved_at": None}
    contact = {"customer_id": "ann", "occurred_at": day("2024-06-15"), "outcome": "unreached"}
    tables = {"complaints": [complaint], "contacts": [contact | {"outcome_at": day("2024-06-15")}] * 2}
    assert features_at(tables, T)["indicators__complaint_then_contact_unanswered_30d"] == 2
