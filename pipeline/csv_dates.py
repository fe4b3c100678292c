"""Dates in CSV files: ISO, or as the source says. 02/01/2024 is two days, and a guess would not be seen."""

import re
from collections.abc import Iterable, Mapping

import duckdb

from features.errors import DataError
from features.history import quoted
from features.levels import literal
from pipeline.csv_files import place

TIME = re.compile("%-?[HIMSpTXcfgn]")
YEAR_FIRST = r"^\s*\d{4}\D"


def has_time(date_format: str) -> bool:
    """Whether a strptime format holds a time of day.

    >>> has_time("%m/%d/%Y %I:%M %p"), has_time("%d %B %Y"), has_time("%d/%m/%Y%%H")
    (True, False, False)
    """
    return TIME.search(date_format.replace("%%", "")) is not None


def call(function: str, files: str, options: Mapping[str, str]) -> str:
    """SQL that calls one of DuckDB's functions on CSV files."""
    return f"{function}({files}, " + ", ".join(f"{key} = {value}" for key, value in options.items()) + ")"


def refuse_guessed_dates(
    file: str, options: Mapping[str, str], texts: Iterable[str], date_format: str | None, where: str
) -> None:
    """Raises DataError for a column that DuckDB would take for dates in a format of its own choice.

    `options` are those of the reader, `texts` the columns that are read as they are written.
    """
    untyped = {key: value for key, value in options.items() if key != "types"}
    with duckdb.connect() as con:
        formats, types = _sniffed(con, file, untyped)
        kept = [name for name in texts if name in types]
        if any(_is_time(types[name]) for name in kept):
            # A text that looks like a date had its say in the format.
            formats, types = _sniffed(con, file, untyped | {"types": as_texts(kept)})
        if all(_agreed(found, date_format) for found in formats):
            return
        for name in [name for name, kind in types.items() if _is_time(kind) and name not in kept]:
            _refuse(con, file, untyped | {"types": as_texts([*kept, name])}, name, date_format, where)


def as_texts(columns: Iterable[str]) -> str:
    """The reader's option for columns that stay as they are written."""
    return "{" + ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns) + "}"


def _sniffed(
    con: duckdb.DuckDBPyConnection, file: str, options: Mapping[str, str]
) -> tuple[tuple[str | None, ...], dict[str, str]]:
    """The formats of dates and times that DuckDB settles on, and the types by column."""
    found = f"SELECT DateFormat, TimestampFormat, Columns FROM {call('sniff_csv', literal(file), options)}"
    ((days, times, columns),) = con.execute(found).fetchall()
    return (days, times), {column["name"]: column["type"] for column in columns}


def _agreed(found: str | None, date_format: str | None) -> bool:
    """Year first is not ambiguous; the rest has to be what the source says, or the day in it."""
    if found is None or found.startswith("%Y"):
        return True
    return date_format is not None and (date_format.startswith(found) or found.startswith(date_format))


def _is_time(kind: str) -> bool:
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def _refuse(
    con: duckdb.DuckDBPyConnection,
    file: str,
    options: Mapping[str, str],
    column: str,
    date_format: str | None,
    where: str,
) -> None:
    relation, raw = call("read_csv", literal(file), options), quoted(column)
    known = f"{raw} IS NULL OR regexp_matches({raw}, {literal(YEAR_FIRST)})"
    if date_format:
        known += f" OR try_strptime({raw}, {literal(date_format)}) IS NOT NULL"
    found = con.execute(f"SELECT {raw} FROM {relation} WHERE NOT ({known}) LIMIT 1").fetchall()
    if found:
        said = f"not in the date_format {date_format}" if date_format else "not ISO (2024-01-31)"
        fix = "Name the source's date_format, such as %d/%m/%Y or %m/%d/%Y, or list the column under text."
        raise DataError(
            f"has dates that are {said}", where=f"{place(where, file)}: {column}", value=found[0][0], fix=fix
        )
