"""Tables as they were known at one moment: later rows are gone, later values are missing."""

from collections.abc import Mapping
from datetime import datetime

import duckdb

from features.history import known_at, quoted
from features.schema import TableShape


def cut(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape], as_of: datetime) -> None:
    """Replace each table in `con` by what was known of it before `as_of`.

    So a diagnosis at a day in the past is the one that could have been made on that day.
    """
    moment = f"TIMESTAMP '{as_of:%Y-%m-%d %H:%M:%S}'"
    for shape in shapes.values():
        name, raw = quoted(shape.name), quoted(f"uncut_{shape.name}")
        kind = "VIEW" if _is_view(con, shape.name) else "TABLE"
        con.execute(f"ALTER {kind} {name} RENAME TO {raw}")
        con.execute(f"CREATE VIEW {name} AS {_known(shape, raw, moment)}")


def _known(shape: TableShape, raw: str, moment: str) -> str:
    columns = ", ".join(_column(shape, column, moment) for column in shape.columns)
    rows = f" WHERE {known_at(shape)} < {moment}" if shape.time else ""
    return f"SELECT {columns} FROM {raw} e{rows}"


def _column(shape: TableShape, column: str, moment: str) -> str:
    name = quoted(column)
    if column not in shape.late:
        return f"e.{name}"
    return f"CASE WHEN e.{quoted(shape.late[column])} < {moment} THEN e.{name} END AS {name}"


def _is_view(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = con.execute("SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]).fetchall()
    return bool(found == [("VIEW",)])
