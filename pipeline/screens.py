"""Looks for leaks that no masking can see: columns that hold the future, and features that are too good to be true."""

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from features.history import known_at, quoted
from features.schema import TableShape
from features.spec import Entry
from models.arrays import FloatArray
from models.metrics import auc
from pipeline.sources import one_row

IMPLAUSIBLE_AUC = 0.95
MANY_ROWS = 30
MANY_DEFECTORS = 0.2
FEW_VALUES = 25
MAY_LIE_AHEAD = frozenset({"starts_at", "ends_at", "known_at"})


def times_ahead(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape]) -> list[str]:
    """Time columns that hold times after their row was known, though nothing declares them late."""
    found = []
    for shape in shapes.values():
        for column in _undeclared_times(shape):
            condition = f"e.{quoted(column)} > {known_at(shape)}"
            count, rows = one_row(
                con, f"SELECT count(*) FILTER (WHERE {condition}), count(*) FROM {quoted(shape.name)} e"
            )
            if count:
                found.append(
                    f"{shape.name}.{column} holds a time after its row was known in {count:,} of {rows:,} rows: "
                    f"declare it late (tables.{shape.name}.late: {{{column}: {column}}}) or drop it"
                )
    return found


def too_good(rows: pa.Table, entries: Sequence[Entry], defected: FloatArray) -> list[str]:
    """Single features that separate defectors almost perfectly, or have a value that only defectors have."""
    found = []
    for entry in entries:
        values = rows.column(entry.name).to_pandas()
        if message := _suspicious(entry, values, defected):
            found.append(message)
    return found


def _undeclared_times(shape: TableShape) -> list[str]:
    if shape.time is None:
        return []
    known = MAY_LIE_AHEAD | {shape.time} | set(shape.late)
    return [c for c, dtype in shape.columns.items() if dtype == "timestamp" and c not in known]


def _suspicious(entry: Entry, values: "pd.Series", defected: FloatArray) -> str | None:
    """Counts of dated events may well be 0 for defectors only; an attribute without a date may not."""
    name = entry.name
    if values.nunique(dropna=False) < 2:
        return None
    found = _single_auc(values, defected)
    if found > IMPLAUSIBLE_AUC:
        return f"{name} alone has an AUC of {found:.3f} (above {IMPLAUSIBLE_AUC}): it may be known only afterwards"
    return _pure_value(name, values, defected) if entry.source == "customers" else None


def _single_auc(values: "pd.Series", defected: FloatArray) -> float:
    """AUC of the column, in whichever direction; a category is ranked by the rate of its levels."""
    if values.dtype.kind not in "fiub":
        values = pd.Series(defected).groupby(values.fillna("missing").to_numpy()).transform("mean")
    ranks = values.fillna(values.median()).to_numpy(dtype=np.float64)
    area = auc(defected, ranks)
    return max(area, 1 - area)


def _pure_value(name: str, values: "pd.Series", defected: FloatArray) -> str | None:
    """A value of a column with few values whose rows all defected, and which many defectors have."""
    if values.nunique() > FEW_VALUES:
        return None
    rates = pd.Series(defected).groupby(values.to_numpy(), dropna=True).agg(["mean", "sum", "size"])
    pure = rates[(rates["mean"] == 1) & (rates["size"] >= MANY_ROWS)]
    if pure["sum"].sum() < MANY_DEFECTORS * defected.sum() or pure.empty:
        return None
    shown = ", ".join(str(value) for value in pure.index)
    share = pure["sum"].sum() / defected.sum()
    return (
        f"{name} is {shown} for {share:.0%} of those who defected and for nobody else: it may be known only afterwards"
    )
