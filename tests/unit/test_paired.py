"""The paired comparison of two forecasts."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from models.arrays import FloatArray
from models.paired import paired_log_loss


def forecasts(rows: int, seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What happened, its true probability, and a forecast that exaggerates."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(size=rows)
    truth, loud = 1 / (1 + np.exp(-log_odds)), 1 / (1 + np.exp(-2.5 * log_odds))
    return (rng.random(rows) < truth).astype(float), truth, loud


def test_the_mean_is_the_difference_of_the_log_losses() -> None:
    y, truth, loud = forecasts(500, 0)
    found = paired_log_loss(y, truth, loud, np.arange(500), 0.95)
    assert found.mean == pytest.approx(log_loss(y, loud) - log_loss(y, truth))
    assert found.rows == 500


def test_the_better_forecast_wins_and_the_worse_one_loses() -> None:
    y, truth, loud = forecasts(3000, 1)
    assert paired_log_loss(y, truth, loud, np.arange(3000), 0.95).better
    assert paired_log_loss(y, loud, truth, np.arange(3000), 0.95).worse


def test_equal_forecasts_neither_win_nor_lose() -> None:
    y, truth, _ = forecasts(200, 2)
    found = paired_log_loss(y, truth, truth, np.arange(200), 0.95)
    assert (found.better, found.worse, found.mean) == (False, False, 0.0)


def test_rows_of_one_customer_count_as_one_observation() -> None:
    y, truth, loud = forecasts(300, 3)
    alone = paired_log_loss(y, truth, loud, np.arange(300), 0.95)
    copied = [np.tile(column, 10) for column in (y, truth, loud)]
    together = paired_log_loss(*copied, np.tile(np.arange(300), 10), 0.95)
    assert together.high - together.low == pytest.approx(alone.high - alone.low)


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    true = np.mean([paired_log_loss(*forecasts(2000, 1000 + s), np.arange(2000), 0.9).mean for s in range(100)])
    found = [paired_log_loss(*forecasts(300, s), np.arange(300), 0.9) for s in range(200)]
    assert np.mean([f.low <= true <= f.high for f in found]) == pytest.approx(0.9, abs=0.06)


def test_one_customer_proves_nothing() -> None:
    y, truth, loud = forecasts(50, 4)
    found = paired_log_loss(y, truth, loud, np.zeros(50, dtype=np.int64), 0.95)
    assert not found.better
    assert not found.worse
