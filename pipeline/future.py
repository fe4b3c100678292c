"""Other futures for prepared tables: all that was not known before a moment is deleted, altered, or moved onto it.

Each function changes the tables in one partition's connection. What was known before the moment stays as it is, so no
feature at that moment may change by a bit.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import duckdb

from features.history import known_at, quoted
from features.schema import DType, TableShape

Change = Callable[[duckdb.DuckDBPyConnection, Mapping[str, TableShape], datetime], None]

# Far from any sensible value, so that a feature which sees one of them differs.
ALTERED: Mapping[DType, str] = {
    "number": "coalesce({0}, 0) * -3 - 17",
    "text": "coalesce({0}, '') || '~'",
    "flag": "NOT coalesce({0}, false)",
    "timestamp": "{0} + INTERVAL 17 DAY",
}


def deleted(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape], moment: datetime) -> None:
    """Delete rows, and empty late values, that were not known before the moment."""
    for shape in shapes.values():
        if shape.time:
            con.execute(f"DELETE FROM {quoted(shape.name)} e WHERE {known_at(shape)} >= {_at(moment)}")
        for column, source in shape.late.items():
            _set(con, shape, column, "NULL", f"{quoted(source)} >= {_at(moment)} OR {quoted(source)} IS NULL")


def altered(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape], moment: datetime) -> None:
    """Give rows and late values that were not known before the moment other contents; times stay at or after it."""
    for shape in shapes.values():
        late = {c: s for c, s in shape.late.items() if c != s}
        for column, source in late.items():
            _set(con, shape, column, _other(shape, column), f"{quoted(source)} >= {_at(moment)}")
        for column in (c for c, s in shape.late.items() if c == s):
            _set(con, shape, column, _other(shape, column), f"{quoted(column)} >= {_at(moment)}")
        if shape.time:
            _alter_rows(con, shape, moment)


def moved(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape], moment: datetime) -> None:
    """Move each customer's last known event of every table onto the moment itself: no longer before it."""
    for shape in shapes.values():
        if shape.time:
            times = [shape.time, *(["known_at"] if "known_at" in shape.columns else [])]
            values = ", ".join(f"{quoted(column)} = {_at(moment)}" for column in times)
            con.execute(f"UPDATE {quoted(shape.name)} SET {values} WHERE {_last(shape, moment)}")


def without_last(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape], moment: datetime) -> None:
    """Delete each customer's last known event of every table: what `moved` has to look like."""
    for shape in shapes.values():
        if shape.time:
            con.execute(f"DELETE FROM {quoted(shape.name)} WHERE {_last(shape, moment)}")


def _alter_rows(con: duckdb.DuckDBPyConnection, shape: TableShape, moment: datetime) -> None:
    kept = {"customer_id", "known_at", shape.time, shape.key, *shape.late}
    changes = ", ".join(f"{quoted(c)} = {_other(shape, c)}" for c in shape.columns if c not in kept)
    if changes:
        con.execute(f"UPDATE {quoted(shape.name)} AS e SET {changes} WHERE {known_at(shape)} >= {_at(moment)}")


def _last(shape: TableShape, moment: datetime) -> str:
    """Which rows are a customer's last known ones, found by the row's number in its table."""
    order = f"PARTITION BY e.customer_id ORDER BY {known_at(shape)} DESC, e.rowid"
    ranked = (
        f"SELECT e.rowid AS row, row_number() OVER ({order}) AS n "
        f"FROM {quoted(shape.name)} e WHERE {known_at(shape)} < {_at(moment)}"
    )
    return f"rowid IN (SELECT row FROM ({ranked}) WHERE n = 1)"


def _set(con: duckdb.DuckDBPyConnection, shape: TableShape, column: str, value: str, condition: str) -> None:
    con.execute(f"UPDATE {quoted(shape.name)} SET {quoted(column)} = {value} WHERE {condition}")


def _other(shape: TableShape, column: str) -> str:
    return ALTERED[shape.columns[column]].format(quoted(column))


def _at(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.isoformat(sep=' ')}'"
