"""Postgres by ADBC: tables and queries as sources, results into tables, all of a command or nothing.

Addresses come from environment variables, and neither they nor anything libpq says about them is repeated: a password
that is not escaped turns up as a host, a port, or the name of a database.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from features.errors import ConfigError, DataError
from features.history import quoted
from features.levels import literal
from pipeline.config.sources import PostgresSource
from pipeline.config.tables import PostgresSink

QUERY = re.compile(r"\s*(select|with|values|table)\b", re.IGNORECASE)
REFUSED = re.compile(r"connection to server .*? failed: (?:FATAL: +)?(.*)")
SERVER_SAYS = re.compile(r"ERROR: +(.*)")
MAY_QUOTE = re.compile(r"\".*\"")
# By the type in Postgres: what DuckDB should make of what arrives. Numbers of any length arrive as text.
CASTS = {"numeric": "CAST({0} AS DOUBLE)", "bpchar": "rtrim({0})", "money": "CAST({0} AS VARCHAR)"}


def pull(source: PostgresSource, target: Path, where: str) -> None:
    """Write a table, or the answer to a query, into a Parquet file, a batch at a time.

    Raises ConfigError for a missing variable or driver, DataError for a server or table that is not there.
    """
    with _connection(source.url_env, where) as con, con.cursor() as cursor:
        try:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(
                source.postgres if QUERY.match(source.postgres) else f"SELECT * FROM {_table(source.postgres)}"
            )
            _to_parquet(cursor.fetch_record_batch(), target)
        except _driver().Error as error:
            fix = f"The server says: {_said(error)}. Check the name, and the rights of this user."
            raise DataError("cannot be read", where=where, value=source.postgres, fix=fix) from None


class Sinks:
    """Tables that are written together: `send` adds rows, and nobody sees them before all is done."""

    def __init__(self, wanted: Mapping[str, PostgresSink]) -> None:
        self._wanted, self._stack, self._sent = wanted, ExitStack(), set[str]()
        self._open: dict[str, Any] = {}

    def __enter__(self) -> "Sinks":
        for name, sink in self._wanted.items():
            if sink.url_env not in self._open:
                self._open[sink.url_env] = self._stack.enter_context(_connection(sink.url_env, f"sinks.{name}"))
        return self

    def wants(self, name: str) -> bool:
        """Whether the config names a table for this result."""
        return name in self._wanted

    def send(self, name: str, rows: pa.Table) -> None:
        """Add rows to the table of a sink, where the config names one; lists become JSON."""
        if not self.wants(name):
            return
        sink = self._wanted[name]
        schema, _, table = sink.postgres.rpartition(".")
        first = name not in self._sent
        mode = "replace" if sink.when_there == "replace" and first else "create_append"
        self._sent.add(name)
        with self._open[sink.url_env].cursor() as cursor:
            try:
                cursor.adbc_ingest(table, _plain(rows), mode=mode, db_schema_name=schema or None)
            except _driver().Error as error:
                fix = f"The server says: {_said(error)}. Nothing was written there."
                raise DataError("cannot be written", where=f"sinks.{name}", value=sink.postgres, fix=fix) from None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Commit where all went well; closing without it takes everything back."""
        with self._stack:
            if kind is None:
                for url_env, connection in self._open.items():
                    _commit(connection, url_env)


def _commit(connection: Any, url_env: str) -> None:
    try:
        connection.commit()
    except _driver().Error as error:
        fix = f"The server says: {_said(error)}. Nothing was written there; files that the command writes stand."
        raise DataError("cannot be written", where="sinks", value=url_env, fix=fix) from None


def _driver() -> Any:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        fix = "Install the extra: pip install 'holdfast[postgres]'."
        raise ConfigError("the driver for Postgres is not installed", where="sources", fix=fix) from None
    return dbapi


@contextmanager
def _connection(url_env: str, where: str) -> Iterator[Any]:
    driver, url = _driver(), os.environ.get(url_env)
    if not url:
        fix = f"Set {url_env} to the server's address: postgresql://user:password@host:5432/database."
        raise ConfigError("environment variable is not set", where=f"{where}.url_env", value=url_env, fix=fix)
    try:
        connection = driver.connect(url)
    except driver.Error as error:
        fix = f"{_refusal(error)} The address is in {url_env}."
        raise DataError("cannot reach the server", where=where, value=url_env, fix=fix) from None
    with connection:
        yield connection


def _refusal(error: Exception) -> str:
    """Why there is no connection, without names: see the top of this file."""
    found = REFUSED.search(str(error))
    if found is None:
        return "It is not a complete address of a server that can be found; escape special characters in the password."
    return f"The server says: {MAY_QUOTE.sub('(not shown)', found.group(1)).strip()}."


def _said(error: Exception) -> str:
    found = SERVER_SAYS.search(str(error))
    return found.group(1).strip().rstrip(".") if found else "the driver could not do it"


def _table(name: str) -> str:
    return ".".join(quoted(part) for part in name.split("."))


def _to_parquet(reader: pa.RecordBatchReader, target: Path) -> None:
    fields = [(field.name, _postgres_type(field)) for field in reader.schema]
    columns = ", ".join(f"{CASTS.get(kind, '{0}').format(quoted(name))} AS {quoted(name)}" for name, kind in fields)
    stored = pa.schema([pa.field(field.name, _stored(field.type)) for field in reader.schema])
    batches = (pa.record_batch([_values(column) for column in batch.columns], schema=stored) for batch in reader)
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("rows_read", pa.RecordBatchReader.from_batches(stored, batches))
        con.execute(f"COPY (SELECT {columns} FROM rows_read) TO {literal(str(target))} (FORMAT parquet)")


def _postgres_type(field: pa.Field) -> str:
    kind: bytes = (field.metadata or {}).get(b"POSTGRESQL:type", b"")
    return kind.decode()


def _stored(kind: pa.DataType) -> pa.DataType:
    """DuckDB knows uuid and json; other kinds of the driver's own are texts underneath."""
    return kind.storage_type if isinstance(kind, pa.OpaqueType) else kind


def _values(column: pa.Array) -> pa.Array:
    return column.storage if isinstance(column.type, pa.OpaqueType) else column


def _plain(rows: pa.Table) -> pa.Table:
    """Lists as JSON texts: a table in Postgres has no lists of records."""
    from pipeline.score_file import lists_as_json

    with duckdb.connect() as con:
        con.register("rows_sent", rows)
        return con.sql(lists_as_json(rows.schema, "rows_sent")).to_arrow_table()
