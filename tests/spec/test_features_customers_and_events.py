"""Customer attributes and further event tables."""

import pytest

from tests.companies import Row, day, features_at

T = "2024-07-01"


def used(at: str, minutes: float | None = 1.0, **more: object) -> Row:
    return {"customer_id": "ann", "occurred_at": day(at), "minutes": minutes, **more}


def test_attributes_keep_their_kind_and_dates_become_ages() -> None:
    row = {"customer_id": "ann", "joined_at": day("2024-06-21"), "kind": "enterprise", "地区": "北京"}
    row |= {"birth date": day("2024-06-01"), "Call  Failure": 3.0, "call failure": 4.0}
    found = features_at({"customers": [row]}, T)
    assert found["customers__tenure_days"] == 10.0
    assert (found["customers__kind"], found["customers__地区"]) == ("enterprise", "北京")
    assert found["customers__birth_date_age_days"] == 30.0
    assert (found["customers__call_failure"], found["customers__call_failure_2"]) == (3.0, 4.0)


def test_who_joins_at_the_snapshot_has_no_tenure_yet() -> None:
    found = features_at({"customers": [{"customer_id": "ann", "joined_at": day(T)}]}, T)
    assert found["customers__tenure_days"] is None


def test_a_further_event_table_gets_counts_sums_means_and_last_values() -> None:
    rows = [used("2024-06-20", 10.0), used("2024-06-21", 0.1), used("2024-05-20", 20.0), used("2024-01-01", None)]
    found = features_at({"usage": rows}, T)
    assert (found["generic__usage_count"], found["generic__usage_count_30d"]) == (4, 2)
    assert (found["generic__usage_minutes_sum_30d"], found["generic__usage_minutes_sum_90d"]) == (10.1, 30.1)
    assert found["generic__usage_minutes_mean"] == pytest.approx(30.1 / 3)
    assert found["generic__usage_minutes_last"] == 0.1
    assert found["generic__usage_change_30d"] == pytest.approx(1 / 3)
    assert found["generic__usage_days_since_last"] == 10.0


def test_categories_flags_and_dates_of_a_further_event_table() -> None:
    rows = [used("2024-06-20", service="tv", roaming=True, until=day("2024-07-11"))]
    rows += [used("2024-05-20", service="data", roaming=False, until=day("2024-05-21"))]
    found = features_at({"usage": rows}, T)
    assert (found["generic__usage_service_last"], found["generic__usage_service_count_data_365d"]) == ("tv", 1)
    assert (found["generic__usage_roaming_count"], found["generic__usage_roaming_count_30d"]) == (1, 1)
    assert found["generic__usage_until_age_days"] == -10.0


@pytest.mark.parametrize(("at", "count"), [("2024-06-30 23:59:59.999999", 1), ("2024-07-01", 0)])
def test_a_further_event_counts_when_it_lies_before_the_snapshot(at: str, count: int) -> None:
    assert features_at({"usage": [used(at)]}, T)["generic__usage_count"] == count


def test_an_event_announced_for_later_does_not_count_before_it_happens() -> None:
    rows = [used("2024-07-05", known_at=day("2024-06-01")), used("2024-06-05", known_at=day("2024-07-05"))]
    assert features_at({"usage": rows}, T)["generic__usage_count"] == 0
