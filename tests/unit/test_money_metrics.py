"""Money metrics by hand."""

import numpy as np
import pytest
from scipy import stats

from models import money_metrics


def test_gini_is_one_for_the_right_order_minus_one_for_the_reverse_and_zero_for_none() -> None:
    actual = np.array([0.0, 0.0, 1.0, 5.0, 20.0])
    assert money_metrics.normalised_gini(actual, actual * 7) == pytest.approx(1.0)
    assert money_metrics.normalised_gini(actual, -actual) == pytest.approx(-1.0)
    assert money_metrics.normalised_gini(actual, np.ones(5)) == pytest.approx(0.0)


def test_gini_of_equal_money_is_not_defined() -> None:
    assert np.isnan(money_metrics.normalised_gini(np.ones(4), np.arange(4.0)))


def test_spearman_is_scipys_with_ties() -> None:
    actual, predicted = np.array([0.0, 0, 1, 2, 3]), np.array([1.0, 2, 2, 5, 4])
    assert money_metrics.spearman(actual, predicted) == pytest.approx(stats.spearmanr(actual, predicted).statistic)
    assert np.isnan(money_metrics.spearman(actual, np.ones(5)))


def test_coverage_counts_both_ends_as_inside() -> None:
    actual = np.array([1.0, 2.0, 3.0, 4.0])
    assert money_metrics.coverage(actual, np.full(4, 1.0), np.full(4, 3.0)) == pytest.approx(0.75)


def test_mean_absolute_error_takes_weights() -> None:
    assert money_metrics.mae(np.array([0.0, 10.0]), np.zeros(2), np.array([3.0, 1.0])) == pytest.approx(2.5)
