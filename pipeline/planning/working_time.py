"""Working time: which minutes count, and when a number of working minutes after a moment is up."""

from datetime import date, time, timedelta
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from features.errors import ConfigError
from pipeline.planning.frozen import Frozen

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WorkingWeek(Frozen):
    """Days and hours in which staff work; `opens` up to, not including, `closes`."""

    weekdays: tuple[Weekday, ...] = Field(("mon", "tue", "wed", "thu", "fri"), min_length=1, description="working days")
    opens: time = Field(time(9, 0), description="start of the working day")
    closes: time = Field(time(17, 0), description="end of the working day")
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
    """The moments at which `hours` of working time have passed since `start`.

    Time outside working hours does not count: two hours from Friday 16:00 are up on Monday 10:00 in a 9 to 17 week.
    """
    if start.empty:
        return start
    calendar = _Calendar(start.min().date(), start.max().date(), float(hours.max()) * 60, week)
    return calendar.at(calendar.elapsed(start) + hours * 60).set_axis(start.index)


class _Calendar:
    """Working minutes counted from the first day on, day by day."""

    def __init__(self, first: date, last: date, minutes: float, week: WorkingWeek) -> None:
        self.first, self.week = pd.Timestamp(first), week
        # Enough days for the longest limit: each needs at most a week for every working day, and holidays on top.
        span = (last - first).days + 8 + 7 * int(minutes / week.minutes_per_day + 1) + len(week.holidays)
        works = [week.works(first + timedelta(days=n)) for n in range(span)]
        self.before = np.concatenate([[0.0], np.cumsum(np.array(works) * float(week.minutes_per_day))])

    def elapsed(self, moments: "pd.Series[pd.Timestamp]") -> npt.NDArray[np.float64]:
        since = moments - self.first
        day = since.dt.days.to_numpy()
        minute = (since - pd.to_timedelta(day, unit="D")).dt.total_seconds().to_numpy() / 60 - self.week.opening_minute
        worked = self.before[day + 1] - self.before[day]
        return np.asarray(self.before[day] + np.clip(minute, 0, worked), dtype=np.float64)

    def at(self, minutes: npt.NDArray[np.float64]) -> "pd.Series[pd.Timestamp]":
        # side="left": a limit that ends with the working day is up that evening, not the next morning.
        day = np.maximum(np.searchsorted(self.before, minutes - 1e-9, side="left") - 1, 0)
        within = self.week.opening_minute + minutes - self.before[day]
        moments = self.first + pd.to_timedelta(day, unit="D") + pd.to_timedelta(within, unit="m")
        return pd.Series(moments).dt.round("s")
