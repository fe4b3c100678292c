"""The contacts file: what was really done, in the canonical columns of the table `contacts`."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from features.errors import DataError, MissingColumnError
from features.history import quoted
from features.levels import literal
from features.schema import CONTACTS, SQL_TYPE
from pipeline.config.tables import TableConfig
from pipeline.customer_list import AS_TEXT
from pipeline.duckdb_errors import sentence
from pipeline.files import refuse_unreadable
from pipeline.sources import source_columns
from pipeline.tables import declare, refuse_unparsed
from pipeline.zones import use_zone

WHERE = "--contacts"
FILE = "contacts_file"


def read_contacts(path: Path, zone: str) -> pd.DataFrame:
    """The contacts of a CSV or Parquet file, canonical columns only; a canonical column it lacks is NULL.

    `customer_id` and `occurred_at` are required. Times with a zone are converted to `zone`, the config's; others are
    taken in it. Raises MissingFileError, MissingColumnError, and DataError for values that do not parse.
    """
    refuse_unreadable(path, where=WHERE)
    kind = "read_parquet({})" if path.suffix == ".parquet" else f"read_csv({{}}, {AS_TEXT})"
    try:
        with duckdb.connect() as con:
            use_zone(con, zone)
            con.execute(f"CREATE VIEW {FILE} AS FROM {kind.format(literal(str(path)))}")
            return _checked(_typed(con, path, zone), path)
    except duckdb.Error as error:
        fix = sentence(error)
        raise DataError("cannot be read", where=WHERE, value=str(path), fix=fix) from None


def _typed(con: duckdb.DuckDBPyConnection, path: Path, zone: str) -> pd.DataFrame:
    """Read as the table `contacts` of a config is."""
    present = source_columns(con, FILE)
    for column in CONTACTS.required:
        if column not in present:
            raise MissingColumnError(column, where=f"{WHERE} {path}", present=present)
    others = tuple(name for name in present if CONTACTS.column(name) is None)
    declared = declare(con, CONTACTS.name, TableConfig(source=FILE, drop=others), {FILE: None}, zone)
    refuse_unparsed(con, declared, within=f"{WHERE} {path}")
    lacking = {c.name: f"CAST(NULL AS {SQL_TYPE[c.dtype]})" for c in CONTACTS.columns if c.name not in present}
    ordered = ", ".join(f"{lacking.get(c.name, quoted(c.name))} AS {quoted(c.name)}" for c in CONTACTS.columns)
    frame: pd.DataFrame = con.sql(f"SELECT {ordered} FROM ({declared.select})").df()
    return frame


def _checked(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    if frame["customer_id"].isna().any() or frame["occurred_at"].isna().any():
        fix = "Every contact needs both."
        raise DataError("contacts without customer_id or occurred_at", where=f"{WHERE} {path}", fix=fix)
    endless = np.isinf(frame["cost"].to_numpy(dtype=np.float64))
    if endless.any():
        row, value = int(endless.argmax()) + 1, float(frame["cost"][endless].iloc[0])
        fix = "Leave it empty where the cost is not known."
        raise DataError("is not an amount of money", where=f"{WHERE} {path}: cost, row {row}", value=value, fix=fix)
    return frame
