"""Which tables can be made from pieces of a source: those whose rows each come from one row of one source."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from pipeline.config.tables import TableConfig

ROW_BY_ROW = frozenset({"PROJECTION", "FILTER"})
SCANS = ("READ_", "PARQUET_SCAN", "ARROW_SCAN", "PANDAS_SCAN", "SEQ_SCAN", "TABLE_SCAN")


def only_source(con: duckdb.DuckDBPyConnection, table: TableConfig, sources: Iterable[str]) -> str | None:
    """The source whose rows become the table's row by row; None where DuckDB would join, sort, group or number them."""
    if table.row_ids or table.deduplicate:
        return None
    if table.source is not None:
        return table.source
    sql = (table.sql or "").strip().rstrip(";")
    named = _named(sql)
    if len(named) != 1 or not named <= set(sources):
        return None
    plan = json.loads(con.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()[0][1])
    return next(iter(named)) if _row_by_row(plan[0] if isinstance(plan, list) else plan) else None


def _named(sql: str) -> set[str]:
    """Names of the tables in a statement; none where they cannot be told without their columns."""
    with duckdb.connect() as elsewhere:  # here the sources are views, and only what is behind them would be named
        try:
            return set(elsewhere.get_table_names(sql))
        except duckdb.Error:
            return set()


def _row_by_row(node: Mapping[str, Any]) -> bool:
    """A chain of projections and filters down to one scan."""
    name, below = str(node.get("name", "")).strip(), node.get("children", [])
    if not below:
        return name.startswith(SCANS)
    return name in ROW_BY_ROW and len(below) == 1 and _row_by_row(below[0])
