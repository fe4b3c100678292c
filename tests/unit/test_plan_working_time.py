"""Working time in a 9 to 17 week."""

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


def test_hours_within_the_day_just_pass() -> None:
    assert after("2026-03-02 10:00", 3) == "Mon 2026-03-02 13:00"


def test_the_weekend_does_not_count() -> None:
    assert after("2026-03-06 16:00", 2) == "Mon 2026-03-09 10:00"
    assert after("2026-03-07 12:00", 1) == "Mon 2026-03-09 10:00"


def test_a_limit_that_ends_with_the_day_is_up_that_evening() -> None:
    assert after("2026-03-06 09:00", 8) == "Fri 2026-03-06 17:00"


def test_five_working_days_from_a_wednesday_end_on_the_next_wednesday() -> None:
    assert after("2026-03-04 11:00", 40) == "Wed 2026-03-11 11:00"


def test_holidays_do_not_count() -> None:
    week = WorkingWeek(holidays=(date(2026, 3, 9),))
    assert after("2026-03-06 16:00", 2, week) == "Tue 2026-03-10 10:00"


def test_what_comes_at_night_starts_in_the_morning() -> None:
    assert after("2026-03-02 22:30", 2) == "Tue 2026-03-03 11:00"


def test_every_row_has_its_own_limit_and_keeps_its_label() -> None:
    starts = pd.Series(pd.to_datetime(["2026-03-02 10:00", "2026-03-06 16:00"]), index=[7, 3])
    found = add_working_hours(starts, np.array([1.0, 2.0]), WEEK)
    assert found.index.tolist() == [7, 3]
    assert found.dt.day.tolist() == [2, 9]


def test_a_day_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ConfigError, match="closes before it opens"):
        WorkingWeek.model_validate({"opens": "17:00", "closes": "09:00"})
