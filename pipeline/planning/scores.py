"""The score table that a plan starts from: read, checked, and its reasons kept aside until a row is chosen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import DataError, DuplicateKeyError, MissingColumnError
from features.schema import DEFECTION_TYPES
from pipeline.files import reading, refuse_unreadable
from pipeline.planning.score_checks import FIX, MONEY, checked

TYPE_COLUMNS = tuple(f"type_{name}" for name in DEFECTION_TYPES)
REQUIRED = ("customer_id", "as_of", "status", "risk", "loss_if_defect")
NO_VALUE = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"]  # in any column but that of ids
SHOWN_REASONS = 3


@dataclass(frozen=True)
class Scores:
    """One row a customer: ids, status, risk, types, money.

    `frame` has a plain 0..n-1 index; `as_of` is the snapshot of all rows.
    """

    frame: pd.DataFrame
    as_of: datetime
    reasons: Any = None

    def __len__(self) -> int:
        return len(self.frame)

    def reason_texts(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The first reasons of some rows as one readable text each. Raises DataError for JSON that is broken."""
        if self.reasons is None:
            return [""] * len(rows)
        found = self.reasons.take(rows)
        texts = _joined_texts(found) if isinstance(found.dtype, pd.ArrowDtype) else None
        return texts or [_reason_text(value, int(row)) for row, value in zip(rows, found.tolist(), strict=True)]


def read_scores(source: pd.DataFrame | Path, as_of: datetime | None = None) -> Scores:
    """Load and check a score table (columns as in the score file).

    Raises `MissingFileError`, `MissingColumnError`, `DuplicateKeyError`, or `DataError` when the rows are of several
    snapshots or of another one than `as_of`.
    """
    where = "scores" if isinstance(source, pd.DataFrame) else str(source)
    frame, reasons = _split(source) if isinstance(source, pd.DataFrame) else _load(source)
    for column in REQUIRED:
        if column not in frame.columns:
            raise MissingColumnError(column, where=where, present=[str(name) for name in frame.columns])
    frame = _typed(checked(frame, where))
    _check_ids(frame, where)
    return Scores(frame, _snapshot(frame, as_of, where), reasons)


def _split(frame: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    frame = frame.reset_index(drop=True)
    return frame.drop(columns="reasons", errors="ignore"), frame.get("reasons")


def _load(path: Path) -> tuple[pd.DataFrame, Any]:
    """Parquet keeps reasons in Arrow: as Python objects a million of them would need gigabytes."""
    if not path.is_dir():
        refuse_unreadable(path, where="--scores")
    with reading(path, where="--scores"):
        if path.suffix.lower() == ".csv":
            return _split(_csv(path))
        table = _parquet(path)
    if "reasons" not in table.column_names:
        return table.to_pandas(), None
    return table.drop_columns("reasons").to_pandas(), pd.Series(table["reasons"].combine_chunks(), dtype=_arrow(table))


def _csv(path: Path) -> pd.DataFrame:
    """Ids as they are written: somebody's may be NA."""
    columns = pd.read_csv(path, nrows=0).columns
    empty = {name: NO_VALUE for name in columns if name != "customer_id"}
    return pd.read_csv(path, dtype={"customer_id": "str"}, keep_default_na=False, na_values=empty)


def _parquet(path: Path) -> Any:
    if path.is_dir() and not any(path.glob("*.parquet")):
        fix = "Name the file or folder that `holdfast score` wrote."
        raise DataError("the folder holds no Parquet parts", where="--scores", value=str(path), fix=fix)
    import pyarrow.parquet as pq

    return pq.read_table(path)


def _arrow(table: Any) -> pd.ArrowDtype:
    return pd.ArrowDtype(table.schema.field("reasons").type)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Ids as text, times as times, optional columns present; unknown types of defection count as `unknown`."""
    frame = frame.assign(customer_id=frame["customer_id"].astype("str"), as_of=pd.to_datetime(frame["as_of"]))
    types = frame.reindex(columns=list(TYPE_COLUMNS)).astype("float64").fillna(0.0)
    total = types.sum(axis=1)
    types["type_unknown"] = types["type_unknown"].where(total > 0, 1.0)
    money = frame.reindex(columns=list(MONEY)).astype("float64")
    band = frame["risk_band"] if "risk_band" in frame else pd.Series(pd.NA, index=frame.index)
    added = pd.concat([types, money], axis=1).assign(risk_band=band)
    return pd.concat([frame.drop(columns=added.columns, errors="ignore"), added], axis=1)


def _check_ids(frame: pd.DataFrame, where: str) -> None:
    repeated = frame["customer_id"][frame["customer_id"].duplicated()]
    if len(repeated):
        raise DuplicateKeyError(where=f"{where}: customer_id", key=repeated.iloc[0], count=repeated.nunique())


def _snapshot(frame: pd.DataFrame, as_of: datetime | None, where: str) -> datetime:
    found = frame["as_of"].dropna().unique()
    if len(found) > 1 or (as_of is not None and len(found) == 1 and pd.Timestamp(found[0]) != pd.Timestamp(as_of)):
        raise DataError(
            "the scores are not all of the plan's snapshot" if as_of else "the scores are of several snapshots",
            where=f"{where}: as_of",
            value=", ".join(str(pd.Timestamp(value)) for value in found[:3]),
            fix=f"Score the customers at {as_of}." if as_of else "Plan from the scores of one snapshot.",
        )
    if len(found):
        return pd.Timestamp(found[0]).to_pydatetime()
    if as_of is None:
        fix = "Plan from the scores of at least one customer: holdfast score."
        raise DataError("the scores do not say of which snapshot they are", where=f"{where}: as_of", fix=fix)
    return as_of


def _joined_texts(reasons: pd.Series) -> list[str] | None:
    """The same as `_reason_text` for lists of {.., text} in Arrow, a hundred times faster; None for other types."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = pa.array(reasons)
    if not pa.types.is_list(lists.type) or not pa.types.is_struct(lists.type.value_type):
        return None
    if lists.type.value_type.get_field_index("text") < 0:
        return None
    first = pc.list_slice(lists.fill_null([]), 0, SHOWN_REASONS)
    texts = pc.fill_null(pc.struct_field(first.flatten(), "text"), "")
    joined: list[str] = pc.binary_join(pa.ListArray.from_arrays(first.offsets, texts), "; ").to_pylist()
    return joined


def _reason_text(value: object, row: int) -> str:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("[") else [{"text": value}]
        except ValueError:
            raise DataError("is no JSON", where=f"scores: reasons, row {row + 1}", value=value, fix=FIX) from None
    if not isinstance(value, Sequence | np.ndarray):
        return ""
    texts = [_one_reason(item) for item in list(value)[:SHOWN_REASONS]]
    return "; ".join(text for text in texts if text)


def _one_reason(item: object) -> str:
    if isinstance(item, Mapping):
        return str(item.get("text") or item.get("feature") or "")
    return str(item)
