"""Writes the plan folder: whole or not at all, and safe to open in a spreadsheet.

CSV files are UTF-8 with a byte order mark, because Excel takes a CSV without one for the local code page and garbles
Chinese. Text cells that a spreadsheet would run as a formula get an apostrophe in front (in the CSV files only:
plan.parquet holds every value as it is).
"""

import codecs
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.errors import DataError
from pipeline.files import whole_folder
from pipeline.planning.rows import NUMBERS

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = frozenset({"plan.csv", "plan.parquet", "obligations.csv", "obligations.parquet", "summary.json"})
PAGES = frozenset({"plan.html", "plan.ics", "team.html", "calendars"})  # of an earlier plan, whoever worked on it
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"


def write_plan(
    out: Path,
    plan: pd.DataFrame,
    obligations: pd.DataFrame,
    summary: Mapping[str, object],
    pages: Mapping[str, str],
) -> None:
    """Write plan.csv, plan.parquet, obligations.csv, summary.json and `pages` (path -> text) to the folder `out`.

    An earlier plan at `out` is replaced; a folder that is not a plan is left alone (`DataError`).
    """
    import pyarrow.parquet as pq

    _refuse_other_folder(out, pages)
    with whole_folder(out, overwrite=True) as folder:
        write_csv(plan, folder / "plan.csv")
        write_csv(obligations, folder / "obligations.csv")
        pq.write_table(plan_table(plan), folder / "plan.parquet")
        (folder / "summary.json").write_text(_json(summary) + "\n", encoding="utf-8")
        for name, text in pages.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="")


def _refuse_other_folder(out: Path, pages: Mapping[str, str]) -> None:
    """An earlier plan is replaced; what is not of a plan is somebody's work."""
    if not out.exists():
        return
    own = {*TABLES, *PAGES, *(Path(name).parts[0] for name in pages)}
    others = sorted(path.name for path in out.iterdir() if path.name not in own) if out.is_dir() else [out.name]
    if others:
        raise DataError(
            "the folder holds something else than a plan",
            where=f"plan, {out}",
            value=others[0],
            fix="Move it away, or name another folder with --out.",
        )


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A CSV for spreadsheets: byte order mark, no formulas in text cells, numbers to six decimals."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    columns = {name: _cells(table[name]) for name in table.columns}
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8 + (",".join(columns) + "\n").encode("utf-8"))
        options = pacsv.WriteOptions(include_header=False, quoting_style="needed")
        pacsv.write_csv(pa.table(columns), file, options)


def _cells(column: pd.Series) -> Any:
    import pyarrow as pa

    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return pa.array(column)
    if pd.api.types.is_float_dtype(column):
        return pa.array(column.round(6), from_pandas=True)
    if pd.api.types.is_datetime64_any_dtype(column):
        return pa.array(column.dt.strftime("%Y-%m-%d %H:%M:%S"), pa.string(), from_pandas=True)
    texts = column.map(str, na_action="ignore") if column.dtype == "object" else column
    return _guarded(pa.array(texts, pa.string(), from_pandas=True))


def _guarded(texts: Any) -> Any:
    """Texts that no spreadsheet takes for a formula."""
    import pyarrow as pa
    import pyarrow.compute as pc

    risky = pc.match_substring_regex(texts, f"^[{re.escape(FORMULA_STARTS)}]")
    return pc.if_else(risky, pc.binary_join_element_wise(pa.scalar("'"), texts, pa.scalar("")), texts)


def plan_table(plan: pd.DataFrame) -> "pa.Table":
    """The plan's rows with types that do not hang on them: an empty plan has the same."""
    import pyarrow as pa

    return _arrow(plan, {"rank": pa.int64(), "step": pa.int64(), **dict.fromkeys(NUMBERS, pa.float64())})


def obligation_table(obligations: pd.DataFrame) -> "pa.Table":
    """The obligations with types that do not hang on them: grades are texts, whatever they are called."""
    import pyarrow as pa

    return _arrow(obligations, {"late": pa.bool_(), **dict.fromkeys(("opened_at", "deadline"), pa.timestamp("us"))})


def _arrow(rows: pd.DataFrame, types: Mapping[str, "pa.DataType"]) -> "pa.Table":
    import pyarrow as pa

    known = {"date": pa.date32(), **types}
    schema = pa.schema([(name, known.get(name, pa.string())) for name in rows.columns])
    return pa.Table.from_pandas(rows, schema=schema, preserve_index=False, safe=False)


def _json(summary: Mapping[str, object]) -> str:
    return json.dumps(summary, ensure_ascii=False, indent=2, allow_nan=False)
