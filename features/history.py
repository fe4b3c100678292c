"""The only door from feature code to the tables: a view of each table as it was known at each snapshot.

Snapshots are the rows of the relation `snapshots` (rid, customer_id, as_of). `History.rows` joins a table with them and
lets through what was known strictly before `as_of`: rows by their known-at time, late columns by theirs. Feature
code never names a table itself, so it cannot see the future.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from features.errors import ConfigError
from features.events import Events, depends_on_snapshot
from features.schema import TableShape

DAY_US = 86_400_000_000
RESERVED = frozenset({"rid", "as_of", "event_at", "age_days", "previous_at"})
OWN_PREFIX = "hf_"  # columns that builders add to the rows begin with it, so they cannot meet the user's


@dataclass(frozen=True)
class History:
    """Tables as they were known at each snapshot; builders ask `has`, `columns` and `rows`, nothing else."""

    shapes: Mapping[str, TableShape]
    given: dict[str, Events] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for shape in self.shapes.values():
            _refuse_reserved(shape)

    def has(self, table: str, *columns: str) -> bool:
        """Whether the user's tables include `table` with all of `columns`, and it is known when they were known."""
        return table in self.shapes and all(column in self.columns(table) for column in columns)

    def columns(self, table: str) -> Mapping[str, str]:
        """Names and types of a table's columns that features may see; empty when the table is absent."""
        shape = self.shapes.get(table)
        return {name: dtype for name, dtype in shape.columns.items() if name not in shape.withheld} if shape else {}

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables there are."""
        return tuple(self.shapes)

    def rows(self, table: str, *, announced: bool = False, previous: str = "") -> str:
        """SQL for the rows of `table` known at each snapshot: rid, as_of and its columns.

        A row is there when it happened and was known strictly before as_of; a late value that was not known yet is
        NULL. Event tables also have `event_at` (the row's time) and `age_days` (exact days from then to as_of, > 0).
        `announced` lets through what was known before as_of but lies ahead (age_days NULL), as a signed contract does.
        `previous`, a condition on the row, adds `previous_at`: the time of the customer's row before this one for which
        the condition had the same value.
        """
        shape = self.shapes[table]
        if previous and (shape.late or "known_at" in shape.columns):
            return _with_previous(self.rows(table, announced=announced), "rid, ", "event_at", previous)
        source = _with_previous(quoted(table), "customer_id, ", quoted(shape.time or ""), previous) if previous else ""
        columns = [_masked(shape, column) for column in self.columns(table) if column != "customer_id"]
        columns += ["e.previous_at"] if previous else []
        selected = ", ".join(["s.rid", "s.as_of", *_times(shape, announced), *columns])
        condition = f" AND {_is_known(shape, announced)}" if shape.time else ""
        relation = f"({source})" if source else quoted(table)
        rows = f"SELECT {selected} FROM snapshots s JOIN {relation} e ON e.customer_id = s.customer_id{condition}"
        if shape.time and "known_at" not in shape.columns and not announced:
            self.given[rows] = _events(shape, relation, [*self.columns(table)], bool(previous))
        return rows

    def events(self, rows: str) -> Events | None:
        """The same rows once an event instead of once a snapshot, where each is known from its own time and what is
        made of them depends on nothing but the event. For the engine, which cuts them at the snapshots itself.
        """
        for source, events in self.given.items():
            around = rows.replace(source, "")
            if source in rows and not depends_on_snapshot(around, events.unseen):
                return Events(rows.replace(source, events.rows), events.unseen)
        return None

    def values_until(self, table: str, column: str, until: datetime) -> str:
        """SQL for the non-NULL values `value` of a column over all customers, as known strictly before `until`."""
        return f"SELECT {quoted(column)} AS value FROM ({self.known_until(table, (column,), until)})"

    def known_until(self, table: str, columns: Sequence[str], until: datetime) -> str:
        """SQL for the rows of all customers in which all of `columns` were known strictly before `until`."""
        shape, moment = self.shapes[table], f"TIMESTAMP '{until:%Y-%m-%d %H:%M:%S.%f}'"
        known = [f"{known_at(shape)} < {moment}"] if shape.time else []
        known += [f"e.{quoted(shape.late[c])} < {moment}" for c in columns if c in shape.late]
        condition = " AND ".join([*known, *(f"e.{quoted(column)} IS NOT NULL" for column in columns)])
        return f"SELECT {', '.join(f'e.{quoted(c)}' for c in columns)} FROM {quoted(table)} e WHERE {condition}"


def quoted(name: str) -> str:
    """An identifier safe to put into SQL.

    >>> print(quoted('Call "Failure" x'))
    "Call ""Failure"" x"
    """
    return '"' + name.replace('"', '""') + '"'


def _with_previous(source: str, partition: str, time: str, condition: str) -> str:
    """Where every row is known from its own time, one pass over the table serves all snapshots: an earlier event is
    known whenever a later one is. Otherwise it has to be looked up among what was known at each snapshot.
    """
    window = f"PARTITION BY {partition}({condition}) ORDER BY {time}"
    relation = f"({source})" if source.startswith("SELECT") else source
    return f"SELECT *, lag({time}) OVER ({window}) AS previous_at FROM {relation}"


def _times(shape: TableShape, announced: bool) -> list[str]:
    if not shape.time:
        return []
    time = f"e.{quoted(shape.time)}"
    age = f"(epoch_us(s.as_of) - epoch_us({time})) / {float(DAY_US)!r}::DOUBLE"
    return [f"{time} AS event_at", f"{f'CASE WHEN {time} < s.as_of THEN {age} END' if announced else age} AS age_days"]


def _events(shape: TableShape, relation: str, columns: Sequence[str], previous: bool) -> Events:
    """Without late columns: what they hold at a snapshot depends on the snapshot."""
    seen = [f"e.{quoted(column)}" for column in columns if column not in shape.late and column != "customer_id"]
    seen += ["e.previous_at"] if previous else []
    selected = ", ".join(["e.customer_id", f"e.{quoted(shape.time or '')} AS event_at", *seen])
    return Events(f"SELECT {selected} FROM {relation} e", frozenset(column.lower() for column in shape.late))


def _is_known(shape: TableShape, announced: bool) -> str:
    known = f"{known_at(shape)} < s.as_of"
    happened = f"e.{quoted(shape.time or '')} < s.as_of"
    return known if announced or "known_at" not in shape.columns else f"{known} AND {happened}"


def known_at(shape: TableShape) -> str:
    """SQL for the time from which a row of an event table (alias e) is known; its own time where none is given."""
    time = f"e.{quoted(shape.time or '')}"
    return f"coalesce(e.known_at, {time})" if "known_at" in shape.columns else time


def _masked(shape: TableShape, column: str) -> str:
    name = quoted(column)
    if column not in shape.late:
        return f"e.{name}"
    return f"CASE WHEN e.{quoted(shape.late[column])} < s.as_of THEN e.{name} END AS {name}"


def _refuse_reserved(shape: TableShape) -> None:
    for column in shape.columns:
        if column.lower() in RESERVED or column.lower().startswith(OWN_PREFIX):
            raise ConfigError(
                "column name is reserved", where=f"table {shape.name}", value=column, fix="Map it to another name."
            )
