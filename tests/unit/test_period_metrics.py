"""Figures snapshot by snapshot, of defections and of money."""

from datetime import datetime

import numpy as np
import pytest
from scipy.special import expit

from models.calibration import Sigmoid
from models.period_metrics import by_period, level_by_period, money_by_period

EARLY, LATE = datetime(2024, 1, 1), datetime(2024, 2, 1)


def test_each_snapshot_has_its_own_figures_in_order_of_time() -> None:
    y, p = np.tile([1.0, 0.0, 0.0, 0.0], 100), np.tile([0.5, 0.2, 0.2, 0.1], 100)
    times = [LATE] * 200 + [EARLY] * 200
    flipped = np.where(np.arange(400) < 200, 0.6 - p, p)
    table = by_period(times, y, flipped, np.arange(400))
    assert table["as_of"].tolist() == [EARLY, LATE]
    assert table["auc"].tolist() == [1.0, 0.0]
    assert table["total_ratio"].tolist() == pytest.approx([1.0, 1.4])
    assert table["rate"].tolist() == [0.25, 0.25]
    assert (table["log_loss.low"] < table["log_loss"]).all()
    assert (table["total_ratio"] < table["total_ratio.high"]).all()


def test_a_snapshot_where_nobody_defected_has_a_loss_but_no_order() -> None:
    table = by_period([EARLY] * 50, np.zeros(50), np.full(50, 0.1), np.arange(50))
    assert table.loc[0, ["auc", "auc.low", "total_ratio"]].isna().all()
    assert table.loc[0, "log_loss"] == pytest.approx(-np.log(0.9))


def test_money_is_reconciled_where_it_is_known_and_returns_count_as_nothing() -> None:
    actual, expected = np.array([10.0, -5.0, np.nan, 30.0]), np.array([8.0, 4.0, 99.0, 15.0])
    table = money_by_period([EARLY, EARLY, EARLY, LATE], actual, expected).set_index("as_of")
    assert table.loc[EARLY].tolist() == pytest.approx([10.0, 12.0, 1.2])
    assert table.loc[LATE, "revenue_ratio"] == pytest.approx(0.5)
    assert money_by_period([EARLY], np.array([np.nan]), np.array([1.0])).empty


def test_the_level_before_and_after_the_calibration_stands_beside_what_happened() -> None:
    raw, calibration = np.array([-1.0, 0.0, 1.0, 2.0]), Sigmoid(2.0, -0.5)
    y = np.array([0.0, 1.0, 1.0, 1.0])
    table = level_by_period([LATE, LATE, EARLY, EARLY], y, calibration(raw), calibration).set_index("as_of")
    assert table.index.tolist() == [EARLY, LATE]
    assert table.loc[LATE, ["rows", "rate"]].tolist() == [2, 0.5]
    assert table["before"].tolist() == pytest.approx([expit(raw[2:]).mean(), expit(raw[:2]).mean()])
    assert table["after"].tolist() == pytest.approx([expit([1.5, 3.5]).mean(), expit([-2.5, -0.5]).mean()])
