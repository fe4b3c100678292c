"""The only door from feature code to the tables: a view of each table as it was known at each snapshot.

Snapshots are the rows of the relation `snapshots` (rid, customer_id, as_of). `History.rows` joins a table with them and
lets through what was known strictly before `as_of`: rows by their known-at time, late columns by theirs. Feature
code never names a table itself, so it cannot see the future.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from features.schema import TableShape


@dataclass(frozen=True)
class History:
    """Tables as they were known at each snapshot; builders ask `has` and `rows`, nothing else."""

    shapes: Mapping[str, TableShape]

    def has(self, table: str, *columns: str) -> bool:
        """Whether the user's tables include `table` with all of `columns`."""
        return table in self.shapes and self.shapes[table].has(*columns)

    def columns(self, table: str) -> Mapping[str, str]:
        """Column names and types of a table; empty when the table is absent."""
        return self.shapes[table].columns if table in self.shapes else {}

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables there are."""
        return tuple(self.shapes)

    def rows(self, table: str) -> str:
        """SQL for the rows of `table` known at each snapshot: rid, as_of, `event_at` (the row's time) and its columns.

        A row is there when it was known strictly before as_of; a late value that was not known yet is NULL.
        """
        shape = self.shapes[table]
        columns = ", ".join(_masked(shape, column) for column in shape.columns if column != "customer_id")
        at = f", e.{quoted(shape.time)} AS event_at" if shape.time else ""
        known = f" AND {known_at(shape)} < s.as_of" if shape.time else ""
        return (
            f"SELECT s.rid, s.as_of{at}{', ' + columns if columns else ''} "
            f"FROM snapshots s JOIN {quoted(table)} e ON e.customer_id = s.customer_id{known}"
        )


def known_at(shape: TableShape) -> str:
    """SQL for the time from which a row of an event table (alias e) is known.

    Without a known-at value an event is known from its own time.
    """
    time = f"e.{quoted(shape.time or '')}"
    return f"coalesce(e.known_at, {time})" if "known_at" in shape.columns else time


def _masked(shape: TableShape, column: str) -> str:
    name = quoted(column)
    if column not in shape.late:
        return f"e.{name}"
    return f"CASE WHEN e.{quoted(shape.late[column])} < s.as_of THEN e.{name} END AS {name}"


def quoted(name: str) -> str:
    """An identifier safe to put into SQL.

    >>> print(quoted('Call "Failure" x'))
    "Call ""Failure"" x"
    """
    return '"' + name.replace('"', '""') + '"'
