"""Which moments to predict at, and which of them train and test a model."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

from features.errors import ConfigError, OneClassError
from models.outcome_kinds import Outcome
from models.outcomes import known_by

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Fold = tuple[NDArray[np.intp], NDArray[np.intp]]

Every = Literal["month", "week"] | int
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Split:
    """Snapshots in order of time: the label of every training snapshot was known when the first test snapshot came."""

    train: tuple[datetime, ...]
    test: tuple[datetime, ...]


def schedule(first: date, last: date, every: Every) -> tuple[datetime, ...]:
    """Snapshots from `first` to `last`, both included: each month, each week, or each so many days.

    Months keep the day of `first`, or take their last day where they are too short for it.

    >>> [f"{at:%d %b}" for at in schedule(date(2009, 1, 31), date(2009, 4, 1), "month")]
    ['31 Jan', '28 Feb', '31 Mar']

    Raises:
        ConfigError: `last` lies before `first`, or the step is not positive.
    """
    begin, end = _moment(first), _moment(last)
    if end < begin:
        fix = "Put first before last."
        raise ConfigError(f"last {end:%Y-%m-%d} lies before first {begin:%Y-%m-%d}", where="snapshots", fix=fix)
    if every == "month":
        return tuple(at for n in range((end.year - begin.year) * 12 + 12) if (at := _months_later(begin, n)) <= end)
    days = DAYS_A_WEEK if every == "week" else every
    if days < 1:
        raise ConfigError("not a step", where="snapshots.every", value=every, fix="Use month, week or days from 1 on.")
    return tuple(begin + timedelta(days=n) for n in range(0, (end - begin).days + 1, days))


def time_split(
    snapshots: Sequence[datetime],
    outcome: Outcome,
    *,
    test_from: date | None = None,
    test_snapshots: int | None = None,
    gap_days: int = 0,
) -> Split:
    """Test on the snapshots from `test_from` on, or on the last `test_snapshots`; train on those settled before them.

    A snapshot trains when its label was known `gap_days` before the first test snapshot, so no outcome window of
    training reaches into the test, and the split is what one could have done on that day. Those in between are used
    for neither.

    Raises:
        ConfigError: not exactly one of the two is given, or no snapshot remains for training or for the test.
    """
    ordered = sorted(set(snapshots))
    test = _test(ordered, test_from, test_snapshots)
    train = _settled(ordered, outcome, test[0], gap_days)
    if not train:
        need = timedelta(days=outcome.known_after_days + gap_days)
        raise ConfigError(
            f"no training snapshot: none has its outcome known by the first test snapshot {test[0]:%Y-%m-%d}",
            where="snapshots",
            value=f"first {ordered[0]:%Y-%m-%d}, known after {need.days} days",
            fix=f"Start at {test[0] - need:%Y-%m-%d} or earlier, test later, or shorten the horizon.",
        )
    return Split(train, test)


def backtest(
    snapshots: Sequence[datetime], outcome: Outcome, last: Split, *, periods: int, gap_days: int = 0
) -> tuple[Split, ...]:
    """The test period of `last` and up to `periods` - 1 before it, each as many snapshots long, in order of time.

    For each, those snapshots train whose label was known by then, as in `time_split`. Periods without a training
    snapshot, and one cut short by the first snapshot, are left out.
    """
    ordered = sorted(set(snapshots))
    first, length = ordered.index(last.test[0]), len(last.test)
    found = [last]
    for begin in range(first - length, first - length * periods, -length):
        test = tuple(ordered[begin : begin + length]) if begin >= 0 else ()
        train = _settled(ordered, outcome, test[0], gap_days) if test else ()
        if train:
            found.insert(0, Split(train, test))
    return tuple(found)


def flat_folds(
    y: "ArrayLike", groups: "ArrayLike | None" = None, *, repeats: int = 1, folds: int = 5, seed: int = 0
) -> "list[Fold]":
    """Repeated stratified folds for data without time: pairs of row numbers (train, test), `repeats` x `folds` of them.

    Rows of one group (the same person, or equal feature rows) stay in one fold, or a model would be tested on rows it
    has seen. Shapes: y (rows,), groups (rows,).

    Raises:
        ConfigError: fewer than two folds or no repeat.
        OneClassError: a class has fewer rows (groups, where given) than there are folds.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if folds < 2 or repeats < 1:
        raise ConfigError(f"{repeats} x {folds} folds", where="folds", fix="Use 2 folds or more and 1 repeat or more.")
    labels = np.asarray(y).astype(bool)
    members = np.arange(len(labels)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    if min(len(np.unique(members[labels])), len(np.unique(members[~labels]))) < folds:
        raise OneClassError(where=f"{folds} folds", rows=len(labels), defected=int(labels.sum()))
    maker: Any = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitters = (maker(folds, shuffle=True, random_state=seed + repeat) for repeat in range(repeats))
    kept_together = None if groups is None else members
    return [fold for splitter in splitters for fold in splitter.split(labels, labels, kept_together)]


def _test(ordered: Sequence[datetime], test_from: date | None, test_snapshots: int | None) -> tuple[datetime, ...]:
    if (test_from is None) == (test_snapshots is None):
        fix = "Give one of test_from and test_snapshots."
        raise ConfigError("the test snapshots must be named in exactly one way", where="snapshots", fix=fix)
    if test_from is not None:
        test = tuple(at for at in ordered if at >= _moment(test_from))
    else:
        test = tuple(ordered[-test_snapshots:]) if test_snapshots and test_snapshots > 0 else ()
    if not test:
        last = f"the last snapshot is {ordered[-1]:%Y-%m-%d}" if ordered else "there are no snapshots"
        asked = f"{_moment(test_from):%Y-%m-%d}" if test_from else test_snapshots
        raise ConfigError(f"no test snapshot: {last}", where="snapshots", value=asked, fix="Test from an earlier one.")
    return test


def _settled(ordered: Sequence[datetime], outcome: Outcome, test_from: datetime, gap_days: int) -> tuple[datetime, ...]:
    """Snapshots before the test whose label was known, with the gap, when it began."""
    known = test_from - timedelta(days=gap_days)
    return tuple(at for at in ordered if known_by(outcome, at) <= known and at < known)


def _moment(day: date) -> datetime:
    """A date without a time is midnight."""
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def _months_later(begin: datetime, months: int) -> datetime:
    year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    return begin.replace(year=year, month=month + 1, day=min(begin.day, calendar.monthrange(year, month + 1)[1]))
