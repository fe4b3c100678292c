"""From the config's sources to prepared tables: canonical, typed, and split into partitions of customers on disk.

The partition is the unit of everything that follows, so memory stays bounded and equal histories give equal bits.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from features.errors import DataError
from features.history import known_at, quoted
from features.levels import literal
from features.schema import TableShape
from pipeline.config.root import Config
from pipeline.config.sources import CsvSource
from pipeline.sources import one_row, open_source
from pipeline.tables import build

CUSTOMERS_A_PARTITION = 100_000
PART = "hf_part"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Prepared:
    """Prepared tables on disk. `rows` and `left_out` are counts by table; `data_until` is the end of the records."""

    folder: Path
    shapes: Mapping[str, TableShape]
    partitions: int
    rows: Mapping[str, int]
    left_out: Mapping[str, Mapping[str, int]]
    data_until: datetime
    fingerprint: str
    memory_limit_gb: float
    workers: int

    @contextmanager
    def connect(self, partition: int | None = None, *, ordered: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that holds one partition's tables in memory, or views over all customers.

        A partition's connection has one thread and rows sorted by customer and time: sums add in the same order. Not
        `ordered` saves the sort where no order matters.
        """
        con = duckdb.connect(":memory:", config={"threads": 1 if partition is not None else self.workers})
        try:
            con.execute(f"SET memory_limit = '{self.memory_limit_gb}GB'")
            con.execute(f"SET temp_directory = {literal(str(self.folder / 'spill'))}")
            for shape in self.shapes.values():
                _attach(con, shape, self._files(shape.name, partition), keep=partition is not None, ordered=ordered)
            yield con
        finally:
            con.close()

    def each_partition(self, work: Callable[[int], Result]) -> Iterator[Result]:
        """Do `work` for every partition, `workers` at a time, results in order of the partitions."""
        with ThreadPoolExecutor(self.workers) as pool:
            yield from pool.map(work, range(self.partitions))

    def _files(self, table: str, partition: int | None) -> str:
        return str(self.folder / table / f"{PART}={'*' if partition is None else partition}" / "*.parquet")


