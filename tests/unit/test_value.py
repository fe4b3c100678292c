"""The money of a customer who stays, and its interval."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import DataError
from models import money_metrics
from models.arrays import FloatArray
from models.centre import deviance
from models.rows import Rows
from models.settings import LossSettings
from models.value import ValueModel, fit_value

QUICK = LossSettings(folds=3, max_trees=120, patience=10, num_threads=1)


def buyers(rows: int, seed: int, zeros: float = 0.3) -> tuple[Rows, FloatArray]:
    """Heavy-tailed money, nothing for some; the second array is the true expectation."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    level = np.exp(3 + X[:, 0])
    money = level * rng.gamma(2.0, 0.5, rows) * (rng.random(rows) >= zeros)
    return Rows(X, money, np.arange(rows)), level * (1 - zeros)


def test_it_finds_who_brings_more_and_the_total_fits() -> None:
    model = fit_value(buyers(3000, 0)[0], QUICK).model
    new, truth = buyers(5000, 1)
    predicted = model.predict(new.X)
    assert money_metrics.spearman(truth, predicted) > 0.95
    assert money_metrics.total_ratio(new.y, predicted) == pytest.approx(1.0, abs=0.07)


@pytest.mark.parametrize("stated", [0.8, 0.95])
def test_the_interval_holds_the_stated_share_of_new_customers(stated: float) -> None:
    model = fit_value(buyers(4000, 0)[0], QUICK.model_copy(update={"coverage": stated})).model
    new, _ = buyers(8000, 1)
    low, high = model.interval(new.X)
    assert money_metrics.coverage(new.y, low, high) == pytest.approx(stated, abs=0.02)
    assert (low >= 0).all()
    assert (low <= model.predict(new.X)).all()
    assert (model.predict(new.X) <= high).all()


@pytest.mark.parametrize("zeros", [0.0, 0.3, 0.6])
def test_the_interval_holds_with_heavy_tails_whatever_the_share_of_nothing(zeros: float) -> None:
    def spenders(seed: int) -> Rows:
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(6000, 3))
        spread = np.where(X[:, 1] > 0, 1.2, 0.6)
        money = np.exp(2 + X[:, 0] + spread * rng.normal(size=6000)) * (rng.random(6000) >= zeros)
        return Rows(X, money, np.arange(6000))

    new = spenders(1)
    low, high = fit_value(spenders(0), QUICK).model.interval(new.X)
    assert money_metrics.coverage(new.y, low, high) == pytest.approx(0.9, abs=0.02)
    assert np.median(high[new.X[:, 1] > 0]) > 1.25 * np.median(high[new.X[:, 1] < 0])


