"""Who gets reasons: the customers with the largest expected loss, found while one partition after another is scored."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import UsageError
from models.arrays import BoolArray, FloatArray, IntArray
from models.predictor import Predictor
from pipeline.config.reasons import ReasonsConfig
from pipeline.score_file import NO_REASONS

Rank = tuple[float, str]
RANKED = ("customer_id", "expected_loss", "risk")


@dataclass
class Explained:
    """Explains rows of partitions: at least those that are among the `limit` largest of all in the end.

    What a partition explains too many depends on the order in which partitions come; `only_largest` takes it away
    again. `limit` None is all rows.
    """

    limit: int | None
    per_customer: int
    language: str
    _largest: FloatArray = field(default_factory=lambda: np.empty(0))
    _lock: Lock = field(default_factory=Lock)

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process it knows nothing of the partitions here: it explains the largest of its own."""
        return type(self), (self.limit, self.per_customer, self.language)

    def reasons(self, predictor: Predictor, matrix: pa.Table, worth: FloatArray) -> pa.Array:
        """Reasons of the rows with the largest worth seen so far, NULL for the others."""
        chosen = np.flatnonzero(self._among_largest(worth))
        if not len(chosen):
            return pa.nulls(matrix.num_rows, NO_REASONS)
        some = matrix if len(chosen) == matrix.num_rows else matrix.take(pa.array(chosen))
        found = predictor.reasons(some, self.per_customer, self.language).combine_chunks()
        return _placed(found.cast(NO_REASONS), chosen, matrix.num_rows)

    def only_largest(self, rows: pa.Table) -> pa.Table:
        """The score rows with reasons for the `limit` largest only; of equal ones the first ids."""
        if self.limit is None or rows.num_rows - rows.column("reasons").null_count <= self.limit:
            return rows
        last = self.last_of([rows])
        return rows if last is None else without_reasons_after(rows, last)

    def last_of(self, parts: Iterable[pa.Table]) -> Rank | None:
        """The last of the `limit` largest among the explained rows of all parts; None where they are no more.

        Parts need the columns RANKED and `reasons`; no more than `limit` rows and a part are held at a time.
        """
        if self.limit is None:
            return None
        largest, explained = pa.table({"worth": pa.array([], pa.float64()), "id": pa.array([], pa.string())}), 0
        for part in parts:
            some = part.filter(pc.is_valid(part.column("reasons")))
            explained += some.num_rows
            ranked = pa.table({"worth": worth_of(some), "id": some.column("customer_id").cast(pa.string())})
            both = pa.concat_tables([largest, ranked])
            largest = both.take(pc.sort_indices(both, [("worth", "descending"), ("id", "ascending")])[: self.limit])
        if explained <= self.limit or not self.limit:
            return None
        return largest.column("worth")[-1].as_py(), largest.column("id")[-1].as_py()

    def _among_largest(self, worth: FloatArray) -> BoolArray:
        if self.limit is None:
            return np.ones(len(worth), dtype=np.bool_)
        if self.limit == 0:
            return np.zeros(len(worth), dtype=np.bool_)
        with self._lock:
            both = np.concatenate([self._largest, worth])
            if len(both) > self.limit:
                both = np.partition(both, len(both) - self.limit)[-self.limit :]
            self._largest = both
        return np.asarray(worth >= (both.min() if len(both) >= self.limit else -np.inf))


def explaining(config: ReasonsConfig, asked: str | None) -> Explained:
    """As the config says, or for as many customers as were asked for: `all`, `none` or a number."""
    wanted = str(config.customers) if asked is None else asked
    if wanted not in {"all", "none"} and not wanted.isdigit():
        fix = "Give all, none, or the number of customers with the largest expected loss."
        raise UsageError("not a number of customers", where="--reasons", value=wanted, fix=fix)
    limit = None if wanted == "all" else 0 if wanted == "none" else int(wanted)
    return Explained(limit, config.per_customer, config.language)


def without_reasons_after(rows: pa.Table, last: Rank) -> pa.Table:
    """The rows without the reasons of those that rank behind `last`: worth less, or equal with a later id."""
    worth, customer = last
    own = pa.array(worth_of(rows))
    same = pc.and_(pc.equal(own, worth), pc.less_equal(rows.column("customer_id"), customer))
    kept = np.flatnonzero(pc.and_(pc.or_(pc.greater(own, worth), same), pc.is_valid(rows.column("reasons"))).to_numpy())
    reasons = rows.column("reasons").combine_chunks()
    at = rows.schema.get_field_index("reasons")
    return rows.set_column(at, "reasons", _placed(reasons.take(pa.array(kept)), kept, rows.num_rows))


def worth_of(rows: pa.Table) -> FloatArray:
    """What rows are ranked by: the expected loss, or the risk where no money is known; lowest without either."""
    loss, risk = (rows.column(name).to_numpy(zero_copy_only=False) for name in ("expected_loss", "risk"))
    known = np.where(np.isnan(loss.astype(np.float64)), risk, loss).astype(np.float64)
    return np.asarray(np.nan_to_num(known, nan=-np.inf))


def _placed(found: pa.Array, places: IntArray, rows: int) -> pa.Array:
    """The found values at their places among so many rows, NULL elsewhere."""
    position = np.full(rows, -1)
    position[places] = np.arange(len(places))
    return found.take(pa.array(position, mask=position < 0))
