"""Canonical tables from sources: renamed, typed and keyed, or an error that names the first value that does not fit."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from features.errors import (
    ConfigError,
    DataError,
    DuplicateKeyError,
    EmptyTableError,
    MissingColumnError,
    WrongTypeError,
    nearest,
)
from features.history import quoted
from features.schema import SCHEMAS, SQL_TYPE, DType, TableSchema, TableShape, event_schema, shape_of
from pipeline.config.tables import TableConfig
from pipeline.duckdb_errors import sentence
from pipeline.sources import one_row, source_columns
from pipeline.zones import as_time


@dataclass
class Canonical:
    """A canonical table as a DuckDB table of its own name, its shape, and what was left out on the way."""

    shape: TableShape
    rows: int
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """What a canonical table is made of: the relation `raw` of the sources, and SQL for each column.

    `wanted` holds (raw column, type) by canonical column; `casts` the SQL that makes it, NULL where a value does not
    parse.
    """

    shape: TableShape
    raw: str
    wanted: Mapping[str, tuple[str, DType]]
    casts: Mapping[str, str]
    date_format: str | None

    @property
    def select(self) -> str:
        """The rows of the canonical table."""
        columns = ", ".join(f"{self.casts[column]} AS {quoted(column)}" for column in self.wanted)
        return f"SELECT {columns} FROM {self.raw}"

    @property
    def unparsed(self) -> Mapping[str, str]:
        """Conditions on a raw row, by column: a value is there and does not parse."""
        return {
            column: f"({quoted(origin)} IS NOT NULL AND ({self.casts[column]}) IS NULL)"
            for column, (origin, dtype) in self.wanted.items()
            if dtype != "text"
        }


def build(
    con: duckdb.DuckDBPyConnection,
    name: str,
    config: TableConfig,
    formats: Mapping[str, str | None],
    zone: str,
) -> Canonical:
    """Create the canonical table `name` in `con` from the sources there.

    `formats` are the date formats by source. Times with a zone are converted to `zone`; others are taken in it.
    Raises DataError and its kinds, ConfigError for a source or column that is not there.
    """
    declared = declare(con, name, config, formats, zone)
    with making(name):
        refuse_unparsed(con, declared)
        con.execute(f"CREATE TABLE {quoted('canonical_' + name)} AS {declared.select}")
    left_out = leave_out_unplaced(con, declared.shape)
    return Canonical(declared.shape, _counted(con, declared.shape), left_out)


@contextmanager
def making(name: str) -> Iterator[None]:
    """Raises DataError where DuckDB cannot make the rows of a table, say for a cast in its sql that fails."""
    try:
        yield
    except duckdb.Error as error:
        fix = f"{sentence(error)} Mend the value, or the table's sql (TRY_CAST gives NULL there)."
        raise DataError("the rows cannot be made", where=f"tables.{name}", fix=fix) from None


def declare(
    con: duckdb.DuckDBPyConnection, name: str, config: TableConfig, formats: Mapping[str, str | None], zone: str
) -> Declared:
    """How the canonical table `name` is made from the sources in `con`; only their columns are looked at."""
    raw = _raw(con, name, config, formats)
    types = source_columns(con, raw)
    wanted = _columns(name, config, types)
    schema = _schema(name, wanted)
    _require(schema, wanted, name, types)
    date_format = formats.get(config.source or "")
    casts = {
        column: _cast(origin, types[origin], dtype, date_format, zone) for column, (origin, dtype) in wanted.items()
    }
    shape = shape_of(schema, {column: dtype for column, (_, dtype) in wanted.items()}, _late(name, config, wanted))
    return Declared(shape, raw, wanted, casts, date_format)


def _raw(con: duckdb.DuckDBPyConnection, name: str, config: TableConfig, formats: Mapping[str, str | None]) -> str:
    """The table's raw rows as a relation, numbered and deduplicated as the config says."""
    if config.source is not None and config.source not in formats:
        raise ConfigError(
            "no such source", where=f"tables.{name}", value=config.source, fix=nearest(config.source, formats)
        )
    relation = quoted(config.source) if config.source is not None else _select(config.sql or "")
    try:
        columns = list(source_columns(con, relation))
    except duckdb.Error as error:
        raise ConfigError("does not run", where=f"tables.{name}.sql", fix=sentence(error)) from None
    kept = [column for column in columns if column not in config.drop]
    for column in config.drop:
        if column not in columns:
            raise MissingColumnError(column, where=f"tables.{name}.drop", present=columns)
    return _identified(relation, kept, config)


