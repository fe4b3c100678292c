"""What an executor does with a piece of a source: DuckDB reads it and makes rows of the canonical table.

The statement is the one that makes the table on one machine, so types, dates and texts come out the same. Each row gets
the number of its customer's partition; rows that cannot be used get a number below zero.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.history import quoted
from features.levels import literal
from features.schema import DType, TableShape
from pipeline.config.sources import CsvSource, ParquetSource
from pipeline.prepare import PART, partition_number
from pipeline.sources import read
from pipeline.tables import Declared
from pipeline.zones import use_zone

ROWS_A_PIECE = 1_000_000
ROWS_A_BATCH = 50_000
UNPLACED, UNPARSED = -1, -2
ARROW: Mapping[DType, pa.DataType] = {
    "text": pa.string(),
    "timestamp": pa.timestamp("us"),
    "number": pa.float64(),
    "flag": pa.bool_(),
}


@dataclass(frozen=True)
class Piece:
    """A file, or of a Parquet file the rows from `first` up to before `last`."""

    file: str
    first: int = 0
    last: int | None = None


@dataclass(frozen=True)
class Reading:
    """How a source becomes rows of a table: `types` are DuckDB's for the columns of the source as a whole."""

    name: str
    source: CsvSource | ParquetSource
    types: Mapping[str, str]
    as_text: frozenset[str]
    rows: str
    shape: TableShape
    memory_limit_gb: float
    timezone: str

    @property
    def schema(self) -> pa.Schema:
        """The canonical columns, and the number of the partition."""
        columns = [(column, ARROW[dtype]) for column, dtype in self.shape.columns.items()]
        return pa.schema([*columns, (PART, pa.int32())])

    def batches(self, piece: Piece) -> Iterator[pa.RecordBatch]:
        """The rows of a piece, a batch after the other, whatever its size."""
        schema = self.schema
        with tempfile.TemporaryDirectory() as scratch, duckdb.connect(config={"threads": 1}) as con:
            use_zone(con, self.timezone)
            con.execute(f"SET memory_limit = '{self.memory_limit_gb}GB'")
            con.execute(f"SET temp_directory = {literal(scratch)}")
            con.execute(f"CREATE VIEW {quoted(self.name)} AS {self._piece(piece, Path(scratch))}")
            for batch in con.sql(self.rows).to_arrow_reader(ROWS_A_BATCH):
                yield batch.cast(schema)

    def _piece(self, piece: Piece, scratch: Path) -> str:
        """The piece with the columns and types of the whole source: a file alone may lack some, or look narrower."""
        typed = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(column)}" for column, kind in self.types.items())
        relation = read(self.source, [piece.file], scratch, self.as_text, f"sources.{self.name}")
        if piece.last is not None:
            numbered = relation.removesuffix(")") + ", file_row_number = true)"
            condition = f"file_row_number >= {piece.first} AND file_row_number < {piece.last}"
            relation = f"(SELECT * EXCLUDE (file_row_number) FROM {numbered} WHERE {condition})"
        cast = ", ".join(f"CAST({quoted(column)} AS {kind}) AS {quoted(column)}" for column, kind in self.types.items())
        both = f"SELECT {typed} WHERE false UNION ALL BY NAME SELECT * FROM {relation}"
        return f"SELECT {cast} FROM ({both})"


def rows_with_partition(declared: Declared, partitions: int) -> str:
    """SQL for the canonical rows and the number of their partition."""
    columns = ", ".join(f"{declared.casts[column]} AS {quoted(column)}" for column in declared.wanted)
    bad = " OR ".join(declared.unparsed.values()) or "false"
    needed = ["customer_id", *([declared.shape.time] if declared.shape.time else [])]
    unplaced = " OR ".join(f"{quoted(column)} IS NULL" for column in needed)
    number = f"CASE WHEN hf_bad THEN {UNPARSED} WHEN {unplaced} THEN {UNPLACED} ELSE {partition_number(partitions)} END"
    inner = f"SELECT {columns}, ({bad}) AS hf_bad FROM {declared.raw}"
    return f"SELECT * EXCLUDE (hf_bad), CAST({number} AS INTEGER) AS {PART} FROM ({inner})"


def pieces(source: CsvSource | ParquetSource, files: Sequence[str]) -> list[Piece]:
    """The pieces that tasks read: ranges of rows of Parquet files, other files whole."""
    if not isinstance(source, ParquetSource):
        return [Piece(file) for file in files]
    return [piece for file in files for piece in _ranges(file, pq.read_metadata(file).num_rows)]


def _ranges(file: str, rows: int) -> Iterable[Piece]:
    for first in range(0, max(rows, 1), ROWS_A_PIECE):
        yield Piece(file, first, first + ROWS_A_PIECE)
