"""Computes the matrix: one DuckDB connection holding one partition of customers, snapshots in, rows out.

The connection must hold the relation `snapshots` (rid BIGINT, customer_id VARCHAR, as_of TIMESTAMP) and the prepared
tables under their canonical names. Aggregates do not depend on the order of rows, so equal histories give equal bits
whatever the partition, the number of threads, or the rows after the snapshot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from features.builders import chosen
from features.history import History
from features.levels import numbered
from features.lookups import looked_up
from features.schema import TableShape
from features.spec import Block, Derived, Entry, Feature, FeatureSettings, Group, entries
from features.timeline import Snapshots
from features.values import Columns, Matrix, Source, cast, derived_columns, values

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

KEYS = ("customer_id", "as_of")
Named = TypeVar("Named", Feature, Derived)


def plan(shapes: Mapping[str, TableShape], settings: FeatureSettings) -> tuple[Group, ...]:
    """The groups that the tables at hand allow, without the derived features whose parts are missing."""
    history = History(shapes)
    built = [builder.build(history, settings) for builder in chosen(settings.groups)]
    named = (_with_unique_names(group) for group in built if group is not None)
    return _without_missing_parts([_with_events(history, group) for group in named])


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

    Numbers are DOUBLE and categories VARCHAR. Shape: (snapshots, 2 + features). Groups that compare with the whole
    company need its averages first, see `features.company.with_company`.
    """
    if any(group.company for group in groups):
        raise ValueError("company averages are missing: compute with the groups that with_company returns")
    snapshots = Snapshots.read(con)
    merged = _merge_blocks(groups).items()
    with looked_up(con, (lookup for group in groups for lookup in group.lookups)):
        batches = (batch for source, columns in merged for batch in values(con, source, columns, snapshots))
        found = {name: column for batch in batches for name, column in batch.items()}
    return _assembled(con, found, groups)


def _with_unique_names(group: Group) -> Group:
    """A name made from the user's columns or levels can meet another; the one declared first keeps it."""
    taken: set[str] = set()
    blocks = tuple(replace(block, features=tuple(_renamed(f, taken) for f in block.features)) for block in group.blocks)
    return replace(group, blocks=blocks, derived=tuple(_renamed(derived, taken) for derived in group.derived))


def _renamed(feature: Named, taken: set[str]) -> Named:
    candidates = (replace(feature, what=name) for name in numbered(feature.what))
    found = next(candidate for candidate in candidates if candidate.suffix not in taken)
    taken.add(found.suffix)
    return found


def _without_missing_parts(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Derived features may build on earlier derived ones, so names are collected in order."""
    known = {entry.name for entry in entries(Group(g.name, g.blocks) for g in groups)}
    known |= {f"{group.name}__{average.suffix}" for group in groups for average in group.company}
    kept: list[Group] = []
    for group in groups:
        derived: list[Derived] = []
        for feature in group.derived:
            if all(part in known for part in feature.parts):
                derived.append(feature)
                known.add(f"{group.name}__{feature.suffix}")
        kept.append(replace(group, derived=tuple(derived)))
    return tuple(kept)


def _with_events(history: History, group: Group) -> Group:
    return replace(group, blocks=tuple(replace(block, events=history.events(block.rows)) for block in group.blocks))


def _merge_blocks(groups: Iterable[Group]) -> dict[Source, Columns]:
    """Blocks over the same rows, whatever their group, are computed together."""
    merged: dict[Source, Columns] = {}
    for group in groups:
        for block in group.blocks:
            merged.setdefault((block.rows, block.events), []).extend(_named(group, block))
    return merged


def _named(group: Group, block: Block) -> Columns:
    return [(f"{group.name}__{feature.suffix}", feature) for feature in block.features]


def _assembled(con: "duckdb.DuckDBPyConnection", found: Matrix, groups: Sequence[Group]) -> "pa.Table":
    """The columns side by side in the order of the catalogue, and what is derived from them."""
    matrix = con.sql("SELECT customer_id, as_of FROM snapshots ORDER BY rid").to_arrow_table()
    for name in (entry.name for entry in catalogue(groups) if entry.name in found):
        matrix = matrix.append_column(name, found[name])
    derived = [
        (f"{group.name}__{feature.suffix}", cast(feature.expression(), feature.kind))
        for group in groups
        for feature in group.derived
    ]
    if derived:
        more = derived_columns(con, matrix, derived)
        for name in more.column_names:
            matrix = matrix.append_column(name, more.column(name))
    return matrix
