"""Running totals along each customer's events, read off where windows begin and end.

A customer with 500 events and 24 snapshots costs 500 steps and two readings for each window, not 12,000 joined rows.
Everything here is exact: counts and sums are whole numbers (decimals as multiples of their last digit), so a difference
of two totals has the bits of the sum over the window. Sums that 64 bits might not hold are left to the joined rows.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from features.terms import Term
from features.timeline import CUSTOMERS, NUMBER, Array, Snapshots, Timeline

if TYPE_CHECKING:
    import duckdb

SAFE = 4e18  # sums of absolute values below it fit 64 bits, whichever part of them is taken


def _inputs(term: Term) -> tuple[str, ...]:
    """SQL of the columns a term is made from: whether the event counts, and its value."""
    parts = [f"({term.where})"] if term.where else []
    parts += [f"({term.value}) IS NOT NULL"] if term.value else []
    condition = f"coalesce({' AND '.join(parts) or 'TRUE'}, FALSE)"
    return (condition,) if term.total == "count" else (condition, term.value)


class Totals:
    """Totals along the events of all customers, and where the snapshots' windows cut them, each made once."""

    def __init__(self, line: Timeline, columns: Mapping[str, pa.Array]) -> None:
        self.line, self.columns = line, columns
        self._cuts: dict[int | None, Array] = {}
        self._totals: dict[tuple[str, ...], Array] = {}

    @classmethod
    def along(
        cls, con: "duckdb.DuckDBPyConnection", events: str, terms: Iterable[Term], snapshots: Snapshots
    ) -> "Totals":
        """`events` is SQL for the events with customer_id, event_at and the columns that the terms name."""
        inputs = list(dict.fromkeys(sql for term in terms for sql in _inputs(term)))
        names = ", ".join(f"{sql} AS i{n}" for n, sql in enumerate(inputs))
        found = con.sql(
            f"SELECT {NUMBER}, epoch_us(event_at), {names} FROM ({events}) JOIN {CUSTOMERS} USING (customer_id) "
            "WHERE event_at IS NOT NULL"
        ).to_arrow_table()
        customer, time = (found.column(n).to_numpy() for n in (0, 1))
        columns = {sql: found.column(n + 2).combine_chunks() for n, sql in enumerate(inputs)}
        return cls(Timeline.of(customer, time, snapshots), columns)

    @property
    def snapshots(self) -> Snapshots:
        """The snapshots the totals are read at."""
        return self.line.snapshots

    def values(self, terms: Iterable[Term]) -> dict[Term, pa.Array]:
        """The value of each term at each snapshot, in order of rid; terms that cannot be held exactly are missing."""
        found = {term: getattr(self, f"_{term.total}")(term) for term in dict.fromkeys(terms)}
        return {term: value for term, value in found.items() if value is not None}

    def _count(self, term: Term) -> pa.Array:
        return pa.array(self._counted(term))

    def _counted(self, term: Term) -> Array:
        """Events that count between the window's begin and its end."""
        end, begin = (self._cut(days) for days in term.ends_days)
        condition = _inputs(term)[0]
        if (condition,) not in self._totals:
            self._totals[(condition,)] = _total(self._counts(condition))
        total = self._totals[(condition,)]
        return np.asarray(total[end] - total[begin])

    def _sum(self, term: Term) -> pa.Array | None:
        """A decimal; NULL where no event counts."""
        condition, value = _inputs(term)
        if (condition, value) not in self._totals:
            whole = _whole(self.columns[value])
            if whole is None:
                return None
            self._totals[(condition, value)] = _total(np.where(self._counts(condition), self.line.sorted(whole), 0))
        total, (end, begin) = self._totals[(condition, value)], (self._cut(days) for days in term.ends_days)
        return _decimals(total[end] - total[begin], self._counted(term) == 0, self.columns[value].type)

    def _max(self, term: Term) -> pa.Array | None:
        return self._extreme(term, np.maximum)

    def _min(self, term: Term) -> pa.Array | None:
        return self._extreme(term, np.minimum)

    def _extreme(self, term: Term, better: np.ufunc) -> pa.Array | None:
        condition, value = _inputs(term)
        values = self._numbers(value)
        if values is None:
            return None
        if (condition, value, term.total) not in self._totals:
            worst = _worst(values.dtype, better)
            best = np.where(self._counts(condition), values, worst)
            self._totals[(condition, value, term.total)] = _scan(best, self.line.firsts(), better)
        return self._at_end(self._totals[(condition, value, term.total)], self._counted(term) == 0)

    def _last(self, term: Term) -> pa.Array | None:
        """The value of the latest event that counts; of several at one time the greatest."""
        condition, value = _inputs(term)
        values = self._numbers(value)
        if values is None:
            return None
        if (condition, value, "last") not in self._totals:
            counts = self._counts(condition)
            worst = _worst(values.dtype, np.maximum)
            greatest = _scan(np.where(counts, values, worst), self.line.moments(), np.maximum)
            latest = np.maximum.accumulate(np.where(counts, np.arange(len(counts)), 0))
            self._totals[(condition, value, "last")] = greatest[latest]  # of its moment, up to that event
        return self._at_end(self._totals[(condition, value, "last")], self._counted(term) == 0)

    def _at_end(self, total: Array, none: Array) -> pa.Array:
        """A total just before each snapshot."""
        if not len(total):
            return pa.array(np.zeros(len(none), total.dtype), mask=none)
        return pa.array(total[np.maximum(self._cut(0) - 1, 0)], mask=none)

    def _cut(self, days: int | None) -> Array:
        if days not in self._cuts:
            self._cuts[days] = self.line.begin() if days is None else self.line.cut(days)
        return self._cuts[days]

    def _counts(self, condition: str) -> Array:
        return self.line.sorted(self.columns[condition].to_numpy(zero_copy_only=False))

    def _numbers(self, value: str) -> Array | None:
        column = self.columns[value]
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            return None
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
        return None if np.isnan(numbers).any() else self.line.sorted(numbers)


