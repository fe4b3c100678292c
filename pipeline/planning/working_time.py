"""Working time: when staff work, and when a number of hours of working days is up."""

from datetime import date, time, timedelta
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from features.errors import ConfigError
from pipeline.config.base import Section

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WorkingWeek(Section):
    """Days and hours in which staff work; `opens` up to, not including, `closes`."""

    weekdays: tuple[Weekday, ...] = Field(("mon", "tue", "wed", "thu", "fri"), min_length=1, description="working days")
    opens: time = Field(time(9, 0), description="start of the working day")
    closes: time = Field(time(17, 0), description="end of the working day")
    noon: time = Field(time(12, 30), description="divides the day in two: a stuck case moves to the other part")
    holidays: tuple[date, ...] = Field((), description="days nobody works")

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.minutes_per_day <= 0:
            raise ConfigError(
                "the day closes before it opens", where="plan.week", value=str(self.closes), fix="Swap them."
            )
        return self

    @property
    def opening_minute(self) -> int:
        """Minutes after midnight."""
        return self.opens.hour * 60 + self.opens.minute

    @property
    def noon_minute(self) -> int:
        """Minutes after midnight."""
        return self.noon.hour * 60 + self.noon.minute

    @property
    def minutes_per_day(self) -> int:
        """Minutes of a working day."""
        return self.closes.hour * 60 + self.closes.minute - self.opening_minute

    def works(self, day: date, weekdays: tuple[Weekday, ...] | None = None) -> bool:
        """Whether `day` is worked, by everyone or by somebody with their own `weekdays`."""
        return WEEKDAYS[day.weekday()] in (weekdays or self.weekdays) and day not in self.holidays

    def days(self, first: date, count: int) -> list[date]:
        """Working days among the `count` calendar days from `first` on."""
        return [day for day in (first + timedelta(days=n) for n in range(count)) if self.works(day)]


def add_working_hours(
    start: "pd.Series[pd.Timestamp]", hours: npt.NDArray[np.float64], week: WorkingWeek
) -> "pd.Series[pd.Timestamp]":
    """The moments at which `hours` of working days have passed since `start`; a working day counts 24 hours.

    So do the features that measure time limits. 24 hours from Friday 16:00 are up on Monday 16:00, and what comes on a
    Sunday counts from Monday 0:00.
    """
    if start.empty:
        return start
    first = start.min().normalize()
    # Enough days for the longest limit: each needs at most a week for every working day, and holidays on top.
    span = (start.max() - first).days + 8 + 7 * int(hours.max() / 24 + 1) + len(week.holidays)
    works = np.array([week.works((first + pd.Timedelta(days=n)).date()) for n in range(span)], dtype=np.float64)
    before = np.concatenate([[0.0], np.cumsum(24 * works)])
    passed = ((start - first).dt.total_seconds() / 3600).to_numpy(dtype=np.float64)
    day = np.floor(passed / 24).astype(np.int64)
    target = before[day] + works[day] * (passed - 24 * day) + hours
    # side="left": a limit that ends with a Friday is up at its midnight, not at Monday's.
    due = np.searchsorted(before, target - 1e-9, side="left") - 1
    moments = first + pd.to_timedelta(24.0 * due + target - before[due], unit="h")
    return pd.Series(moments, index=start.index).dt.round("s")
