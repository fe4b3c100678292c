"""Computes the matrix: one DuckDB connection holding one partition of customers, snapshots in, rows out.

The connection must hold the relation `snapshots` (rid BIGINT, customer_id VARCHAR, as_of TIMESTAMP) and the prepared
tables under their canonical names. Aggregates do not depend on the order of rows, so equal histories give equal bits
whatever the partition, the number of threads, or the rows after the snapshot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from features.builders import chosen
from features.history import History, quoted
from features.levels import numbered
from features.schema import TableShape
from features.spec import Block, Derived, Entry, Feature, FeatureSettings, Group, entries

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

KEYS = ("customer_id", "as_of")
COLUMNS_A_PASS = 24
Columns = list[tuple[str, Feature]]
Named = TypeVar("Named", Feature, Derived)


def plan(shapes: Mapping[str, TableShape], settings: FeatureSettings) -> tuple[Group, ...]:
    """The groups that the tables at hand allow, without the derived features whose parts are missing."""
    history = History(shapes)
    built = [builder.build(history, settings) for builder in chosen(settings.groups)]
    return _without_missing_parts([_with_unique_names(group) for group in built if group is not None])


def level_columns(shapes: Mapping[str, TableShape], settings: FeatureSettings) -> tuple[tuple[str, str], ...]:
    """The (table, column) pairs whose levels the chosen groups count, for `features.levels.freeze_levels`."""
    history = History(shapes)
    pairs = (pair for builder in chosen(settings.groups) for pair in builder.level_columns(history))
    return tuple(dict.fromkeys(pairs))


def catalogue(groups: Sequence[Group]) -> tuple[Entry, ...]:
    """All features in matrix order: aggregates of all groups first, then the derived ones."""
    bases = [Group(group.name, group.blocks) for group in groups]
    derived = [Group(group.name, (), group.derived) for group in groups]
    return entries([*bases, *derived])


def compute(con: "duckdb.DuckDBPyConnection", groups: Sequence[Group]) -> "pa.Table":
    """The matrix of the snapshots in `con`: customer_id, as_of, then one column a feature, in the order of `rid`.

    Numbers are DOUBLE and categories VARCHAR. Shape: (snapshots, 2 + features).
    """
    passes = _passes(_merge_blocks(groups))
    try:
        for number, (rows, columns) in enumerate(passes):
            con.execute(f"CREATE OR REPLACE TEMP TABLE block_{number} AS {_aggregation(rows, columns)}")
        return con.sql(_joined([columns for _, columns in passes], groups)).to_arrow_table()
    finally:
        for number in range(len(passes)):
            con.execute(f"DROP TABLE IF EXISTS block_{number}")


def _with_unique_names(group: Group) -> Group:
    """A name made from the user's columns or levels can meet another; the one declared first keeps it."""
    taken: set[str] = set()
    blocks = tuple(Block(block.rows, tuple(_renamed(f, taken) for f in block.features)) for block in group.blocks)
    return Group(group.name, blocks, tuple(_renamed(derived, taken) for derived in group.derived))


def _renamed(feature: Named, taken: set[str]) -> Named:
    candidates = (replace(feature, what=name) for name in numbered(feature.what))
    found = next(candidate for candidate in candidates if candidate.suffix not in taken)
    taken.add(found.suffix)
    return found


def _without_missing_parts(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Derived features may build on earlier derived ones, so names are collected in order."""
    known = {entry.name for entry in entries(Group(g.name, g.blocks) for g in groups)}
    kept: list[Group] = []
    for group in groups:
        derived: list[Derived] = []
        for feature in group.derived:
            if all(part in known for part in feature.parts):
                derived.append(feature)
                known.add(f"{group.name}__{feature.suffix}")
        kept.append(Group(group.name, group.blocks, tuple(derived)))
    return tuple(kept)


def _merge_blocks(groups: Iterable[Group]) -> dict[str, Columns]:
    """Blocks over the same rows, whatever their group, are aggregated together."""
    merged: dict[str, Columns] = {}
    for group in groups:
        for block in group.blocks:
            merged.setdefault(block.rows, []).extend(_named(group, block))
    return merged


def _passes(merged: Mapping[str, Columns]) -> list[tuple[str, Columns]]:
    """Wide aggregations fall out of the processor's cache: several passes over the rows took a third less time."""
    return [
        (rows, columns[start : start + COLUMNS_A_PASS])
        for rows, columns in merged.items()
        for start in range(0, len(columns), COLUMNS_A_PASS)
    ]


def _named(group: Group, block: Block) -> list[tuple[str, Feature]]:
    return [(f"{group.name}__{feature.suffix}", feature) for feature in block.features]


def _aggregation(rows: str, columns: Sequence[tuple[str, Feature]]) -> str:
    aggregates = ",\n  ".join(f"{feature.aggregate()} AS {quoted(name)}" for name, feature in columns)
    return f"SELECT rid,\n  {aggregates}\nFROM ({rows}) GROUP BY rid"


def _joined(blocks: Sequence[Sequence[tuple[str, Feature]]], groups: Sequence[Group]) -> str:
    """Snapshots joined with every block, customers without rows filled, then the derived columns over that."""
    names = {name: (f"b{n}", feature) for n, block in enumerate(blocks) for name, feature in block}
    ordered = [entry.name for entry in catalogue(groups) if entry.name in names]
    base = [_filled(name, *names[name]) for name in ordered]
    joins = "".join(f"\nLEFT JOIN block_{n} b{n} ON b{n}.rid = s.rid" for n in range(len(blocks)))
    columns = "".join(f",\n  {column}" for column in base)
    derived = "".join(
        f",\n  {_cast(feature.expression(), feature.kind)} AS {quoted(f'{group.name}__{feature.suffix}')}"
        for group in groups
        for feature in group.derived
    )
    inner = f"SELECT s.rid, s.customer_id, s.as_of{columns}\nFROM snapshots s{joins}"
    return f"SELECT * EXCLUDE (rid){derived}\nFROM ({inner}) ORDER BY rid"


def _filled(name: str, alias: str, feature: Feature) -> str:
    value = f"{alias}.{quoted(name)}"
    value = value if feature.empty == "NULL" else f"coalesce({value}, {feature.empty})"
    return f"{_cast(value, feature.kind)} AS {quoted(name)}"


def _cast(expression: str, kind: str) -> str:
    return f"CAST({expression} AS {'VARCHAR' if kind == 'category' else 'DOUBLE'})"
