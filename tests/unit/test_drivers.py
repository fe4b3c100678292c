"""What moves the risk overall, and the money by tenth."""

import numpy as np
import pytest

from models.drivers import drivers
from models.evaluate import money_table
from models.intervals import wilson
from models.matrix import Columns


def test_drivers_are_ordered_by_mean_absolute_effect_and_name_their_direction() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    effects = np.column_stack([-0.1 * X[:, 0], 2 * X[:, 1], np.zeros(500), np.full(500, -3.0)])
    found = drivers(effects, X, Columns(("calm", "loud", "silent")))
    assert found["feature"].tolist() == ["loud", "calm", "silent"]
    assert found["direction"].tolist()[:2] == pytest.approx([1.0, -1.0])
    assert np.isnan(found["direction"].iloc[2])
    assert found["share"].sum() == pytest.approx(1.0)
    assert found["effect"].iloc[0] == pytest.approx(2 * np.abs(X[:, 1]).mean())


def test_missing_values_and_categories_have_no_direction() -> None:
    X = np.array([[np.nan, 0.0], [np.nan, 1.0], [1.0, 2.0]])
    found = drivers(np.ones((3, 3)) * X[:, [1, 1, 1]], X, Columns(("sparse", "kind"), {"kind": ("a", "b", "c")}))
    assert found["direction"].isna().all()


def test_money_by_tenth_compares_means_and_counts_the_covered() -> None:
    predicted = np.arange(100, 0, -1.0)
    actual = np.where(np.arange(100) < 10, 2 * predicted, predicted)
    table = money_table(actual, predicted, predicted - 1, predicted + 1)
    assert table["customers"].tolist() == [10] * 10
    assert table["total_ratio"].iloc[0] == pytest.approx(0.5)
    assert table["coverage"].tolist() == [0.0] + [1.0] * 9
    assert table["mean_predicted"].is_monotonic_decreasing


def test_a_tenth_that_brought_nothing_has_no_ratio() -> None:
    predicted = np.arange(20, 0, -1.0)
    assert money_table(np.zeros(20), predicted, predicted, predicted)["total_ratio"].isna().all()


def test_a_share_of_no_rows_has_no_interval_and_ends_stay_inside_zero_and_one() -> None:
    low, high = wilson([0, 0, 7], [0, 7, 7])
    assert np.isnan([low[0], high[0]]).all()
    assert low[1] == 0
    assert high[2] == 1
    assert (low[2], high[1]) == pytest.approx((1 - high[1], high[1]))
