"""Risk metrics against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from models import metrics
from models.arrays import FloatArray


@pytest.fixture(name="rows")
def _rows() -> tuple[FloatArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(0)
    p = np.round(rng.random(500), 2)  # many ties
    y = (rng.random(500) < p).astype(float)
    return y, p, rng.integers(0, 4, 500).astype(float)


def test_auc_is_scikit_learns_with_ties_and_weights(rows: tuple[FloatArray, ...]) -> None:
    y, p, w = rows
    assert metrics.auc(y, p) == pytest.approx(oracle.roc_auc_score(y, p))
    assert metrics.auc(y, p, w) == pytest.approx(oracle.roc_auc_score(y, p, sample_weight=w))


def test_average_precision_is_scikit_learns_with_ties_and_weights(rows: tuple[FloatArray, ...]) -> None:
    y, p, w = rows
    assert metrics.average_precision(y, p) == pytest.approx(oracle.average_precision_score(y, p))
    expected = oracle.average_precision_score(y, p, sample_weight=w)
    assert metrics.average_precision(y, p, w) == pytest.approx(expected)


def test_log_loss_and_brier_are_scikit_learns(rows: tuple[FloatArray, ...]) -> None:
    y, p, w = rows
    inside = np.clip(p, 0.01, 0.99)
    assert metrics.log_loss(y, inside, w) == pytest.approx(oracle.log_loss(y, inside, sample_weight=w))
    assert metrics.brier(y, p, w) == pytest.approx(oracle.brier_score_loss(y, p, sample_weight=w))


def test_a_certain_prediction_that_is_wrong_has_a_finite_log_loss() -> None:
    assert np.isfinite(metrics.log_loss(np.array([1.0]), np.array([0.0])))


def test_one_class_has_no_auc_rather_than_an_error() -> None:
    assert np.isnan(metrics.auc(np.zeros(3), np.arange(3.0)))


def test_lift_compares_the_top_with_everybody() -> None:
    y = np.array([1.0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert metrics.lift(y, -np.arange(10.0), 0.1) == pytest.approx(5.0)
    assert metrics.lift(y, np.zeros(10), 0.1) == pytest.approx(1.0)


def test_calibration_error_is_the_gap_of_the_bins() -> None:
    y = np.repeat([0.0, 1.0, 0.0, 1.0], [8, 2, 4, 6])
    right, off = np.repeat([0.2, 0.6], 10), np.repeat([0.3, 0.9], 10)
    assert metrics.calibration_error(y, right, bins=2) == pytest.approx(0.0, abs=1e-12)
    assert metrics.calibration_error(y, off, bins=2) == pytest.approx((0.1 + 0.3) / 2)


def test_total_ratio_is_predicted_over_actual() -> None:
    assert metrics.total_ratio(np.array([0.0, 1.0]), np.array([0.5, 1.5])) == pytest.approx(2.0)
    assert np.isnan(metrics.total_ratio(np.zeros(2), np.ones(2)))


def test_profit_of_a_perfect_list_is_what_the_formula_says() -> None:
    y, p = np.array([1.0, 0, 0, 0]), np.array([0.9, 0.1, 0.1, 0.1])
    costs = {"clv": 200.0, "incentive_cost": 10.0, "contact_cost": 1.0}
    kept = 0.3 * (200 - 10) - 1
    assert metrics.maximum_profit(y, p, **costs, accept_rate=0.3) == pytest.approx(kept / 4)
    expected = metrics.expected_maximum_profit(y, p, **costs, accept_alpha=6, accept_beta=14)
    assert expected == pytest.approx(kept / 4, rel=0.01)


def test_the_noise_of_the_calibration_error_is_what_right_risks_show() -> None:
    rng = np.random.default_rng(0)
    p, each = rng.beta(1, 6, 2000), np.arange(2000)
    shown = [metrics.calibration_error((rng.random(2000) < p).astype(float), p) for _ in range(200)]
    y = (rng.random(2000) < p).astype(float)
    assert metrics.calibration_noise(y, p, each) == pytest.approx(np.mean(shown), rel=0.1)
    twice = [np.tile(part, 2) for part in (y, p, each)]
    assert metrics.calibration_noise(*twice) == pytest.approx(metrics.calibration_noise(y, p, each), rel=0.01)
