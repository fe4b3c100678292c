"""Which source, or which SELECT over sources, becomes which canonical table."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from pipeline.config.base import Section


class TableConfig(Section):
    """A canonical table: a source with renamed columns, or SQL over the sources."""

    source: str | None = None
    """Name of a source."""
    sql: str | None = None
    """A SELECT over sources, in DuckDB's SQL; its column names are the canonical ones."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Canonical name: raw name. Columns not named here stay under their own names, as attributes."""
    drop: tuple[str, ...] = ()
    """Raw columns to leave out."""
    late: dict[str, str] = Field(default_factory=dict)
    """Column: the time column of the same table from which its value is known, as that time itself is."""
    numeric: tuple[str, ...] = ()
    """Further columns to read as numbers, whatever their text looks like."""
    category: tuple[str, ...] = ()
    """Further columns to read as categories, also when they hold numbers (codes)."""
    deduplicate: bool = False
    """Remove rows that repeat another row in every column."""
    row_ids: bool = False
    """The source has no key of its own: number its rows, before any are removed."""

    @model_validator(mode="after")
    def _one_origin(self) -> "TableConfig":
        if (self.source is None) == (self.sql is None):
            raise ValueError("a table needs either source or sql")
        if self.sql is not None and (self.columns or self.drop):
            raise ValueError("columns and drop go with source; in sql, rename and leave out in the SELECT itself")
        return self


class SnapshotConfig(Section):
    """The moments at which customers are looked at (not needed for flat data)."""

    every: Literal["month", "week"] | int = "month"
    """Distance of the snapshots: month, week, or a number of days."""
    first: date | None = None
    """First snapshot (ISO date); default: the first month or week with a year of history."""
    last: date | None = None
    """Last snapshot (ISO date); default: the last one whose outcome is known in the data."""
    test_from: date | None = None
    """First snapshot of the test period; default: the last `test_snapshots`."""
    test_snapshots: int = Field(default=6, ge=1)
    """Number of test snapshots at the end, where `test_from` is not given."""


class PostgresSink(Section):
    """A table of a Postgres database that takes a result, beside the file (the extra `postgres`)."""

    postgres: str = Field(min_length=1)
    """Table, with its schema if need be; made where it is not there."""
    url_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Name of the environment variable that holds the address, with user and password."""
    when_there: Literal["append", "replace"] = "append"
    """What happens to rows that the table holds already: new ones are added, or the table is made anew."""


class SinkConfig(Section):
    """Results that also go into a database: all of a command, or nothing of it."""

    scores: PostgresSink | None = None
    """The rows of the score file."""
    plan: PostgresSink | None = None
    """The rows of plan.csv."""
    obligations: PostgresSink | None = None
    """The rows of obligations.csv."""

    def of(self, *names: str) -> dict[str, PostgresSink]:
        """Those of these results that have one."""
        found = {name: getattr(self, name) for name in names}
        return {name: sink for name, sink in found.items() if sink is not None}


class TrackingConfig(Section):
    """Where MLflow keeps runs and models."""

    uri: str | None = None
    """Tracking and registry store, `sqlite:///` with a path relative to the config; default: one in the work folder."""
    experiment: str | None = None
    """Experiment's name; default: the config's name."""
