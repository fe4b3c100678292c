"""Calendar periods whose outcome was known at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from features.errors import DataError
from models.outcome_kinds import Backslide, ContractEnd, Lapse, Outcome
from pipeline.diagnosis.settings import PeriodKind

MONTHS: dict[PeriodKind, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """The days [start, end) of a calendar period; `name` is 2009-05, 2009-Q2 or 2009."""

    name: str
    start: datetime
    end: datetime

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days


def period_at(kind: PeriodKind, moment: datetime, steps: int = 0) -> Period:
    """The period that holds `moment`, or one some steps later or earlier.

    >>> period_at("quarter", datetime(2009, 5, 17)).name, period_at("month", datetime(2009, 1, 5), -1).name
    ('2009-Q2', '2008-12')
    """
    length = MONTHS[kind]
    first = (moment.year * 12 + moment.month - 1) // length * length + steps * length
    start, end = _month(first), _month(first + length)
    names = {"month": f"{start:%Y-%m}", "quarter": f"{start:%Y}-Q{(start.month + 2) // 3}", "year": f"{start:%Y}"}
    return Period(names[kind], start, end)


def settled_periods(
    kind: PeriodKind, count: int, outcome: Outcome, *, earliest: datetime, as_of: datetime
) -> tuple[Period, ...]:
    """The last `count` periods that start at `earliest` or later and whose outcome was known at `as_of`.

    Raises DataError where there is none.
    """
    found: list[Period] = []
    steps = 0
    while len(found) < count:
        period = period_at(kind, as_of, steps)
        if period.start < earliest:
            break
        if settles(outcome, period) <= as_of:
            found.append(period)
        steps -= 1
    if not found:
        fix = "Use shorter periods, a later --as-of, or records that reach further."
        value = f"records {earliest:%Y-%m-%d} to {as_of:%Y-%m-%d}"
        raise DataError(f"no {kind} whose outcome is known", where="diagnosis.period", value=value, fix=fix)
    return tuple(reversed(found))


def settles(outcome: Outcome, period: Period) -> datetime:
    """When it is known who of the customers at the start of a period has left in it."""
    if has_own_window(outcome):
        return period.start + timedelta(days=outcome.horizon_days)
    return period.end + timedelta(days=outcome.grace_days if isinstance(outcome, ContractEnd) else 0)


def has_own_window(outcome: Outcome) -> bool:
    """Whether leaving means something not happening for the length of the outcome window, so that it decides."""
    return isinstance(outcome, Lapse | Backslide)


def _month(months: int) -> datetime:
    return datetime(months // 12, months % 12 + 1, 1)