def _select(sql: str) -> str:
    """The user's SELECT as a relation; its last line may end in a comment."""
    return f"({sql.strip().rstrip(';')}\n)"


def _identified(relation: str, kept: list[str], config: TableConfig) -> str:
    names = ", ".join(quoted(column) for column in kept)
    number = "row_number() OVER () AS row_id" if config.row_ids else "0 AS row_id"
    numbered = f"SELECT {number}, {names} FROM {relation}"
    if config.deduplicate:
        numbered = f"SELECT min(row_id) AS row_id, {names} FROM ({numbered}) GROUP BY {names} ORDER BY 1"
    return f"({numbered})" if config.row_ids else f"(SELECT * EXCLUDE (row_id) FROM ({numbered}))"


def _columns(name: str, config: TableConfig, types: Mapping[str, str]) -> dict[str, tuple[str, DType]]:
    """Canonical column: (raw column, type), the renamed ones first, then the rest under their own names."""
    renamed = dict(config.columns)
    if config.row_ids:
        renamed.setdefault(SCHEMAS[name].key or "row_id" if name in SCHEMAS else "row_id", "row_id")
    for column, origin in renamed.items():
        if origin not in types:
            raise MissingColumnError(origin, where=f"tables.{name}.columns.{column}", present=types)
    rest = [column for column in types if column not in renamed.values() and column not in renamed]
    ordered = {**renamed, **{column: column for column in rest}}
    return {column: (origin, _dtype(name, config, column, types[origin])) for column, origin in ordered.items()}


def _dtype(name: str, config: TableConfig, column: str, found: str) -> DType:
    declared = SCHEMAS[name].column(column) if name in SCHEMAS else event_schema(name, {}).column(column)
    if declared is not None:
        return declared.dtype
    if column in config.numeric:
        return "number"
    if column in config.category:
        return "text"
    return _natural(found)