@contextmanager
def prepared(config: Config) -> Iterator[Prepared]:
    """The config's tables, prepared in a scratch folder that is removed afterwards."""
    config.workdir_path.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="prepared-", dir=config.workdir_path))
    try:
        yield _prepare(config, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(config: Config, folder: Path) -> Prepared:
    with duckdb.connect(str(folder / "tables.duckdb")) as con:
        con.execute(f"SET memory_limit = '{config.engine.memory_limit_gb * config.engine.workers}GB'")
        con.execute(f"SET threads = {config.engine.workers}")
        _open_sources(con, config, folder)
        formats = {name: s.date_format if isinstance(s, CsvSource) else None for name, s in config.sources.items()}
        tables = {name: build(con, name, table, formats, config.timezone) for name, table in config.tables.items()}
        shapes = {name: table.shape for name, table in tables.items()}
        partitions = config.engine.partitions or _partitions(tables["customers"].rows, config.engine.workers)
        fingerprint = _fingerprint(con, shapes)
        data_until = _data_until(con, shapes, config)
        for shape in shapes.values():
            _write_partitions(con, shape, folder / shape.name, partitions)
    (folder / "tables.duckdb").unlink()
    return Prepared(
        folder,
        shapes,
        partitions,
        {name: table.rows for name, table in tables.items()},
        {name: table.left_out for name, table in tables.items() if table.left_out},
        data_until,
        fingerprint,
        config.engine.memory_limit_gb,
        config.engine.workers,
    )


def _open_sources(con: duckdb.DuckDBPyConnection, config: Config, folder: Path) -> None:
    """Raw columns that become text (ids, the label) are read as they are written."""
    for name, source in config.sources.items():
        open_source(con, name, source, config.folder, folder / "decoded", config.text_columns(name))


def _partitions(customers: int, workers: int) -> int:
    return 1 if customers < CUSTOMERS_A_PARTITION // 10 else max(workers, -(-customers // CUSTOMERS_A_PARTITION))


def _write_partitions(con: duckdb.DuckDBPyConnection, shape: TableShape, folder: Path, partitions: int) -> None:
    """One pass over the table, whatever the number of partitions: a folder each, with at least one file."""
    folder.mkdir()
    table = quoted("canonical_" + shape.name)
    for part in range(partitions):
        (folder / f"{PART}={part}").mkdir()
        empty = literal(str(folder / f"{PART}={part}" / "none.parquet"))
        con.execute(f"COPY (SELECT * FROM {table} LIMIT 0) TO {empty} (FORMAT parquet)")
    # md5 rather than hash(): the same customer falls into the same partition with every version of the engine.
    number = f"md5_number_lower(customer_id) % {partitions} AS {PART}"
    options = f"FORMAT parquet, PARTITION_BY ({PART}), OVERWRITE_OR_IGNORE"
    con.execute(f"COPY (SELECT *, {number} FROM {table}) TO {literal(str(folder))} ({options})")


def _attach(con: duckdb.DuckDBPyConnection, shape: TableShape, files: str, *, keep: bool, ordered: bool) -> None:
    name = quoted(shape.name)
    scan = f"SELECT * FROM read_parquet({literal(files)}, hive_partitioning = false)"
    if not keep:
        con.execute(f"CREATE VIEW {name} AS {scan}")
        return
    if not ordered:
        con.execute(f"CREATE TABLE {name} AS {scan}")
        return
    first = ["customer_id", *((shape.time,) if shape.time else ()), *((shape.key,) if shape.key else ())]
    order = ", ".join(quoted(column) for column in dict.fromkeys([*first, *shape.columns]))
    con.execute(f"CREATE TABLE {name} AS {scan} ORDER BY {order}")


def _fingerprint(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape]) -> str:
    """A fingerprint of the tables' contents, whatever the order of their rows."""
    parts = {}
    for name in sorted(shapes):
        columns = ", ".join(quoted(column) for column in sorted(shapes[name].columns))
        total = f"CAST(sum(CAST(hash({columns}) AS HUGEINT)) AS VARCHAR)"
        sql = f"SELECT count(*), {total} FROM {quoted('canonical_' + name)}"
        parts[name] = one_row(con, sql)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _data_until(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape], config: Config) -> datetime:
    """The end of the records: as the config says, or the start of the day after the last known event.

    A date that has not come yet is a slip of the pen (`check` warns of it), and must not stretch the records to it.
    """
    if config.data_until is not None:
        return datetime.combine(config.data_until, time())
    come = literal((date.today() + timedelta(days=1)).isoformat())
    lasts = [
        one_row(
            con,
            f"SELECT max(k) FROM (SELECT {known_at(shape)} AS k FROM {quoted('canonical_' + name)} e) WHERE k < {come}",
        )[0]
        for name, shape in shapes.items()
        if shape.time
    ]
    known = [last for last in lasts if last is not None]
    if not known:
        return datetime.combine(date.today(), time())
    return datetime.combine(max(known).date() + timedelta(days=1), time())


def snapshot_table(customers: str, moments: Sequence[datetime]) -> str:
    """SQL that creates `snapshots`: every customer of the relation `customers` at each moment, numbered."""
    if not moments:
        raise DataError("no snapshot", where="snapshots", fix="Give `first` and `last` inside the data's time span.")
    times = ", ".join(f"(TIMESTAMP {literal(moment.isoformat(sep=' '))})" for moment in moments)
    return (
        "CREATE OR REPLACE TABLE snapshots AS "
        "SELECT row_number() OVER (ORDER BY as_of, customer_id) AS rid, customer_id, as_of "
        f"FROM (SELECT DISTINCT customer_id FROM {quoted(customers)}) CROSS JOIN (VALUES {times}) t(as_of) ORDER BY rid"
    )
