"""The interval of the money on any values, and the snapshots that its misses are counted on."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.folds import YEAR_DAYS, later_split, rolling_splits
from models.value import NOTHING, widening
from tests.planted import planted_rows

VALUES = st.lists(st.tuples(*[st.integers(0, 12)] * 3), min_size=5, max_size=60)
SNAPSHOTS = st.lists(st.integers(0, 900), min_size=2, max_size=40)


@given(VALUES, st.floats(0.1, 0.95))
def test_the_widened_interval_holds_the_stated_share_and_no_narrower_one_does(
    values: list[tuple[int, int, int]], stated: float
) -> None:
    actual, one, other = np.array(values, dtype=float).T
    low, high = np.minimum(one, other), np.maximum(one, other)

    def held(by: float) -> float:
        bottom = np.where(low > NOTHING, low - by, -np.inf)
        return float(((actual >= bottom) & (actual <= high + by)).mean())

    by = widening(actual, low, high, stated)
    assert held(by) >= stated
    assert held(by - 1e-6) < stated + 2 / len(values)


@given(SNAPSHOTS, st.integers(1, 400), st.integers(1, 5))
def test_later_snapshots_are_told_only_from_what_was_complete_when_they_began(
    times: list[int], window: int, least: int
) -> None:
    rows = replace(planted_rows(len(times)), times=np.array(times), window=window)
    seen = np.zeros(len(times), dtype=bool)
    for early, late in rolling_splits(rows, least):
        first = rows.times[late].min()
        assert (rows.times[early] + window <= first).all()
        assert early.sum() == (rows.times + window <= first).sum()
        assert len(np.unique(rows.times[early])) >= least
        assert first > max(times) - YEAR_DAYS
        assert not (seen & late).any()
        seen |= late


@given(SNAPSHOTS, st.integers(1, 400))
def test_the_latest_of_the_rolling_splits_is_the_later_split_of_records_of_a_year(
    times: list[int], window: int
) -> None:
    within = np.array(times) % YEAR_DAYS
    rows = replace(planted_rows(len(times)), times=within, window=window)
    split, splits = later_split(rows, 2), rolling_splits(rows, 2)
    assert (split is None) == (not splits) or split is None
    if split is not None:
        assert all((a == b).all() for a, b in zip(split, splits[0], strict=True))