def test_the_last_quarter_does_not_set_the_width_alone_where_more_of_the_year_is_complete() -> None:
    rng, month = np.random.default_rng(0), np.arange(6000) % 16
    money = np.exp(3 + np.where(month >= 12, 1.0, 0.4) * rng.normal(size=6000))
    rows = Rows(rng.normal(size=(6000, 2)), money, np.arange(6000) // 16, times=month * 30, window=30)
    alone = QUICK.model_copy(update={"calibration_snapshots": 12})
    assert 0.1 < fit_value(rows, QUICK).model.widening < fit_value(rows, alone).model.widening


def test_the_choice_is_the_lowest_deviance_out_of_fold_and_the_mean_takes_part() -> None:
    fitted = fit_value(buyers(1500, 0)[0], QUICK)
    assert set(fitted.scores) == {"mean", "squared", "log", "tweedie"}
    assert fitted.model.centre.name == min(fitted.scores, key=lambda name: fitted.scores[name])


def test_it_loads_to_the_same_model() -> None:
    rows, _ = buyers(600, 0)
    model = fit_value(rows, QUICK).model
    loaded = ValueModel.load(model.dump())
    np.testing.assert_array_equal(loaded.predict(rows.X), model.predict(rows.X))
    np.testing.assert_array_equal(loaded.interval(rows.X), model.interval(rows.X))
    assert loaded.dump() == model.dump() == fit_value(rows, QUICK).model.dump()


def test_returns_beyond_purchases_count_as_nothing() -> None:
    rows, _ = buyers(500, 0)
    negative = rows.target(np.where(rows.y == 0, -5.0, rows.y))
    assert fit_value(negative, QUICK).model.dump() == fit_value(rows, QUICK).model.dump()


def test_no_money_at_all_is_refused() -> None:
    rows, _ = buyers(50, 0)
    with pytest.raises(DataError, match="no realised money"):
        fit_value(rows.target(np.zeros(50)), QUICK)


@pytest.mark.parametrize(("payers", "selected"), [(1, 100), (1, 400), (2, 400)])
def test_where_too_few_paid_to_compare_anything_the_plain_mean_is_expected(payers: int, selected: int) -> None:
    """The choice is made on a sample: it may hold no payer, or no two in different folds."""
    rows, _ = buyers(400, 0)
    paid = rows.target(np.where(np.arange(400) < payers, 30.0, 0.0))
    alike = replace(paid, customers=np.maximum(np.arange(400), payers))  # the payers are one customer
    fitted = fit_value(alike, QUICK.model_copy(update={"selection_rows": selected}))
    assert set(fitted.scores) == {"mean"}
    assert np.isfinite(fitted.scores["mean"])
    np.testing.assert_allclose(fitted.model.predict(rows.X), paid.y.mean())
    low, high = fitted.model.interval(rows.X)
    assert (low <= high).all()


def test_two_stayers_are_enough_not_to_fail() -> None:
    rows, _ = buyers(2, 0, zeros=0.0)
    np.testing.assert_allclose(fit_value(rows, QUICK).model.predict(rows.X), rows.y.mean())


def test_a_way_that_expects_nothing_of_anybody_is_left_out() -> None:
    rows, _ = buyers(400, 0, zeros=0.9)
    fitted = fit_value(rows, QUICK.model_copy(update={"criterion": "absolute", "objectives": ("absolute",)}))
    assert set(fitted.scores) == {"mean"}
    np.testing.assert_allclose(fitted.model.predict(rows.X), rows.y.mean())


def test_deviance_does_not_know_the_currency_and_is_lowest_at_the_mean() -> None:
    actual = np.array([0.0, 0.0, 4.0, 10.0])
    at_mean = deviance(actual, np.full(4, 3.5))
    assert deviance(actual * 100, np.full(4, 350.0)) == pytest.approx(at_mean)
    assert at_mean < min(deviance(actual, np.full(4, 3.0)), deviance(actual, np.full(4, 4.0)))
    assert deviance(actual[2:], actual[2:]) == pytest.approx(0.0, abs=1e-12)


def test_level_and_interval_follow_a_change_over_time() -> None:
    rows, _ = buyers(6000, 0)
    times = np.arange(6000) % 12 * 30
    shrinking = rows.y * np.where(times >= 240, 0.5, 1.0)
    model = fit_value(replace(rows, y=shrinking, times=times, window=30), QUICK).model
    unaware = fit_value(rows.target(shrinking), QUICK).model
    new, _ = buyers(6000, 1)
    later = new.y * 0.5
    assert money_metrics.total_ratio(later, model.predict(new.X)) == pytest.approx(1.0, abs=0.1)
    assert money_metrics.total_ratio(later, unaware.predict(new.X)) > 1.4
    held, stale = (money_metrics.coverage(later, *each.interval(new.X)) for each in (model, unaware))
    assert abs(held - 0.9) < abs(stale - 0.9)


def test_a_level_that_only_chance_moved_stays() -> None:
    rows, _ = buyers(6000, 0)
    timed = fit_value(replace(rows, times=np.arange(6000) % 12 * 30, window=30), QUICK).model
    assert timed.centre.scale == fit_value(rows, QUICK).model.centre.scale
