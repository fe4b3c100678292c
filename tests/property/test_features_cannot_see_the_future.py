"""Nothing at or after the snapshot changes a feature by a single bit."""

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from features.builders import BUILDERS
from features.engine import level_columns
from features.history import History, quoted
from features.schema import TableShape
from features.spec import Block, Builder, Feature, FeatureSettings, Group
from tests.companies import SETTINGS, connect, matrix_of, whole_shapes
from tests.random_companies import (
    CUSTOMERS,
    MOMENT,
    SNAPSHOT,
    Tables,
    company,
    late_moved_to_snapshot,
    moved_to_snapshot,
    with_other_future,
    without_future,
)

SHAPES = {"late rows": whole_shapes(), "rows known at once": whole_shapes(known_at=False)}
SNAPSHOTS = [(who, SNAPSHOT) for who in (*CUSTOMERS, "unknown")]
seeds = st.integers(0, 10**6)
shapes_kinds = st.sampled_from(sorted(SHAPES))
moments = st.sampled_from((timedelta(0), MOMENT))


def examples(most: int) -> settings:
    """No shrinking: a smaller seed is no simpler company, and each try is a whole matrix."""
    return settings(max_examples=most, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def with_levels(shapes: dict[str, TableShape]) -> FeatureSettings:
    return replace(SETTINGS, levels=dict.fromkeys(level_columns(shapes, SETTINGS), ("a", "b")))


def bits(tables: Tables, shapes: dict[str, TableShape], config: FeatureSettings | None = None) -> pa.Table:
    """Numbers as their hexadecimal text, so that comparing is comparing bits."""
    matrix = matrix_of(tables, SNAPSHOTS, config or with_levels(shapes), shapes)
    columns = {
        name: [value.hex() if isinstance(value, float) else value for value in matrix[name].to_pylist()]
        for name in matrix.column_names
    }
    return pa.table({name: pa.array([str(v) for v in values]) for name, values in columns.items()})


def differing(left: pa.Table, right: pa.Table) -> list[str]:
    assert left.column_names == right.column_names
    return [name for name in left.column_names if not left[name].equals(right[name])]


@pytest.mark.slow
@examples(10)
@given(seed=seeds, kind=shapes_kinds)
def test_deleting_everything_known_at_or_after_the_snapshot_changes_nothing(seed: int, kind: str) -> None:
    shapes = SHAPES[kind]
    tables = company(shapes, seed)
    assert differing(bits(tables, shapes), bits(without_future(tables, shapes), shapes)) == []


@pytest.mark.slow
@examples(10)
@given(seed=seeds, other=seeds, kind=shapes_kinds)
def test_another_future_changes_nothing(seed: int, other: int, kind: str) -> None:
    shapes = SHAPES[kind]
    tables = company(shapes, seed)
    assert differing(bits(tables, shapes), bits(with_other_future(tables, shapes, other), shapes)) == []


@pytest.mark.slow
@examples(8)
@given(seed=seeds, which=seeds, by=moments, kind=shapes_kinds)
def test_an_event_at_the_snapshot_or_a_moment_later_is_absent(seed: int, which: int, by: timedelta, kind: str) -> None:
    shapes = SHAPES[kind]
    moved, absent = moved_to_snapshot(company(shapes, seed), shapes, which, by)
    assert differing(bits(moved, shapes), bits(absent, shapes)) == []


@pytest.mark.slow
@examples(8)
@given(seed=seeds, by=moments, kind=shapes_kinds)
def test_a_late_value_known_at_the_snapshot_or_a_moment_later_is_unknown(seed: int, by: timedelta, kind: str) -> None:
    shapes = SHAPES[kind]
    moved, absent = late_moved_to_snapshot(company(shapes, seed), shapes, by)
    assert differing(bits(moved, shapes), bits(absent, shapes)) == []


@pytest.mark.slow
@examples(6)
@given(seed=seeds, kind=shapes_kinds)
def test_the_order_of_rows_and_the_number_of_threads_change_nothing(seed: int, kind: str) -> None:
    shapes = SHAPES[kind]
    tables = company(shapes, seed, most_rows=12)
    reversed_tables = {name: rows[::-1] for name, rows in tables.items()}
    one = matrix_of(tables, SNAPSHOTS, with_levels(shapes), shapes)
    two = matrix_of(reversed_tables, SNAPSHOTS, with_levels(shapes), shapes, threads=2)
    assert one.equals(two)


@pytest.mark.slow
@examples(5)
@given(seed=seeds)
def test_a_customer_has_the_same_values_alone_and_among_others(seed: int) -> None:
    shapes = SHAPES["late rows"]
    tables = company(shapes, seed)
    alone = {name: [row for row in rows if row["customer_id"] == "bob"] for name, rows in tables.items()}
    whole = connect(tables, shapes)
    among = matrix_of(tables, SNAPSHOTS, with_levels(shapes), shapes, whole=whole)
    single = matrix_of(alone, [("bob", SNAPSHOT)], with_levels(shapes), shapes, whole=whole)
    assert single.to_pylist() == [row for row in among.to_pylist() if row["customer_id"] == "bob"]


class PeepsAtResolutions(Builder):
    """What a careless builder would do: names the table itself instead of asking History."""

    name = "bad"
    column = "resolved_at"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        rows = (
            f"SELECT s.rid, e.{quoted(self.column)} AS peeped FROM snapshots s "
            "JOIN complaints e ON e.customer_id = s.customer_id AND e.opened_at < s.as_of"
        )
        feature = Feature("resolved", "count(peeped)", "resolved, ever", "complaints", "complaints", empty="0")
        return Group(self.name, (Block(rows, (feature,)),))


class PeepsAtSatisfaction(PeepsAtResolutions):
    column = "satisfied"


@pytest.mark.parametrize("builder", [PeepsAtResolutions, PeepsAtSatisfaction])
def test_the_check_catches_a_builder_that_reads_an_unmasked_late_column(builder: type[Builder]) -> None:
    shapes = SHAPES["late rows"]
    config = FeatureSettings(groups=(f"{__name__}:{builder.__name__}",))
    tables = company(shapes, seed=1)
    caught = differing(bits(tables, shapes, config), bits(without_future(tables, shapes), shapes, config))
    assert caught == ["bad__resolved"]


def test_the_random_companies_reach_every_group() -> None:
    """A check on data that leave most features empty would show nothing."""
    shapes = SHAPES["late rows"]
    matrix = matrix_of(company(shapes, seed=3, most_rows=12), SNAPSHOTS, with_levels(shapes), shapes)
    empty = [name for name in matrix.column_names if matrix[name].null_count == len(matrix)]
    assert len(empty) < 0.1 * matrix.num_columns, empty
    reached = {name.split("__")[0] for name in matrix.column_names if name not in empty}
    assert reached >= {builder.name for builder in BUILDERS}
