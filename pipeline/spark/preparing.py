"""From sources to prepared tables on Spark: executors read, Spark brings the rows of a partition's customers together.

The result is the folder that one machine would have made, a Parquet folder for each partition of each table, so all
that follows is the same. The driver plans, and looks at the schemas.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb
import pyarrow as pa

from features.errors import DuplicateKeyError, EmptyTableError
from features.history import quoted
from features.levels import literal
from features.schema import TableShape
from pipeline.config.engine import SparkEngine
from pipeline.config.root import Config
from pipeline.config.sources import ParquetSource, PostgresSource
from pipeline.partition_count import number_of_partitions
from pipeline.prepare import (
    PART,
    Facts,
    Prepared,
    database,
    date_formats,
    empty_partitions,
    facts_of,
    open_sources,
    ready,
)
from pipeline.sources import as_file, one_row, source_columns
from pipeline.spark.partitions import each_partition
from pipeline.spark.reading import UNPARSED, UNPLACED, Piece, Reading, pieces, rows_with_partition
from pipeline.spark.rowwise import only_source
from pipeline.spark.session import session, without_warnings
from pipeline.tables import Declared, declare, leave_out_unplaced, making, refuse_unparsed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES_AT_ONCE = 4
Result = TypeVar("Result")
MADE = "made"


def prepare(config: Config, folder: Path, snapshots: int) -> Prepared:
    """The config's tables in `folder`, which the executors must see. Raises what preparing on one machine raises."""
    assert isinstance(config.engine, SparkEngine)
    spark = session(config.engine)
    with database(config, folder) as con:
        files = open_sources(con, config, folder)
        formats = date_formats(config)
        declared = {name: declare(con, name, t, formats, config.timezone) for name, t in config.tables.items()}
        customers = one_row(con, f"SELECT count(*) FROM {declared['customers'].raw}")[0]
        partitions = number_of_partitions(config, customers, snapshots)
        _distribute(spark, con, config, folder, files, declared, partitions)
        left_out = {name: _left_out(con, table, folder / name) for name, table in declared.items()}
    shapes = {name: table.shape for name, table in declared.items()}
    none = dict.fromkeys(shapes, Facts(0, 0, None))
    facts = _facts(ready(config, folder, shapes, partitions, none, {}))
    _refuse_empty(facts)
    _refuse_duplicates(spark, shapes, folder)
    return ready(
        config, folder, shapes, partitions, facts, {name: counts for name, counts in left_out.items() if counts}
    )


def _distribute(
    spark: "SparkSession",
    con: duckdb.DuckDBPyConnection,
    config: Config,
    folder: Path,
    files: Mapping[str, list[str]],
    declared: Mapping[str, Declared],
    partitions: int,
) -> None:
    """Several tables at once: a small one leaves most of a cluster idle."""
    jobs = []
    for name, table in declared.items():
        reading, parts = _reading(con, config, folder, files, table, partitions)
        empty_partitions(con, table.select, folder / name, partitions)
        jobs.append(partial(_shuffle, spark, reading, parts, folder / name, partitions))
    with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
        list(pool.map(lambda job: job(), jobs))


def _reading(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    folder: Path,
    files: Mapping[str, list[str]],
    table: Declared,
    partitions: int,
) -> tuple[Reading, list[Piece]]:
    """How executors read a table. What needs all rows at once (a join, numbers, no repeats) the driver makes first."""
    settings = config.tables[table.shape.name]
    found = only_source(con, settings, config.sources)
    if found is None:
        return _made_here(con, config, folder, table, partitions)
    source, as_text = config.sources[found], frozenset(config.text_columns(found))
    if isinstance(source, PostgresSource):
        source = as_file(Path(files[found][0]))
    types, rows = source_columns(con, quoted(found)), rows_with_partition(table, partitions)
    reading = Reading(found, source, types, as_text, rows, table.shape, config.engine.memory_limit_gb, config.timezone)
    return reading, pieces(source, files[found])


