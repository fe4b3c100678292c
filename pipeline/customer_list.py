"""The list of customers to score: ids in the order asked, each once."""

from pathlib import Path

import duckdb
import pyarrow as pa

from features.errors import DataError, EmptyTableError, MissingColumnError
from features.levels import literal
from pipeline.duckdb_errors import sentence
from pipeline.files import refuse_unreadable
from pipeline.prepare import Prepared, write_partitions

LIST = "hf_asked"
# An id #7 is no comment, and no first line is left out.
AS_TEXT = "all_varchar = true, header = true, comment = ''"


def read_list(path: Path) -> pa.Table:
    """A table with `position` and `customer_id` from a CSV or Parquet file with a column customer_id.

    A CSV is UTF-8. Raises MissingColumnError, and DataError for what cannot be read, an empty list, a missing id, and
    ids that stand there more than once: one row for each customer could not be kept then.
    """
    refuse_unreadable(path, where="--customers")
    with duckdb.connect() as con:
        rows = _rows(con, path)
    ids = rows.column("customer_id")
    if not rows.num_rows:
        raise EmptyTableError("customer list", where=str(path))
    if ids.null_count:
        raise DataError(f"{ids.null_count} rows have no customer_id", where=str(path), fix="Remove the empty rows.")
    _refuse_repeated(ids, path)
    return rows


def place(asked: pa.Table, data: Prepared) -> None:
    """Split the list as the tables are split, so that each partition finds its own ids, also those of no customer."""
    with duckdb.connect() as con:
        con.register("asked", asked)
        write_partitions(con, "asked", data.folder / LIST, data.partitions)


def _rows(con: duckdb.DuckDBPyConnection, path: Path) -> pa.Table:
    parquet = path.suffix == ".parquet"
    reader = f"read_parquet({literal(str(path))})" if parquet else f"read_csv({literal(str(path))}, {AS_TEXT})"
    try:
        names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()]
        if "customer_id" not in names:
            raise MissingColumnError("customer_id", where=str(path), present=names)
        chosen = "CAST(row_number() OVER () AS BIGINT) - 1 AS position, CAST(customer_id AS VARCHAR) AS customer_id"
        return con.sql(f"SELECT {chosen} FROM {reader}").to_arrow_table()
    except duckdb.Error as error:
        fix = sentence(error) + ("" if parquet else " A CSV has to be UTF-8: save it as that.")
        raise DataError("cannot be read", where="--customers", value=str(path), fix=fix) from None


def _refuse_repeated(ids: pa.ChunkedArray, path: Path) -> None:
    counts = ids.value_counts()
    again = [item["values"] for item in counts.to_pylist() if item["counts"] > 1] if len(counts) < len(ids) else []
    if again:
        shown = ", ".join(map(str, again[:5])) + (f" and {len(again) - 5} more" if len(again) > 5 else "")
        raise DataError(
            f"{len(again)} ids stand in the list more than once", where=str(path), value=shown, fix="Keep each id once."
        )
