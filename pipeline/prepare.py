"""From the config's sources to prepared tables: canonical, typed, and split into partitions of customers on disk.

The partition is the unit of everything that follows, so memory stays bounded and equal histories give equal bits.
"""

import glob
import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from features.errors import DataError
from features.history import known_at, quoted
from features.levels import literal
from features.schema import TableShape
from pipeline.config.engine import DuckdbEngine, SparkEngine
from pipeline.config.root import Config
from pipeline.config.sources import CsvSource
from pipeline.files import work_folder
from pipeline.partition_count import expected_snapshots, number_of_partitions
from pipeline.sources import one_row, open_source
from pipeline.tables import build
from pipeline.zones import use_zone

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
    engine: DuckdbEngine | SparkEngine
    timezone: str

    @property
    def distributed(self) -> bool:
        """Whether partitions are the business of several machines, and this one must not look through all of them."""
        return isinstance(self.engine, SparkEngine)

    @contextmanager
    def connect(self, partition: int | None = None, *, ordered: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that holds one partition's tables in memory, or views over all customers.

        A partition's connection has one thread and rows sorted by customer and time: sums add in the same order. Not
        `ordered` saves the sort where no order matters.
        """
        con = duckdb.connect(":memory:", config={"threads": 1 if partition is not None else self.engine.workers})
        try:
            use_zone(con, self.timezone)
            con.execute(f"SET memory_limit = '{self.engine.memory_limit_gb}GB'")
            # A folder for each: two databases that spill into the same one would take each other's files.
            spill = self.folder / f"spill-{os.getpid()}-{threading.get_ident()}"
            con.execute(f"SET temp_directory = {literal(str(spill))}")
            for shape in self.shapes.values():
                _attach(con, shape, self.files(shape.name, partition), keep=partition is not None, ordered=ordered)
            yield con
        finally:
            con.close()

    def each_partition(self, work: Callable[[int], Result]) -> Iterator[Result]:
        """Do `work` for every partition, a few at a time, here or in Spark's executors: results in their order.

        For Spark `work` and what it returns must be picklable.
        """
        if isinstance(self.engine, SparkEngine):
            from pipeline.spark.partitions import each_partition

            yield from each_partition(self, work)
        else:
            with ThreadPoolExecutor(self.engine.workers) as pool:
                yield from pool.map(work, range(self.partitions))

    def files(self, table: str, partition: int | None = None) -> str:
        """Glob of the Parquet files of a table, of one partition or of all."""
        folder = Path(glob.escape(str(self.folder / table)))
        return str(folder / f"{PART}={'*' if partition is None else partition}" / "*.parquet")


@dataclass(frozen=True)
class Facts:
    """What is known of a table's contents: rows, the sum of their hashes, the last time known before tomorrow."""

    rows: int
    contents: int
    last: datetime | None

    def __add__(self, other: "Facts") -> "Facts":
        """Facts of two parts of a table together."""
        lasts = [last for last in (self.last, other.last) if last is not None]
        return Facts(self.rows + other.rows, self.contents + other.contents, max(lasts, default=None))


@contextmanager
def prepared(config: Config, snapshots: int = 1) -> Iterator[Prepared]:
    """The config's tables, prepared in a scratch folder that is removed afterwards.

    `snapshots` is at how many moments about their features will be asked for: the more, the smaller the partitions.
    """
    folder = Path(tempfile.mkdtemp(prefix="prepared-", dir=work_folder(config.workdir_path)))
    try:
        if isinstance(config.engine, SparkEngine):
            from pipeline.spark.preparing import prepare

            yield prepare(config, folder, snapshots)
        else:
            yield _prepare(config, folder, snapshots)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepared_to_learn(config: Config) -> AbstractContextManager[Prepared]:
    """The config's tables, for work at all its snapshots."""
    return prepared(config, expected_snapshots(config))


def _prepare(config: Config, folder: Path, snapshots: int) -> Prepared:
    with database(config, folder) as con:
        open_sources(con, config, folder)
        formats = date_formats(config)
        tables = {name: build(con, name, table, formats, config.timezone) for name, table in config.tables.items()}
        shapes = {name: table.shape for name, table in tables.items()}
        partitions = number_of_partitions(config, tables["customers"].rows, snapshots)
        facts = {name: facts_of(con, shape, quoted("canonical_" + name)) for name, shape in shapes.items()}
        for shape in shapes.values():
            write_partitions(con, quoted("canonical_" + shape.name), folder / shape.name, partitions)
    left_out = {name: table.left_out for name, table in tables.items() if table.left_out}
    return ready(config, folder, shapes, partitions, facts, left_out)


@contextmanager
def database(config: Config, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database on disk for the way from the sources to the tables; it is removed afterwards."""
    with duckdb.connect(str(folder / "tables.duckdb")) as con:
        con.execute(f"SET memory_limit = '{config.engine.memory_limit_gb * config.engine.workers}GB'")
        con.execute(f"SET threads = {config.engine.workers}")
        use_zone(con, config.timezone)
        yield con
    (folder / "tables.duckdb").unlink()


def open_sources(con: duckdb.DuckDBPyConnection, config: Config, folder: Path) -> dict[str, list[str]]:
    """A view for each source: its files. Raw columns that become text (ids, the label) are read as they are written."""
    return {
        name: open_source(con, name, source, config.folder, folder / "decoded", config.text_columns(name))
        for name, source in config.sources.items()
    }


def date_formats(config: Config) -> dict[str, str | None]:
    """The date format of each source, where it has one."""
    return {name: s.date_format if isinstance(s, CsvSource) else None for name, s in config.sources.items()}


def ready(
    config: Config,
    folder: Path,
    shapes: Mapping[str, TableShape],
    partitions: int,
    facts: Mapping[str, Facts],
    left_out: Mapping[str, Mapping[str, int]],
) -> Prepared:
    """The prepared tables in a folder, with what is known of them."""
    rows = {name: found.rows for name, found in facts.items()}
    until, contents = _data_until(facts, config), _fingerprint(facts)
    return Prepared(folder, shapes, partitions, rows, left_out, until, contents, config.engine, config.timezone)


def partition_number(partitions: int) -> str:
    """SQL for the partition of a row's customer.

    md5 rather than hash(): the same customer falls into the same partition with every version of the engine.
    """
    return f"CAST(md5_number_lower(customer_id) % {partitions} AS INTEGER)"


def empty_partitions(con: duckdb.DuckDBPyConnection, rows: str, folder: Path, partitions: int) -> None:
    """A folder for each partition with a file of the table's columns (those of the SELECT `rows`) and no row."""
    folder.mkdir()
    for part in range(partitions):
        (folder / f"{PART}={part}").mkdir()
        empty = literal(str(folder / f"{PART}={part}" / "none.parquet"))
        con.execute(f"COPY (SELECT * FROM ({rows}) LIMIT 0) TO {empty} (FORMAT parquet)")


def write_partitions(con: duckdb.DuckDBPyConnection, relation: str, folder: Path, partitions: int) -> None:
    """One pass over the rows, whatever the number of partitions: a folder each, with at least one file."""
    empty_partitions(con, f"SELECT * FROM {relation}", folder, partitions)
    options = f"FORMAT parquet, PARTITION_BY ({PART}), OVERWRITE_OR_IGNORE"
    number = f"{partition_number(partitions)} AS {PART}"
    con.execute(f"COPY (SELECT *, {number} FROM {relation}) TO {literal(str(folder))} ({options})")


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


def facts_of(con: duckdb.DuckDBPyConnection, shape: TableShape, relation: str) -> Facts:
    """Facts of a relation with the table's columns, whatever the order of its rows.

    A date that has not come yet is a slip of the pen (`check` warns of it), and must not stretch the records to it.
    """
    columns = ", ".join(quoted(column) for column in sorted(shape.columns))
    come = literal((date.today() + timedelta(days=1)).isoformat())
    last = f"max({known_at(shape)}) FILTER (WHERE {known_at(shape)} < {come})" if shape.time else "NULL"
    contents = f"CAST(coalesce(sum(CAST(hash({columns}) AS HUGEINT)), 0) AS VARCHAR)"
    rows, total, latest = one_row(con, f"SELECT count(*), {contents}, {last} FROM {relation} e")
    return Facts(rows, int(total), latest)


def _fingerprint(facts: Mapping[str, Facts]) -> str:
    """A fingerprint of the tables' contents."""
    parts = {name: (found.rows, str(found.contents)) for name, found in sorted(facts.items())}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _data_until(facts: Mapping[str, Facts], config: Config) -> datetime:
    """The end of the records: as the config says, or the start of the day after the last known event."""
    if config.data_until is not None:
        return datetime.combine(config.data_until, time())
    known = [found.last for found in facts.values() if found.last is not None]
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