def _made_here(
    con: duckdb.DuckDBPyConnection, config: Config, folder: Path, table: Declared, partitions: int
) -> tuple[Reading, list[Piece]]:
    """The driver's DuckDB writes the raw rows to a file, in bounded memory; executors read that."""
    file = folder / f"{MADE}-{table.shape.name}.parquet"
    with making(table.shape.name):
        con.execute(f"COPY (SELECT * FROM {table.raw}) TO {literal(str(file))} (FORMAT parquet)")
    source, types = ParquetSource(parquet=str(file)), source_columns(con, table.raw)
    rows = rows_with_partition(Declared(table.shape, MADE, table.wanted, table.casts, table.date_format), partitions)
    reading = Reading(
        MADE, source, types, frozenset(), rows, table.shape, config.engine.memory_limit_gb, config.timezone
    )
    return reading, pieces(source, [str(file)])


@dataclass(frozen=True)
class ReadPieces:
    """What an executor does with a batch of the numbers of pieces."""

    reading: Reading
    pieces: list[Piece]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The canonical rows of the pieces."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from self.reading.batches(self.pieces[number])


def _shuffle(spark: "SparkSession", reading: Reading, parts: list[Piece], folder: Path, partitions: int) -> None:
    """Read the pieces, bring the rows of a partition together, write a folder for each."""
    from pyspark.sql import functions
    from pyspark.sql.pandas.types import from_arrow_schema

    with without_warnings():
        schema = from_arrow_schema(reading.schema, prefer_timestamp_ntz=True)
        rows = spark.range(0, len(parts), 1, len(parts)).mapInArrow(ReadPieces(reading, parts), schema)
        target = functions.pmod(PART, functions.lit(partitions))
        placed = rows.repartitionById(partitions, target) if partitions > 1 else rows.coalesce(1)
        placed.write.mode("append").partitionBy(PART).parquet(str(folder))


def _left_out(con: duckdb.DuckDBPyConnection, table: Declared, folder: Path) -> dict[str, int]:
    """Values that do not parse are the user's error; rows without customer or time are counted and left out."""
    if _take(folder, UNPARSED, lambda files: True):
        refuse_unparsed(con, table)
    return _take(folder, UNPLACED, lambda files: _unplaced(con, table.shape, files)) or {}


def _unplaced(con: duckdb.DuckDBPyConnection, shape: TableShape, files: str) -> dict[str, int]:
    name = quoted("canonical_" + shape.name)
    con.execute(f"CREATE TABLE {name} AS FROM read_parquet({literal(files)}, hive_partitioning = false)")
    return leave_out_unplaced(con, shape)


def _facts(data: Prepared) -> dict[str, Facts]:
    """Facts of every table: of each partition in an executor, added up here."""
    total = dict.fromkeys(data.shapes, Facts(0, 0, None))
    for part in each_partition(data, partial(_facts_of_partition, data)):
        total = {name: total[name] + part[name] for name in total}
    return total


def _facts_of_partition(data: Prepared, partition: int) -> dict[str, Facts]:
    with duckdb.connect(config={"threads": 1}) as con:
        return {
            name: facts_of(
                con, shape, f"read_parquet({literal(data.files(name, partition))}, hive_partitioning = false)"
            )
            for name, shape in data.shapes.items()
        }


def _refuse_empty(facts: Mapping[str, Facts]) -> None:
    for name, found in facts.items():
        if not found.rows:
            raise EmptyTableError(name, where=f"tables.{name}")


def _refuse_duplicates(spark: "SparkSession", shapes: Mapping[str, TableShape], folder: Path) -> None:
    """A key can stand twice in different partitions, so Spark looks through all of them, all tables in one job."""
    from pyspark.sql import functions as f

    keyed = [shape for shape in shapes.values() if shape.key]
    with without_warnings():
        each = [
            spark.read.parquet(str(folder / shape.name)).select(
                f.lit(shape.name).alias("table"), f.col(f"`{shape.key}`").alias("key")
            )
            for shape in keyed
        ]
        keys = reduce(lambda some, more: some.union(more), each).where("key IS NOT NULL")
        repeated = keys.groupBy("table", "key").count().where("count > 1")
        found = repeated.groupBy("table").agg(f.min("key").alias("first"), f.count("key").alias("keys")).collect()
    for table, first, count in found:
        raise DuplicateKeyError(where=f"{table}.{shapes[table].key}", key=first, count=count)


def _take(folder: Path, number: int, work: Callable[[str], Result]) -> Result | None:
    """Do `work` with the files of rows that no partition takes, and remove them; None where there are none."""
    place = folder / f"{PART}={number}"
    if not place.is_dir():
        return None
    try:
        return work(str(place / "*.parquet"))
    finally:
        shutil.rmtree(place)
