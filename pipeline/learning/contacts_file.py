"""The contacts file: what was really done, in the canonical columns of the table `contacts`."""

from pathlib import Path

import duckdb
import pandas as pd

from features.errors import DataError, MissingColumnError
from features.history import quoted
from features.levels import literal
from features.schema import CONTACTS, SQL_TYPE
from pipeline.files import refuse_unreadable

WHERE = "--contacts"


def read_contacts(path: Path) -> pd.DataFrame:
    """The contacts of a CSV or Parquet file, canonical columns only; a canonical column it lacks is NULL.

    `customer_id` and `occurred_at` are required. Raises MissingFileError, MissingColumnError, and DataError for values
    that do not parse.
    """
    refuse_unreadable(path, where=WHERE)
    kind = "read_parquet({})" if path.suffix == ".parquet" else "read_csv({}, all_varchar = true, header = true)"
    try:
        with duckdb.connect() as con:
            return _typed(con, kind.format(literal(str(path))), path)
    except duckdb.Error as error:
        fix = str(error).strip().splitlines()[0]
        raise DataError("cannot be read", where=WHERE, value=str(path), fix=fix) from None


def _typed(con: duckdb.DuckDBPyConnection, reader: str, path: Path) -> pd.DataFrame:
    names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()]
    columns = []
    for column in CONTACTS.columns:
        if column.name in names:
            columns.append(f"CAST({quoted(column.name)} AS {SQL_TYPE[column.dtype]}) AS {quoted(column.name)}")
        elif column.required:
            raise MissingColumnError(column.name, where=f"{WHERE} {path}", present=names)
        else:
            columns.append(f"CAST(NULL AS {SQL_TYPE[column.dtype]}) AS {quoted(column.name)}")
    frame: pd.DataFrame = con.sql(f"SELECT {', '.join(columns)} FROM {reader}").df()
    if frame["customer_id"].isna().any() or frame["occurred_at"].isna().any():
        fix = "Every contact needs both."
        raise DataError("contacts without customer_id or occurred_at", where=f"{WHERE} {path}", fix=fix)
    return frame
