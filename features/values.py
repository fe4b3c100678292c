"""The values that features are made of: read off running totals where that can be, else aggregated from joined rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.events import Events
from features.history import quoted
from features.spec import Feature
from features.terms import terms_of
from features.timeline import Snapshots
from features.totals import running

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

COLUMNS_A_PASS = 24  # wide aggregations fall out of the processor's cache: several passes took a third less time
Columns = list[tuple[str, Feature]]
Source = tuple[str, Events | None]


@dataclass(frozen=True)
class Values:
    """Columns in order of the snapshots, and SQL over them for each feature by its full name."""

    columns: Mapping[str, "pa.Array"]
    expressions: Mapping[str, str]


def values(
    con: "duckdb.DuckDBPyConnection", source: Source, columns: Columns, snapshots: Snapshots
) -> Iterator[Values]:
    """What a block's features are made of: running totals where they do, else aggregates of the joined rows."""
    rows, events = source
    totals = _by_totals(con, events, columns, snapshots) if events else Values({}, {})
    yield totals
    rest = [(name, feature) for name, feature in columns if name not in totals.expressions]
    for start in range(0, len(rest), COLUMNS_A_PASS):
        yield _by_joined_rows(con, rows, rest[start : start + COLUMNS_A_PASS], snapshots)


def _by_totals(con: "duckdb.DuckDBPyConnection", events: Events, columns: Columns, snapshots: Snapshots) -> Values:
    """Terms are named after the first feature, so those of two blocks do not meet."""
    written = {name: terms_of(feature, events.unseen) for name, feature in columns}
    terms = [term for parts in written.values() if parts for term in parts.terms]
    if not terms:
        return Values({}, {})
    found = running(con, events.rows, terms, snapshots)
    names = {term: f"hf_{columns[0][0]}_{n}" for n, term in enumerate(found)}
    expressions = {
        name: parts.expression.format(*(quoted(names[term]) for term in parts.terms))
        for name, parts in written.items()
        if parts and all(term in names for term in parts.terms)
    }
    return Values({names[term]: value for term, value in found.items()}, expressions)


def _by_joined_rows(con: "duckdb.DuckDBPyConnection", rows: str, columns: Columns, snapshots: Snapshots) -> Values:
    aggregates = ",\n  ".join(f"{feature.aggregate()} AS {quoted(name)}" for name, feature in columns)
    found = con.sql(f"SELECT rid,\n  {aggregates}\nFROM ({rows}) GROUP BY rid").to_arrow_table()
    placed = found.drop(["rid"]).take(snapshots.place(found.column("rid").to_numpy()))
    names = [name for name, _ in columns]
    return Values(dict(zip(names, placed.columns, strict=True)), {name: quoted(name) for name in names})