def _total(values: Array) -> Array:
    """Running totals with a leading 0: the difference of two is what lies between."""
    return np.concatenate([[0], np.cumsum(values, dtype=np.int64)])


def _scan(values: Array, starts: Array, better: np.ufunc) -> Array:
    """The best value from each position's start up to it, by doubling steps: exact, in log2(events) passes."""
    best, place, step = values.copy(), np.arange(len(values)), 1
    longest = int((place - starts).max(initial=0))
    while step <= longest:
        reach = np.flatnonzero(place - step >= starts)
        best[reach] = better(best[reach], best[reach - step])
        step *= 2
    return best


def _worst(dtype: Any, better: np.ufunc) -> Any:
    """What any value beats or equals; it shows only where no event counts, and is NULL there."""
    if np.issubdtype(dtype, np.floating):
        return -np.inf if better is np.maximum else np.inf
    return np.iinfo(dtype).min if better is np.maximum else np.iinfo(dtype).max


def _whole(column: pa.Array) -> Array | None:
    """A decimal column as multiples of its last digit (NULL: 0); None where their sums might not fit 64 bits."""
    words = np.frombuffer(column.fill_null(0).buffers()[1], dtype=np.int64).reshape(-1, 2)[column.offset :]
    low, high = words[: len(column), 0], words[: len(column), 1]
    fits = bool((high == low >> 63).all()) and float(np.abs(low.astype(np.float64)).sum()) < SAFE
    return low if fits else None


def _decimals(whole: Array, none: Array, dtype: pa.DataType) -> pa.Array:
    words = np.stack([whole, whole >> 63], axis=1)
    valid = pa.py_buffer(np.packbits(~none, bitorder="little"))
    return pa.Array.from_buffers(dtype, len(whole), [valid, pa.py_buffer(np.ascontiguousarray(words))])
