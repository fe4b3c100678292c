"""Where raw data come from: CSV and Parquet files, singly or as globs, and tables of a Postgres database."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from pipeline.config.base import Section


class CsvSource(Section):
    """Delimited text files, plain or gzip."""

    csv: str
    """Path or glob; `${NAME}` is an environment variable, relative paths start at the config's folder."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """Character between fields."""
    encoding: str = "utf-8"
    """Text encoding, any that Python knows: utf-8, latin-1, gb18030, ..."""
    decimal: str = Field(default=".", pattern=r"^[.,]$")
    """Decimal mark: a point or a comma."""
    date_format: str | None = None
    """strptime format of dates, for example %d/%m/%Y, or %d/%m/%Y %H:%M%z with a zone; ISO dates need none,
    others are refused without."""
    null_values: tuple[str, ...] = ("",)
    """Texts that mean missing."""
    text: tuple[str, ...] = ()
    """Columns to keep as they are written (ids with leading zeros)."""
    header: bool = True
    """Whether the first line names the columns; otherwise `names` does."""
    names: tuple[str, ...] = ()
    """Column names of a file without a header."""


class ParquetSource(Section):
    """Parquet files, one or a glob."""

    parquet: str
    """Path or glob; `${NAME}` is an environment variable, relative paths start at the config's folder."""


class PostgresSource(Section):
    """A table of a Postgres database, or a query there (the extra `postgres`)."""

    postgres: str = Field(min_length=1)
    """Table, with its schema if need be, or a query."""
    url_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Name of the environment variable that holds the address, with user and password."""


def _kind(value: Any) -> str | None:
    keys = set(value) if isinstance(value, dict) else set(type(value).model_fields)
    return next((kind for kind in ("csv", "parquet", "postgres") if kind in keys), None)


Source = Annotated[
    Annotated[CsvSource, Tag("csv")]
    | Annotated[ParquetSource, Tag("parquet")]
    | Annotated[PostgresSource, Tag("postgres")],
    Discriminator(
        _kind,
        custom_error_type="source_kind",
        custom_error_message="a source needs one of the keys csv, parquet, postgres",
    ),
]