def _natural(found: str) -> DType:
    """The type of an attribute from what DuckDB read."""
    if found == "DATE" or found.startswith("TIMESTAMP"):
        return "timestamp"
    if found == "BOOLEAN":
        return "flag"
    numeric = ("DOUBLE", "FLOAT", "DECIMAL", "HUGEINT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "U")
    return "number" if found.startswith(numeric) and found != "UUID" else "text"


def _schema(name: str, wanted: Mapping[str, tuple[str, DType]]) -> TableSchema:
    if name in SCHEMAS:
        return SCHEMAS[name]
    base = event_schema(name, {})
    return event_schema(name, {c: dtype for c, (_, dtype) in wanted.items() if base.column(c) is None})


def _require(schema: TableSchema, wanted: Mapping[str, object], name: str, types: Mapping[str, str]) -> None:
    for column in schema.required:
        if column not in wanted:
            raise MissingColumnError(column, where=f"tables.{name}", present=types)


def _cast(origin: str, found: str, dtype: DType, date_format: str | None, zone: str) -> str:
    """SQL that turns the raw column into its type, NULL where it does not parse."""
    raw = quoted(origin)
    if dtype == "timestamp":
        return as_time(raw, found, date_format, zone)
    if dtype == "text" and found in ("DOUBLE", "FLOAT"):
        # An id that was read as 12.0 because one cell is empty or has a decimal mark still means 12.
        whole = f"CAST(CAST({raw} AS BIGINT) AS VARCHAR)"
        return f"CASE WHEN {raw} = trunc({raw}) THEN {whole} ELSE CAST({raw} AS VARCHAR) END"
    return f"TRY_CAST({raw} AS {SQL_TYPE[dtype]})"


def refuse_unparsed(con: duckdb.DuckDBPyConnection, declared: Declared, *, within: str = "") -> None:
    """Name the first value that is there but does not parse, column by column, in one scan; `within` names its file."""
    bad = declared.unparsed
    if not bad:
        return
    tests = ", ".join(f"count(*) FILTER (WHERE {test})" for test in bad.values())
    counts = one_row(con, f"SELECT {tests} FROM {declared.raw}")
    for (column, test), count in zip(bad.items(), counts, strict=True):
        if count:
            origin, dtype = declared.wanted[column]
            row, value = _first_bad(con, declared.raw, origin, test)
            hint = _date_hint(declared.date_format) if dtype == "timestamp" else ""
            where = f"{within}: {column}" if within else f"{declared.shape.name}.{column}"
            raise WrongTypeError(where=where, value=value, dtype=dtype, row=row, count=count, hint=hint)


def _date_hint(date_format: str | None) -> str:
    if date_format:
        return f"The source's date_format is {date_format}."
    return "Write ISO dates (2024-01-31), or name the source's date_format, such as %d/%m/%Y."


def _first_bad(con: duckdb.DuckDBPyConnection, raw: str, origin: str, test: str) -> tuple[int, object]:
    numbered = f"SELECT *, row_number() OVER () AS holdfast_row FROM {raw}"
    shown = f"holdfast_row, CAST({quoted(origin)} AS VARCHAR)"
    row, value = one_row(con, f"SELECT {shown} FROM ({numbered}) WHERE {test} ORDER BY holdfast_row LIMIT 1")
    return int(row), value


def _late(name: str, config: TableConfig, wanted: Mapping[str, tuple[str, DType]]) -> dict[str, str]:
    """The user's late columns, checked: both exist, and the second is a time; one of the user's own is late as well."""
    for column, source in config.late.items():
        for part in (column, source):
            if part not in wanted:
                raise MissingColumnError(part, where=f"tables.{name}.late", present=wanted)
        if wanted[source][1] != "timestamp":
            raise ConfigError(
                "is not a time", where=f"tables.{name}.late.{column}", value=source, fix="Name a time column."
            )
    base = SCHEMAS.get(name) or event_schema(name, {})
    own_times = {source: source for source in config.late.values() if base.column(source) is None}
    return own_times | config.late


def leave_out_unplaced(con: duckdb.DuckDBPyConnection, shape: TableShape) -> dict[str, int]:
    """Events without a customer or a time cannot be placed: they are left out and counted."""
    table, counts = quoted("canonical_" + shape.name), {}
    for column in ("customer_id", *((shape.time,) if shape.time else ())):
        condition = f"FROM {table} WHERE {quoted(column)} IS NULL"
        found = con.execute(f"SELECT count(*) {condition}").fetchone()
        if found and found[0]:
            if shape.time is None:
                raise DataError(
                    f"{found[0]} rows have no customer_id", where=shape.name, fix="Give each customer an id."
                )
            counts[column] = found[0]
            con.execute(f"DELETE {condition}")
    return counts


def _counted(con: duckdb.DuckDBPyConnection, shape: TableShape) -> int:
    table = quoted("canonical_" + shape.name)
    (rows,) = one_row(con, f"SELECT count(*) FROM {table}")
    if not rows:
        raise EmptyTableError(shape.name, where=f"tables.{shape.name}")
    if shape.key:
        _refuse_duplicates(con, table, shape)
    return int(rows)


def _refuse_duplicates(con: duckdb.DuckDBPyConnection, table: str, shape: TableShape) -> None:
    key = quoted(shape.key or "")
    repeated = f"SELECT {key} AS k FROM {table} WHERE {key} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    first, count = one_row(con, f"SELECT min(k), count(*) FROM ({repeated})")
    if count:
        raise DuplicateKeyError(where=f"{shape.name}.{shape.key}", key=first, count=count)
