"""The calendar of a simulated company: whole calendar months from a start date."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.simulator.arrays import Doubles, Ints, Times

# 180 days always lie within 6 calendar months; 7 keep a margin for the state after the last one.
FUTURE_MONTHS = 6


@dataclass(frozen=True)
class Calendar:
    """Month boundaries. `starts[m]` is the first day of month m, for the records and the futures beyond them."""

    months: int
    starts: Times
    days: Doubles

    @property
    def end(self) -> np.datetime64:
        """The first moment after the records."""
        end: np.datetime64 = self.starts[self.months]
        return end

    def first_of(self, month: Ints) -> Times:
        """The first day of any months, also before the records and long after them."""
        days: Times = (self.starts[0].astype("datetime64[M]") + month).astype("datetime64[s]")
        return days

    def moment(self, month: int | Ints, share: Doubles) -> Times:
        """The time at which `share` of the month has passed, to the second."""
        seconds = (share * self.days[month] * 86_400).astype(np.int64)
        moments: Times = self.starts[month] + seconds.astype("timedelta64[s]")
        return moments

    def day_number(self, month: int) -> float:
        """Days from the start of the company to the start of the month."""
        return float(self.days[:month].sum())

    def share_of_months(self, month: int, horizon_days: int) -> Doubles:
        """For each of the next `FUTURE_MONTHS` months, the share of it that lies within the horizon."""
        lengths = self.days[month : month + FUTURE_MONTHS]
        before = np.cumsum(lengths) - lengths
        return np.clip((horizon_days - before) / lengths, 0.0, 1.0)


def calendar(months: int, start: date) -> Calendar:
    """The calendar of `months` months from the month of `start`."""
    first = np.datetime64(start, "M")
    starts = (first + np.arange(months + FUTURE_MONTHS + 2)).astype("datetime64[s]")
    days = np.diff(starts).astype("timedelta64[D]").astype(np.float64)
    return Calendar(months, starts[:-1], days)
