"""Who gets reasons: the customers with the largest expected loss, found while one partition after another is scored."""

from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import UsageError
from models.arrays import BoolArray, FloatArray, IntArray
from models.predictor import Predictor
from pipeline.config.reasons import ReasonsConfig
from pipeline.score_file import NO_REASONS


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
        worth = pa.array(worth_of(rows), mask=rows.column("reasons").is_null().to_numpy())
        ranked = pa.table({"worth": worth, "customer_id": rows.column("customer_id")})
        order = pc.sort_indices(ranked, [("worth", "descending"), ("customer_id", "ascending")])
        kept = np.sort(order[: self.limit].to_numpy())
        reasons = rows.column("reasons").combine_chunks()
        at = rows.schema.get_field_index("reasons")
        return rows.set_column(at, "reasons", _placed(reasons.take(pa.array(kept)), kept, rows.num_rows))

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
