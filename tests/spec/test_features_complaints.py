"""Complaint frequency."""

import math

import pytest

from tests.companies import Row, day, features_at

T = "2024-07-01"


def complaint(number: int, at: str, **more: object) -> Row:
    return {"customer_id": "ann", "complaint_id": f"k{number}", "opened_at": day(at), **more}


def test_complaints_are_counted_by_window_and_compared_with_the_window_before() -> None:
    rows = [complaint(1, "2024-06-30"), complaint(2, "2024-06-10"), complaint(3, "2024-05-20"), complaint(4, T)]
    found = features_at({"complaints": rows}, T)
    assert (found["complaints__count"], found["complaints__count_30d"]) == (3, 2)
    assert found["complaints__count_before_30d"] == 1
    assert found["complaints__acceleration_30d"] == pytest.approx(1 / 3)
    assert (found["complaints__days_since_last"], found["complaints__days_since_first"]) == (1.0, 42.0)


def test_earlier_complaints_weigh_half_after_each_half_life() -> None:
    found = features_at({"complaints": [complaint(1, "2024-06-01"), complaint(2, "2024-05-02")]}, T)
    assert found["complaints__load_half_life_30"] == pytest.approx(0.5 + 0.25)
    assert found["complaints__load_half_life_90"] == pytest.approx(0.5 ** (1 / 3) + 0.5 ** (2 / 3))


def test_complaints_are_counted_by_level_and_the_last_level_is_kept() -> None:
    rows = [complaint(1, "2024-06-01", cause="product"), complaint(2, "2024-06-02", cause="attitude")]
    rows += [complaint(3, "2024-06-02 12:00", cause=None), complaint(4, "2022-01-01", cause="product")]
    found = features_at({"complaints": rows}, T)
    assert found["complaints__count_cause_product_365d"] == 1
    assert found["complaints__count_cause_attitude_365d"] == 1
    assert found["complaints__cause_last"] == "attitude"


def test_a_repeat_is_about_the_same_thing_within_thirty_days() -> None:
    times = ["2024-03-01", "2024-03-31", "2024-06-01", "2024-06-02"]
    rows = [complaint(n, at, topic="late") for n, at in enumerate(times)]
    rows.append(complaint(9, "2024-06-03", topic="broken"))
    assert features_at({"complaints": rows}, T)["complaints__repeats_same_topic"] == 2


@pytest.mark.parametrize(("known", "escalations"), [("2024-06-20", 1), ("2024-07-01", 0), ("2024-07-02", 0)])
def test_an_escalation_counts_from_its_own_time(known: str, escalations: int) -> None:
    row = complaint(1, "2024-06-01", escalated=True, escalated_at=day(known))
    assert features_at({"complaints": [row]}, T)["complaints__escalations"] == escalations


def test_a_complaint_reported_later_is_unknown_until_then() -> None:
    row = complaint(1, "2024-06-01", known_at=day("2024-07-01"))
    assert features_at({"complaints": [row]}, T)["complaints__count"] == 0
    assert features_at({"complaints": [row]}, "2024-07-02")["complaints__count"] == 1


def test_rates_need_purchases_and_a_joining_date() -> None:
    tables = {
        "customers": [{"customer_id": "ann", "joined_at": day("2024-05-02")}],
        "transactions": [{"customer_id": "ann", "occurred_at": day("2024-06-01"), "amount": 1.0}] * 4,
        "complaints": [complaint(1, "2024-06-01")],
    }
    found = features_at(tables, T)
    assert found["complaints__per_purchase_365d"] == 0.25
    assert found["complaints__per_active_month_365d"] == pytest.approx(1 / (60 / 30.4375))
    load = found["complaints__load_half_life_30"]
    assert found["complaints__load_x_purchases"] == pytest.approx(load * math.log(5))
    assert found["complaints__load_x_tenure"] == pytest.approx(load * math.log(61))
    bob = features_at(tables, T, who="bob")
    assert bob["complaints__count"] == 0
    assert bob["complaints__per_purchase_365d"] is None
    assert bob["complaints__per_active_month_365d"] is None
