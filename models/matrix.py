"""From the feature table to the numbers a model reads: which columns, in which order, with which category levels.

What training decided is frozen in `Columns` and kept with the model, so a matrix computed later is read the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import DataError, EmptyTableError, MissingColumnError, ModelMismatchError
from features.spec import Kind
from models.arrays import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Columns:
    """The model's columns in order, the frozen levels of its categories, and what was dropped as constant."""

    names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    @property
    def categories(self) -> tuple[int, ...]:
        """Positions of the category columns."""
        return tuple(i for i, name in enumerate(self.names) if name in self.levels)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "names": list(self.names),
            "levels": {name: list(levels) for name, levels in self.levels.items()},
            "dropped": list(self.dropped),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Columns":
        """What `to_dict` gave."""
        levels = {name: tuple(found) for name, found in stored["levels"].items()}
        return cls(tuple(stored["names"]), levels, tuple(stored["dropped"]))


def fit_columns(table: "pa.Table | pd.DataFrame", kinds: Mapping[str, Kind], max_levels: int = 50) -> Columns:
    """Decide the columns from the training table.

    `kinds` names the features in matrix order with their kind. A column with one value and no NULL, or with nothing but
    NULL, is dropped. A category keeps its `max_levels` most frequent levels (ties in the order of their names).
    Raises MissingColumnError, EmptyTableError, and DataError when no column is left.
    """
    rows = as_table(table)
    if rows.num_rows == 0:
        raise EmptyTableError("feature matrix", where="training")
    for name in kinds:
        if name not in rows.column_names:
            raise MissingColumnError(name, where="feature matrix", present=rows.column_names)
    kept = tuple(name for name in kinds if not _is_constant(rows[name]))
    if not kept:
        raise DataError("every feature has one and the same value", where="feature matrix", fix="Check the tables.")
    levels = {name: _levels(rows[name], max_levels) for name in kept if kinds[name] == "category"}
    return Columns(kept, levels, tuple(name for name in kinds if name not in kept))


def encode(table: "pa.Table | pd.DataFrame", columns: Columns) -> FloatArray:
    """The matrix a model reads, shape (rows, columns), column-major.

    A category is the position of its level; NULL, an unknown level and an infinite number are NaN.
    Raises ModelMismatchError where a column is absent or has another type than in training.
    """
    rows = as_table(table)
    absent = [name for name in columns.names if name not in rows.column_names]
    if absent:
        raise ModelMismatchError(
            f"feature {absent[0]}",
            trained=f"{len(columns.names)} columns",
            now=f"{len(absent)} of them missing",
            fix="Score with the tables of the training config, or train again.",
        )
    matrix = np.empty((rows.num_rows, len(columns.names)), order="F")
    for i, name in enumerate(columns.names):
        matrix[:, i] = (
            _codes(rows[name], columns.levels[name]) if name in columns.levels else _numbers(name, rows[name])
        )
    return matrix


def as_table(table: "pa.Table | pd.DataFrame") -> pa.Table:
    """An Arrow table, whichever of the two it was."""
    return table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)


def _is_constant(column: pa.ChunkedArray) -> bool:
    if column.null_count == len(column):
        return True
    if column.null_count:
        return False
    least, most = pc.min_max(_as_text(column) if _is_text(column) else column).as_py().values()
    return bool(least == most)


def _levels(column: pa.ChunkedArray, max_levels: int) -> tuple[str, ...]:
    counts = pc.value_counts(_as_text(column).drop_null()).to_pylist()
    ordered = sorted(counts, key=lambda found: (-found["counts"], found["values"]))
    return tuple(found["values"] for found in ordered[:max_levels])


def _codes(column: pa.ChunkedArray, levels: tuple[str, ...]) -> FloatArray:
    found = pc.index_in(_as_text(column), value_set=pa.array(levels, pa.string()), skip_nulls=True)
    return _to_numpy(found)


def _numbers(name: str, column: pa.ChunkedArray) -> FloatArray:
    if _is_text(column):
        raise ModelMismatchError(
            f"type of {name}", trained="number", now=str(column.type), fix="Mend the column's type in the config."
        )
    values = _to_numpy(column)
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _to_numpy(column: pa.ChunkedArray) -> FloatArray:
    numbers: FloatArray = pc.cast(column, pa.float64(), safe=False).to_numpy()
    return numbers


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(column, pa.string())


def _is_text(column: pa.ChunkedArray) -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
