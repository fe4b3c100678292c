from datetime import datetime
from itertools import pairwise

import pytest

from features.errors import DataError
from models.outcome_kinds import Cancel, ContractEnd, Lapse
from pipeline.diagnosis.periods import period_at, settled_periods

START = datetime(2020, 1, 1)


def names(*found: object) -> list[str]:
    return [getattr(period, "name", "") for period in found]


def test_the_last_period_is_over_when_the_diagnosis_is_made() -> None:
    found = settled_periods("quarter", 2, Cancel(), earliest=START, as_of=datetime(2021, 7, 1))
    assert names(*found) == ["2021-Q1", "2021-Q2"]


def test_a_period_waits_for_the_grace_of_its_contracts() -> None:
    outcome = ContractEnd(grace_days=30)
    assert names(settled_periods("month", 1, outcome, earliest=START, as_of=datetime(2021, 6, 30))[0]) == ["2021-04"]
    assert names(settled_periods("month", 1, outcome, earliest=START, as_of=datetime(2021, 7, 1))[0]) == ["2021-05"]


def test_a_period_waits_for_the_outcome_window_where_that_decides() -> None:
    found = settled_periods("month", 1, Lapse(horizon_days=90), earliest=START, as_of=datetime(2021, 6, 30))
    assert names(*found) == ["2021-04"]


def test_no_period_begins_before_the_records() -> None:
    found = settled_periods("year", 10, Cancel(), earliest=datetime(2019, 1, 2), as_of=datetime(2022, 1, 1))
    assert names(*found) == ["2020", "2021"]


def test_records_without_a_whole_period_are_refused_with_the_way_out() -> None:
    with pytest.raises(DataError, match=r"no quarter whose outcome is known.*shorter periods"):
        settled_periods("quarter", 4, Cancel(), earliest=START, as_of=datetime(2020, 3, 1))


def test_periods_follow_one_another_without_a_gap() -> None:
    steps = [period_at("month", datetime(2019, 12, 5), n) for n in range(-3, 4)]
    assert all(one.end == two.start for one, two in pairwise(steps))
