"""Writes the plan folder: whole or not at all, and safe to open in a spreadsheet.

CSV files are UTF-8 with a byte order mark, because Excel takes a CSV without one for the local code page and garbles
Chinese. Text cells that a spreadsheet would run as a formula get an apostrophe in front (in the CSV files only:
plan.parquet holds every value as it is).
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from features.errors import DataError
from pipeline.planning.rows import NUMBERS

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def write_plan(out: Path, plan: pd.DataFrame, obligations: pd.DataFrame, summary: Mapping[str, object]) -> None:
    """Write plan.csv, plan.parquet, obligations.csv and summary.json to the folder `out`.

    An earlier plan at `out` is replaced; a folder that is not a plan is left alone (`DataError`).
    """
    with replaced_folder(out) as folder:
        write_csv(plan, folder / "plan.csv")
        write_csv(obligations, folder / "obligations.csv")
        _write_parquet(plan, folder / "plan.parquet")
        (folder / "summary.json").write_text(_json(summary) + "\n", encoding="utf-8")


@contextmanager
def replaced_folder(out: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of `out` when the block ends without an error, and vanishes otherwise."""
    if out.exists() and not _may_replace(out):
        raise DataError(
            "the folder holds something else than a plan",
            where="plan",
            value=str(out),
            fix="Name another folder with --out.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        fresh = Path(scratch) / "new"
        fresh.mkdir()
        yield fresh
        if out.exists():
            out.rename(Path(scratch) / "old")
        fresh.rename(out)


def _may_replace(out: Path) -> bool:
    return out.is_dir() and ((out / "summary.json").exists() or not any(out.iterdir()))


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A CSV for spreadsheets: byte order mark, no formulas in text cells."""
    safe = table.copy()
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_datetime64_any_dtype(table[name]):
            safe[name] = table[name].map(guarded)
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n", float_format="%.10g")


def guarded(value: object) -> object:
    """A text cell that no spreadsheet takes for a formula.

    >>> guarded("=1+1"), guarded("Li Wei"), guarded(None)
    ("'=1+1", 'Li Wei', None)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _write_parquet(plan: pd.DataFrame, path: Path) -> None:
    """With a fixed schema, so that an empty plan has the same types."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"rank": pa.int64(), "date": pa.date32(), **dict.fromkeys(NUMBERS, pa.float64())}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in plan.columns])
    pq.write_table(pa.Table.from_pandas(plan, schema=schema, preserve_index=False), path)


def _json(summary: Mapping[str, object]) -> str:
    return json.dumps(summary, ensure_ascii=False, indent=2, allow_nan=False)
