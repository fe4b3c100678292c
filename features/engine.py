"""Computes the matrix: one DuckDB connection holding one partition of customers, snapshots in, rows out.

The connection must hold the relation `snapshots` (rid BIGINT, customer_id VARCHAR, as_of TIMESTAMP) and the prepared
tables under their canonical names, sorted by customer and time. With one thread a sum always adds in the same order,
so equal histories give equal bits; parallelism comes from several partitions at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from features.builders import BUILDERS
from features.history import History, quoted
from features.schema import TableShape
from features.spec import Block, Derived, Entry, Feature, FeatureSettings, Group, entries

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

KEYS = ("customer_id", "as_of")


def plan(shapes: Mapping[str, TableShape], settings: FeatureSettings) -> tuple[Group, ...]:
    """The groups that the tables at hand allow, without the derived features whose parts are missing."""
    history = History(shapes)
    wanted = [b for b in BUILDERS if settings.groups is None or b.name in settings.groups]
    built = [group for builder in wanted if (group := builder.build(history, settings)) is not None]
    return _without_missing_parts(built)


def catalogue(groups: Sequence[Group]) -> tuple[Entry, ...]:
    """All features in matrix order: aggregates of all groups first, then the derived ones."""
    bases = [Group(group.name, group.blocks) for group in groups]
    derived = [Group(group.name, (), group.derived) for group in groups]
    return entries([*bases, *derived])


def compute(con: "duckdb.DuckDBPyConnection", groups: Sequence[Group]) -> "pa.Table":
    """The matrix of the snapshots in `con`: customer_id, as_of, then one column a feature, in the order of `rid`.

    Numbers are DOUBLE and categories VARCHAR. Shape: (snapshots, 2 + features).
    """
    merged = _merge_blocks(groups)
    for number, (rows, columns) in enumerate(merged.items()):
        con.execute(f"CREATE OR REPLACE TEMP TABLE block_{number} AS {_aggregation(rows, columns)}")
    matrix = con.sql(_joined(list(merged.values()), groups)).to_arrow_table()
    for number in range(len(merged)):
        con.execute(f"DROP TABLE block_{number}")
    return matrix


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


def _merge_blocks(groups: Iterable[Group]) -> dict[str, list[tuple[str, Feature]]]:
    """Blocks over the same rows, whatever their group, are aggregated in one scan."""
    merged: dict[str, list[tuple[str, Feature]]] = {}
    for group in groups:
        for block in group.blocks:
            merged.setdefault(block.rows, []).extend(_named(group, block))
    return merged


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
