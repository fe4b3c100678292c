"""Raw inputs as views in DuckDB, typed by looking at every row; a wrong path or encoding is the user's error."""

import codecs
import glob
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from features.errors import ConfigError, DataError, MissingFileError
from features.history import quoted
from features.levels import literal
from pipeline.config.base import resolve
from pipeline.config.sources import CsvSource, ParquetSource, PostgresSource, Source
from pipeline.csv_dates import as_texts, call, has_time, refuse_guessed_dates
from pipeline.csv_files import empty_lines, open_text, refuse_uneven_lines
from pipeline.duckdb_errors import sentence
from pipeline.postgres import pull
from pipeline.zones import has_zone

NATIVE_ENCODINGS = {"utf-8": "utf-8", "latin-1": "latin-1", "iso8859-1": "latin-1", "utf-16": "utf-16"}


def open_source(
    con: duckdb.DuckDBPyConnection, name: str, source: Source, base: Path, scratch: Path, as_text: Iterable[str]
) -> list[str]:
    """Create the view `name` over the source's files: their paths. What a database holds becomes a file in `scratch`.

    `as_text` are raw columns that must stay as written. Raises MissingFileError, DataError for what cannot be read.
    """
    where = f"sources.{name}"
    if isinstance(source, PostgresSource):
        scratch.mkdir(parents=True, exist_ok=True)
        pulled = scratch / f"{name}.parquet"
        pull(source, pulled, where)
        source = as_file(pulled)
    pattern = source.csv if isinstance(source, CsvSource) else source.parquet
    files = _files(pattern, base, where)
    try:
        con.execute(
            f"CREATE VIEW {quoted(name)} AS SELECT * FROM {read(source, files, scratch / name, as_text, where)}"
        )
    except duckdb.Error as error:
        raise DataError("cannot be read", where=where, value=pattern, fix=sentence(error)) from None
    return files


def as_file(pulled: Path) -> ParquetSource:
    """The source that a file from a database is."""
    return ParquetSource(parquet=str(pulled))


def read(source: CsvSource | ParquetSource, files: list[str], scratch: Path, as_text: Iterable[str], where: str) -> str:
    """The relation that reads some files of a source; the folder `scratch` takes what has to be decoded first."""
    if isinstance(source, ParquetSource):
        return f"read_parquet({_list(files)}, union_by_name = true)"
    files = _decodable(files, source, scratch, where)
    return (
        _zoned(source, files, as_text, where)
        if has_zone(source.date_format)
        else _read_csv(source, files, as_text, where)
    )


def _files(pattern: str, base: Path, where: str) -> list[str]:
    """Only what the config says is a pattern: its folder, or the name of a file that is there, may hold brackets."""
    as_written = resolve(pattern, base, where=where)
    globbed = resolve(pattern, Path(glob.escape(str(base))), where=where)
    found = sorted(glob.glob(globbed, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if Path(as_written).is_file():
        found = [as_written]
    if not found:
        raise MissingFileError(as_written, where=where)
    for file in found:
        if not Path(file).stat().st_size:
            raise DataError("the file is empty", where=where, value=file, fix="Check what wrote it.")
    return found


def _read_csv(source: CsvSource, files: list[str], as_text: Iterable[str], where: str) -> str:
    codec = _native(source)
    options: dict[str, str] = {
        "delim": literal(source.delimiter),
        "header": str(source.header).lower(),
        "nullstr": _list(source.null_values),
        "decimal_separator": literal(source.decimal),
        "sample_size": "-1",
        "union_by_name": "true",
        "encoding": literal(codec),
        # Otherwise lines that begin with #, and first lines of another length, are left out in silence.
        "comment": "''",
        "skip": str(empty_lines(files, codec, where)),
    }
    if source.names:
        options["names"] = _list(source.names)
    if source.date_format:
        kind = "timestampformat" if has_time(source.date_format) else "dateformat"
        options[kind] = literal(source.date_format)
    texts = sorted((set(as_text) | set(source.text)) & _header(source, files, options, where))
    if texts:
        options["types"] = as_texts(texts)
    for file in files:
        refuse_guessed_dates(file, options, texts, source.date_format, where)
    return call("read_csv", _list(files), options)


def _zoned(source: CsvSource, files: list[str], as_text: Iterable[str], where: str) -> str:
    """With a zone in the format DuckDB's reader gives UTC without saying so, or drops the zone's name.

    So these columns are read as texts and converted here; a column with a value that does not parse stays text.
    """
    plain, known = _read_csv(source, files, as_text, where), literal(source.date_format or "")
    with duckdb.connect() as con:
        times = [name for name, kind in source_columns(con, plain).items() if kind == "TIMESTAMP"]
        if not times:
            return plain
        texts = _read_csv(source, files, [*as_text, *times], where)
        parsed = {name: f"try_strptime({quoted(name)}, {known})" for name in times}
        wrong = ", ".join(f"count({quoted(name)}) > count({sql})" for name, sql in parsed.items())
        fails = dict(zip(times, one_row(con, f"SELECT {wrong} FROM {texts}"), strict=True))
    replaced = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in parsed.items() if not fails[name])
    return f"(SELECT * REPLACE ({replaced}) FROM {texts})" if replaced else texts


def _header(source: CsvSource, files: list[str], options: Mapping[str, str], where: str) -> set[str]:
    """Column names of the files, so that types are asked only for columns that exist."""
    with duckdb.connect() as con:
        try:
            return set(source_columns(con, call("read_csv", _list(files), options)))
        except duckdb.Error:
            refuse_uneven_lines(files, _native(source), source.delimiter, where)
            raise


def _decodable(files: list[str], source: CsvSource, folder: Path, where: str) -> list[str]:
    """Files in an encoding DuckDB does not read itself are rewritten as UTF-8 into the scratch folder."""
    codec = _codec(source.encoding, where)
    if codec in NATIVE_ENCODINGS:
        return files
    return [_as_utf8(Path(file), folder / str(n), codec, where) for n, file in enumerate(files)]


def _as_utf8(file: Path, folder: Path, codec: str, where: str) -> str:
    """A copy in the folder, under the file's own name for what is said of it later."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name.removesuffix(".gz")
    try:
        with open_text(file, codec) as text, target.open("w", encoding="utf-8", newline="") as out:
            shutil.copyfileobj(text, out)
    except UnicodeDecodeError as error:
        raise DataError(
            f"is not {codec} at byte {error.start}", where=where, value=file.name, fix="Name the file's encoding."
        ) from None
    except (OSError, EOFError) as error:
        raise DataError("cannot be read", where=where, value=file.name, fix=sentence(error)) from None
    return str(target)


def _native(source: CsvSource) -> str:
    """The encoding of the source's files as DuckDB reads them."""
    return NATIVE_ENCODINGS.get(_codec(source.encoding), "utf-8")


def _codec(encoding: str, where: str = "sources") -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ConfigError("unknown encoding", where=where, value=encoding, fix="Use a name Python knows.") from None


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(literal(value) for value in values) + "]"


def source_columns(con: duckdb.DuckDBPyConnection, relation: str) -> Mapping[str, str]:
    """Column names and DuckDB types of a relation (a name or a parenthesised SELECT)."""
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}


def one_row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The only row of a query, fetched to its end so that the connection is free again."""
    (row,) = con.execute(sql).fetchall()
    return tuple(row)
