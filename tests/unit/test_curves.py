"""Curves agree with the metrics that summarise them."""

import numpy as np
import pytest

from models import metrics
from models.arrays import FloatArray
from models.curves import gains, precision_recall, profit, roc
from models.money import Figure, MoneySettings


@pytest.fixture
def rows() -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(3)
    p = np.round(rng.beta(1, 4, 400), 2)  # with ties
    return (rng.random(400) < p).astype(float), p


def test_the_area_under_the_roc_curve_is_the_auc(rows: tuple[FloatArray, FloatArray]) -> None:
    stayers, defectors = roc(*rows)
    assert np.trapezoid(defectors, stayers) == pytest.approx(metrics.auc(*rows))
    assert (stayers[0], defectors[0], stayers[-1], defectors[-1]) == (0, 0, 1, 1)


def test_precision_summed_over_the_gained_recall_is_the_average_precision(rows: tuple[FloatArray, FloatArray]) -> None:
    recall, precision = precision_recall(*rows)
    assert float(np.sum(np.diff(recall, prepend=0) * precision)) == pytest.approx(metrics.average_precision(*rows))


def test_the_gains_at_a_tenth_of_the_customers_give_the_lift(rows: tuple[FloatArray, FloatArray]) -> None:
    share, captured = gains(*rows)
    assert np.interp(0.1, share, captured) / 0.1 == pytest.approx(metrics.lift(*rows))


@pytest.mark.parametrize("value", [20.0, 200.0, 2000.0])
def test_the_highest_point_of_the_profit_curve_is_the_maximum_profit(
    rows: tuple[FloatArray, FloatArray], value: float
) -> None:
    money = MoneySettings(customer_value=Figure(value=value))
    share, gained = profit(*rows, money)
    costs = {"clv": value, "incentive_cost": 10.0, "contact_cost": 1.0, "accept_rate": money.accept_rate}
    assert gained.max() == pytest.approx(metrics.maximum_profit(*rows, **costs))
    assert gained[0] == share[0] == 0
