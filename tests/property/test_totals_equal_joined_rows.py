"""Features read off running totals have the bits of those aggregated from the joined rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import values
from features.engine import compute, plan
from features.schema import TableShape
from features.spec import FeatureSettings, Group
from features.terms import terms_of
from tests.companies import connect, known_groups, set_snapshots, whole_shapes
from tests.property.test_features_cannot_see_the_future import examples, with_levels
from tests.random_companies import CUSTOMERS, SNAPSHOT, Tables, company

SHAPES = whole_shapes(known_at=False)
SNAPSHOTS = [(who, SNAPSHOT + timedelta(days=d)) for who in (*CUSTOMERS, "unknown") for d in (-60, 0, 17, 200)]
HUGE = 9e13  # as a multiple of the sixth decimal more than half of what 64 bits hold


def by_joined_rows(groups: Sequence[Group]) -> tuple[Group, ...]:
    """The same features without the engine's short cut."""
    return tuple(replace(group, blocks=tuple(replace(b, events=None) for b in group.blocks)) for group in groups)


def both_ways(
    tables: Tables, shapes: dict[str, TableShape] | None = None, config: FeatureSettings | None = None
) -> tuple[list[list[str]], list[list[str]]]:
    """All values as text that shows every bit, by totals and by joined rows."""
    shapes = shapes or SHAPES
    con = connect(tables, shapes)
    set_snapshots(con, SNAPSHOTS)
    groups = known_groups(con, plan(shapes, config or with_levels(shapes)))
    return as_bits(con, groups), as_bits(con, by_joined_rows(groups))


def as_bits(con: duckdb.DuckDBPyConnection, groups: Sequence[Group]) -> list[list[str]]:
    found = compute(con, groups)
    return [
        [name, *(v.hex() if isinstance(v, float) else str(v) for v in found[name].to_pylist())]
        for name in found.column_names
    ]


@pytest.mark.slow
@examples(8)
@given(seed=st.integers(0, 10**6), rows=st.sampled_from((0, 2, 12, 60)))
def test_sparse_and_dense_histories_give_the_same_bits_either_way(seed: int, rows: int) -> None:
    totals, joined = both_ways(company(SHAPES, seed, most_rows=rows))
    assert totals == joined


def test_most_features_of_purchases_are_read_off_totals() -> None:
    """Or the test above would compare a thing with itself."""
    blocks = [b for group in plan(SHAPES, with_levels(SHAPES)) for b in group.blocks]
    written = [f for b in blocks if b.events for f in b.features if terms_of(f, b.events.unseen)]
    assert len(written) > 0.3 * sum(len(b.features) for b in blocks)


def test_the_engine_reads_off_totals_what_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the first test would compare joined rows with joined rows."""
    read: list[str] = []
    by_totals = values._by_totals

    def watched(*arguments: Any) -> Any:
        read.extend(found := by_totals(*arguments))
        return found

    monkeypatch.setattr(values, "_by_totals", watched)
    both_ways(with_amounts(3.0, 8.0), {"transactions": SHAPES["transactions"]})
    assert {"transactions__count_90d", "transactions__amount_90d", "transactions__amount_last"} <= set(read)


def with_amounts(*amounts: float | None) -> Tables:
    days = range(len(amounts))
    return {
        "transactions": [
            {"customer_id": "ann", "occurred_at": SNAPSHOT - timedelta(days=n + 1), "amount": amounts[n]} for n in days
        ]
    }


@pytest.mark.parametrize(
    "amounts",
    [(HUGE, HUGE, -HUGE), (float("nan"), 1.0, 2.0), (float("inf"), 5.0), (None, None), (0.1, 0.2, -0.3), (1e40, 1.0)],
)
def test_numbers_that_whole_numbers_cannot_hold_give_the_same_bits_either_way(
    amounts: tuple[float | None, ...],
) -> None:
    shapes = {"transactions": SHAPES["transactions"]}
    totals, joined = both_ways(with_amounts(*amounts), shapes)
    assert totals == joined


def test_of_several_last_values_at_one_moment_the_greatest_counts_either_way() -> None:
    tables = with_amounts(3.0, 8.0, 5.0)
    for row in tables["transactions"]:
        row["occurred_at"] = SNAPSHOT - timedelta(days=2)
    totals, joined = both_ways(tables, {"transactions": SHAPES["transactions"]})
    assert totals == joined
    at = [row[0] for row in totals].index("transactions__amount_last")
    assert totals[at][1 + SNAPSHOTS.index(("ann", SNAPSHOT))] == (8.0).hex()
