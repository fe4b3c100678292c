"""Core features equal those of the slow and obvious implementation in `tests.oracle`."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.companies import matrix_of
from tests.oracle import ORACLES, SOURCES
from tests.property.test_features_cannot_see_the_future import SHAPES, SNAPSHOTS, examples, with_levels
from tests.random_companies import SNAPSHOT, company


def same(found: float | None, expected: float | None) -> bool:
    """Equal up to the rounding of a floating-point sum, or both unknown."""
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.slow
@examples(8)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(sorted(SHAPES)))
def test_core_features_equal_the_slow_and_obvious_ones(seed: int, kind: str) -> None:
    shapes = SHAPES[kind]
    tables = company(shapes, seed, most_rows=10)
    for row in matrix_of(tables, SNAPSHOTS, with_levels(shapes), shapes).to_pylist():
        for group, oracle in ORACLES.items():
            table = SOURCES.get(group, group)
            expected = oracle(tables[table], shapes[table], row["customer_id"], SNAPSHOT)
            found = {name: row[f"{group}__{name}"] for name in expected}
            wrong = {name: (found[name], value) for name, value in expected.items() if not same(found[name], value)}
            assert not wrong, (group, row["customer_id"])
