"""Time limits in working days, of 24 hours each as in the features."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.errors import ConfigError
from pipeline.planning.working_time import WorkingWeek, add_working_hours

WEEK = WorkingWeek()


def after(start: str, hours: float, week: WorkingWeek = WEEK) -> str:
    moment = add_working_hours(pd.Series([pd.Timestamp(start)]), np.array([hours]), week)
    return f"{moment.iloc[0]:%a %Y-%m-%d %H:%M}"


def test_hours_between_working_days_just_pass() -> None:
    assert after("2026-03-02 10:00", 24) == "Tue 2026-03-03 10:00"


def test_the_weekend_does_not_count() -> None:
    assert after("2026-03-06 16:00", 24) == "Mon 2026-03-09 16:00"


def test_what_comes_on_a_sunday_counts_from_monday() -> None:
    assert after("2026-03-08 12:00", 2) == "Mon 2026-03-09 02:00"


def test_a_limit_that_ends_with_a_friday_is_up_at_its_midnight() -> None:
    assert after("2026-03-06 14:00", 10) == "Sat 2026-03-07 00:00"


def test_five_working_days_from_a_wednesday_end_on_the_next_wednesday() -> None:
    assert after("2026-03-04 11:00", 120) == "Wed 2026-03-11 11:00"


def test_holidays_do_not_count() -> None:
    week = WorkingWeek(holidays=(date(2026, 3, 9),))
    assert after("2026-03-06 16:00", 24, week) == "Tue 2026-03-10 16:00"


def test_every_row_has_its_own_limit_and_keeps_its_label() -> None:
    starts = pd.Series(pd.to_datetime(["2026-03-02 10:00", "2026-03-06 16:00"]), index=[7, 3])
    found = add_working_hours(starts, np.array([1.0, 24.0]), WEEK)
    assert found.index.tolist() == [7, 3]
    assert found.dt.day.tolist() == [2, 9]


def test_a_day_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ConfigError, match="closes before it opens"):
        WorkingWeek.model_validate({"opens": "17:00", "closes": "09:00"})
