"""Companies for tests of features: tables written as rows, and the matrix of some snapshots of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from features.company import company_part, with_company
from features.engine import compute, level_columns, plan
from features.levels import freeze_levels
from features.schema import SCHEMAS, SQL_TYPE, DType, TableShape, event_schema, shape_of
from features.spec import FeatureSettings, Group, Limit
from features.text_model import TextModel

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

OWN_COLUMNS: Mapping[str, Mapping[str, DType]] = {
    "customers": {"birth date": "timestamp", "Call  Failure": "number", "call failure": "number", "地区": "text"},
    "transactions": {"discount": "number", "store": "text"},
    "contracts": {"payment type": "text", "issues": "number", "gift": "flag", "called_at": "timestamp"},
    "complaints": {"solution": "text"},
    "contacts": {"minutes": "number"},
    "surveys": {"wave": "text"},
}
EVENTS: Mapping[str, Mapping[str, DType]] = {
    "usage": {"minutes": "number", "service": "text", "roaming": "flag", "until": "timestamp"},
}
LATE = {"contracts": {"issues": "paid_at", "payment type": "paid_at"}, "transactions": {"discount": "known_at"}}
TEXT = TextModel(("a", "b"), ("a", "b", "r", "价"), ((1.0, 0.0), (0.0, 2.0), (0.5, -0.5), (3.0, 0.0)), (0.0, 0.25))
SETTINGS = FeatureSettings(
    text=TEXT,
    windows_days=(30, 90, 365),
    limits={"1": Limit(2, 24), "2": Limit(24, 72, working_time=True), "*": Limit(48, 120)},
)


def day(text: str) -> datetime:
    """A moment, written short."""
    return datetime.fromisoformat(text)


def shapes_of(tables: Tables) -> dict[str, TableShape]:
    """Shapes with just the columns that the rows have, typed by the schemas and `OWN_COLUMNS` / `EVENTS`."""
    return {name: _shape(name, list(dict.fromkeys(c for row in rows for c in row))) for name, rows in tables.items()}


def whole_shapes(*, known_at: bool = True) -> dict[str, TableShape]:
    """Every canonical table with every column, own columns beside them, and a further event table."""
    shapes = {name: _shape(name, [*_types(name)]) for name in (*SCHEMAS, *EVENTS)}
    return shapes if known_at else {name: _without_known_at(shape) for name, shape in shapes.items()}


def connect(tables: Tables, shapes: Mapping[str, TableShape], threads: int = 1) -> duckdb.DuckDBPyConnection:
    """A connection holding the tables, as the pipeline prepares them."""
    con = duckdb.connect(config={"threads": threads})
    for name, shape in shapes.items():
        columns = ", ".join(f'"{column}" {SQL_TYPE[dtype]}' for column, dtype in shape.columns.items())
        con.execute(f'CREATE TABLE "{name}" ({columns})')
        _insert(con, name, [[row.get(column) for column in shape.columns] for row in tables.get(name, ())])
    return con


def set_snapshots(con: duckdb.DuckDBPyConnection, snapshots: Sequence[tuple[str, datetime]]) -> None:
    """The relation `snapshots` of the engine."""
    con.execute("CREATE OR REPLACE TABLE snapshots (rid BIGINT, customer_id VARCHAR, as_of TIMESTAMP)")
    _insert(con, "snapshots", [[n, *row] for n, row in enumerate(snapshots)])


def matrix_of(
    tables: Tables,
    snapshots: Sequence[tuple[str, datetime]],
    settings: FeatureSettings = SETTINGS,
    shapes: Mapping[str, TableShape] | None = None,
    threads: int = 1,
    whole: duckdb.DuckDBPyConnection | None = None,
) -> pa.Table:
    """The feature matrix of the snapshots; `whole` holds the company that they are compared with."""
    shapes = shapes or shapes_of(tables)
    con = connect(tables, shapes, threads)
    set_snapshots(con, snapshots)
    return compute(con, known_groups(con, plan(shapes, settings), whole))


def known_groups(
    con: duckdb.DuckDBPyConnection, groups: Sequence[Group], whole: duckdb.DuckDBPyConnection | None = None
) -> tuple[Group, ...]:
    """The groups with the averages of the company in `whole` (default: the customers of the snapshots in `con`)."""
    moments = [moment for (moment,) in con.execute("SELECT DISTINCT as_of FROM snapshots").fetchall()]
    company = whole or con
    customers = "customers" if whole else "(SELECT customer_id FROM main.snapshots)"
    return with_company(groups, company_part(company, groups, moments, customers))


def features_at(
    tables: Tables, as_of: str, settings: FeatureSettings | None = None, who: str = "ann"
) -> dict[str, Any]:
    """All features of one customer at one snapshot, category levels frozen from what was known then."""
    shapes = shapes_of(tables)
    con = connect(tables, shapes)
    settings = settings or SETTINGS
    levels = freeze_levels(con, shapes, level_columns(shapes, settings), day(as_of))
    set_snapshots(con, [(who, day(as_of))])
    groups = known_groups(con, plan(shapes, replace(settings, levels=levels)))
    row: dict[str, Any] = compute(con, groups).to_pylist()[0]
    return row


def days_ago(as_of: str, days: float) -> datetime:
    """The moment that many days before."""
    return day(as_of) - timedelta(days=days)


def _insert(con: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Sequence[Any]]) -> None:
    """All rows in one statement: a statement a row would take longer than the queries under test."""
    if rows:
        marks = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
        con.execute(f'INSERT INTO "{name}" VALUES {marks}', [value for row in rows for value in row])


def _types(name: str) -> dict[str, DType]:
    schema = SCHEMAS.get(name) or event_schema(name, EVENTS[name])
    return {column.name: column.dtype for column in schema.columns} | dict(OWN_COLUMNS.get(name, {}))


def _shape(name: str, columns: Sequence[str]) -> TableShape:
    types = _types(name)
    schema = SCHEMAS.get(name) or event_schema(name, EVENTS[name])
    late = {c: at for c, at in LATE.get(name, {}).items() if c in columns and at in columns}
    return shape_of(schema, {column: types[column] for column in columns}, late)


def _without_known_at(shape: TableShape) -> TableShape:
    """The common case in which every event is known from its own time."""
    columns = {name: dtype for name, dtype in shape.columns.items() if name != "known_at"}
    late = {name: at for name, at in shape.late.items() if at != "known_at" and name in columns}
    return replace(shape, columns=columns, late=late)
