"""The lookups against LightGBM's own exact contributions, on random trees."""

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import FloatArray
from models.boosting import Boosting
from models.tree_effects import BLOCK_ROWS, tree_effects
from models.tree_text import Tree, read_trees

EXACT = 1e-6
LEVELS = 40
NEAR_ZERO = 1e-30


def random_rows(seed: int, rows: int = 400) -> FloatArray:
    """Two categories (with levels unknown to training, and none) and numbers with gaps, zeros and ties."""
    rng = np.random.default_rng(seed)
    numbers = np.round(rng.normal(size=(rows, 5)), 1)
    numbers[rng.random(numbers.shape) < rng.random() * 0.4] = np.nan
    numbers[:, 4] = np.where(np.isnan(numbers[:, 4]), 0.0, numbers[:, 4])
    levels = rng.integers(0, LEVELS, (rows, 2)).astype(np.float64)
    levels[rng.random(levels.shape) < 0.1] = np.nan
    return np.column_stack([levels, numbers])


def trained(seed: int, **parameters: Any) -> lgb.Booster:
    X = random_rows(seed)
    rng = np.random.default_rng(seed + 1)
    signal = np.nan_to_num(X[:, 2], nan=1.0) * np.nan_to_num(X[:, 3]) + (np.nan_to_num(X[:, 0]) % 3 == 0)
    y = (signal + rng.logistic(size=len(X)) > 0).astype(np.float64)
    common = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5, "seed": seed}
    return lgb.train({**common, **parameters}, lgb.Dataset(X, y, categorical_feature=[0, 1]), 6)


def unseen(seed: int) -> FloatArray:
    """Other rows: levels beyond those of training, below zero, and whole rows without a value."""
    X = random_rows(seed + 7)
    X[0], X[1, :2], X[2, :2], X[3, 2:] = np.nan, 10 * LEVELS, -1, 1e300
    return X


def on_thresholds(trees: Sequence[Tree], X: FloatArray) -> FloatArray:
    """The rows, some of them with a value exactly on a threshold of the trees.

    LightGBM reads a value nearer to zero than 1e-35 as zero, so thresholds there are left out.
    """
    moved = X.copy()
    splits = [pair for tree in trees for pair in zip(tree.feature, tree.threshold, strict=True) if pair[0] >= 2]
    for row, (column, threshold) in enumerate(splits[: len(X)]):
        moved[-row - 1, column] = threshold if abs(threshold) > NEAR_ZERO else moved[-row - 1, column]
    return moved


def assert_equal_to_lightgbm(booster: lgb.Booster, X: FloatArray) -> None:
    trees = read_trees(booster.model_to_string())
    X = on_thresholds(trees, X)
    found = tree_effects(trees, X.shape[1], 1.0)
    assert found is not None
    effects = found(X, 1)
    np.testing.assert_allclose(effects, np.asarray(booster.predict(X, pred_contrib=True)), rtol=0, atol=EXACT)
    np.testing.assert_allclose(effects.sum(axis=1), booster.predict(X, raw_score=True), rtol=0, atol=EXACT)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    leaves=st.integers(2, 24),
    depth=st.integers(1, 9),
    row_share=st.sampled_from([0.5, 1.0]),
    missing=st.booleans(),
)
def test_effects_are_those_of_lightgbm(seed: int, leaves: int, depth: int, row_share: float, missing: bool) -> None:
    booster = trained(
        seed, num_leaves=leaves, max_depth=depth, bagging_fraction=row_share, bagging_freq=1, use_missing=missing
    )
    assert_equal_to_lightgbm(booster, unseen(seed))


def test_the_rows_of_several_blocks_and_threads_are_the_rows_one_by_one() -> None:
    booster = trained(3, num_leaves=8)
    found = tree_effects(read_trees(booster.model_to_string()), 7, 0.5)
    assert found is not None
    X = random_rows(5, 2 * BLOCK_ROWS + 17)
    whole = found(X, 2)
    np.testing.assert_array_equal(whole[-20:], found(X[-20:], 1))
    np.testing.assert_array_equal(whole[:20], found(X[:20], 1))
    assert found(X[:0], 1).shape == (0, 8)


def test_a_tree_without_a_split_is_only_its_base() -> None:
    booster = trained(4, min_data_in_leaf=1000)
    assert_equal_to_lightgbm(booster, unseen(4))


@pytest.mark.parametrize(
    "parameters", [{"num_leaves": 255, "max_depth": -1, "min_data_in_leaf": 1}, {"zero_as_missing": True}]
)
def test_trees_that_suit_no_table_are_left_to_lightgbm(parameters: dict[str, Any]) -> None:
    booster = trained(5, **parameters)
    model = Boosting((booster,), 1)
    assert model.effects is None
    X = unseen(5)
    np.testing.assert_allclose(model.contributions(X), np.asarray(booster.predict(X, pred_contrib=True)))


def test_a_bag_has_the_mean_of_its_effects() -> None:
    boosters = tuple(trained(seed, num_leaves=6, max_depth=3) for seed in (1, 2, 3))
    model, X = Boosting(boosters, 1), unseen(1)
    assert model.effects is not None
    mean = np.mean([np.asarray(booster.predict(X, pred_contrib=True)) for booster in boosters], axis=0)
    np.testing.assert_allclose(model.contributions(X), mean, rtol=0, atol=EXACT)
