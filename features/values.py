"""The values of features: read off running totals where that can be, else aggregated from joined rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from features.events import Events
from features.history import quoted
from features.spec import Feature
from features.terms import Terms, terms_of
from features.timeline import Snapshots
from features.totals import Totals

if TYPE_CHECKING:
    import duckdb

# Wide aggregations fall out of the processor's cache: several passes took a third less time. And memory holds the terms
# of one batch only beside the matrix.
COLUMNS_A_PASS = 24
PIECES = "hf_pieces"
Columns = list[tuple[str, Feature]]
Source = tuple[str, Events | None]
Matrix = Mapping[str, pa.ChunkedArray]


def values(
    con: "duckdb.DuckDBPyConnection", source: Source, columns: Columns, snapshots: Snapshots
) -> Iterator[Matrix]:
    """The columns of a block in batches, by full name and in order of the snapshots."""
    rows, events = source
    written = {name: terms_of(feature, events.unseen) for name, feature in columns} if events else {}
    wanted = [(name, feature) for name, feature in columns if written.get(name)]
    done: set[str] = set()
    if events and wanted:
        totals = Totals.along(
            con, events.rows, (t for terms in written.values() if terms for t in terms.terms), snapshots
        )
        for batch in _batches(wanted):
            yield (found := _by_totals(con, totals, batch, written))
            done |= found.keys()
    for batch in _batches([(name, feature) for name, feature in columns if name not in done]):
        yield _by_joined_rows(con, rows, batch, snapshots)


def _batches(columns: Columns) -> Iterator[Columns]:
    for start in range(0, len(columns), COLUMNS_A_PASS):
        yield columns[start : start + COLUMNS_A_PASS]


def _by_totals(
    con: "duckdb.DuckDBPyConnection", totals: Totals, batch: Columns, written: Mapping[str, Terms | None]
) -> Matrix:
    """Those of the batch whose terms totals can hold."""
    parts = {name: terms for name, _ in batch if (terms := written[name])}
    found = totals.values([term for terms in parts.values() for term in terms.terms])
    names = {term: f"t{n}" for n, term in enumerate(found)}
    expressions = {
        name: terms.expression.format(*(names[term] for term in terms.terms))
        for name, terms in parts.items()
        if all(term in names for term in terms.terms)
    }
    pieces = {"as_of": totals.snapshots.times(), **{names[term]: value for term, value in found.items()}}
    return _finished(con, pieces, [pair for pair in batch if pair[0] in expressions], expressions)


def _by_joined_rows(con: "duckdb.DuckDBPyConnection", rows: str, batch: Columns, snapshots: Snapshots) -> Matrix:
    aggregates = ",\n  ".join(f"{feature.aggregate()} AS {quoted(name)}" for name, feature in batch)
    found = con.sql(f"SELECT rid,\n  {aggregates}\nFROM ({rows}) GROUP BY rid").to_arrow_table()
    place = snapshots.place(found.column("rid").to_numpy())
    pieces = {name: found.column(name).take(place) for name, _ in batch}
    return _finished(con, pieces, batch, {name: quoted(name) for name in pieces})


def _finished(
    con: "duckdb.DuckDBPyConnection",
    pieces: Mapping[str, pa.Array | pa.ChunkedArray],
    batch: Columns,
    expressions: Mapping[str, str],
) -> Matrix:
    """Features from their pieces, customers without rows filled; numbers are DOUBLE and categories VARCHAR."""
    if not batch:
        return {}
    con.register(PIECES, pa.table(dict(pieces)))
    try:
        columns = ",\n  ".join(_filled(name, expressions[name], feature) for name, feature in batch)
        found = con.sql(f"SELECT {columns}\nFROM {PIECES}").to_arrow_table()
    finally:
        con.unregister(PIECES)
    return dict(zip(found.column_names, found.columns, strict=True))


def _filled(name: str, value: str, feature: Feature) -> str:
    value = value if feature.empty == "NULL" else f"coalesce({value}, {feature.empty})"
    return f"{cast(value, feature.kind)} AS {quoted(name)}"


def cast(expression: str, kind: str) -> str:
    """The type of a feature's column."""
    return f"CAST({expression} AS {'VARCHAR' if kind == 'category' else 'DOUBLE'})"


def derived_columns(con: "duckdb.DuckDBPyConnection", base: pa.Table, derived: Sequence[tuple[str, str]]) -> pa.Table:
    """Columns by (name, SQL) over the columns of a table and over earlier ones of their own."""
    con.register(PIECES, base)
    try:
        columns = ",\n  ".join(f"{sql} AS {quoted(name)}" for name, sql in derived)
        return con.sql(f"SELECT {columns}\nFROM {PIECES}").to_arrow_table()
    finally:
        con.unregister(PIECES)
