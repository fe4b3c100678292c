"""Revenue expected of everybody at risk, and the anchors that candidates start from."""

import numpy as np
import pytest

from models import money_metrics
from models.anchors import Price, Purchasing, find_anchors, load_anchor, purchases
from models.arrays import FloatArray, IntArray
from models.boosting import Trees, fit_boosters
from models.centre import Centre, deviance
from models.income import Backtest, chosen_way, fit_income, two_part
from models.loss import LossModel, fit_loss, with_income
from models.money import MoneySettings
from models.rows import Rows
from models.settings import LossSettings, TreeShape

QUICK = LossSettings(
    folds=2, max_trees=40, patience=5, num_threads=1, objectives=("tweedie", "price", "price_absolute")
)
BOUGHT = tuple(f"transactions__{name}" for name in ("moments", "days_since_first", "days_since_last", "amount"))


def contracts(rows: int = 1500) -> tuple[Rows, FloatArray]:
    """Prices a day of which a tenth double, as a column says; a third of the customers leave and bring a fifth."""
    rng = np.random.default_rng(0)
    price = rng.choice([0.5, 1.0, 2.0], rows)
    dearer = rng.random(rows) < 0.1
    left = (rng.random(rows) < 1 / 3).astype(np.float64)
    X = np.column_stack([np.where(rng.random(rows) < 0.02, np.nan, price), dearer.astype(np.float64)])
    revenue = price * 90 * np.where(dearer, 2.0, 1.0) * np.where(left == 1, 0.2, 1.0)
    names = ("contracts__current_price_per_day", "dearer")
    return Rows(X, left, np.arange(rows), window=100, gap=10, names=names), revenue


def shop(customers: int = 3000) -> tuple[Rows, FloatArray]:
    """Purchases at random rates; nobody ever stops."""
    rng = np.random.default_rng(0)
    age = rng.uniform(100, 300, customers)
    rate = rng.gamma(1.0, 1 / 60, customers)
    repeats = rng.poisson(rate * age)
    last = np.where(repeats > 0, age * rng.random(customers) ** (1 / np.maximum(repeats, 1)), 0.0)
    money = rng.gamma(5.0, 4.0, customers)
    bought = rng.poisson(rate * 60)
    X = np.column_stack([repeats + 1.0, age, age - last, money * (repeats + 1)])
    revenue = money * bought
    return Rows(X, (bought == 0).astype(np.float64), np.arange(customers), window=60, names=BOUGHT), revenue


@pytest.fixture(scope="module", name="priced")
def _priced() -> LossModel:
    rows, revenue = contracts()
    return fit_loss(rows, revenue, None, MoneySettings(), QUICK.model_copy(update={"criterion": "absolute"})).model


def test_where_most_prices_stay_trees_learn_only_who_will_pay_another(
    priced: LossModel,
) -> None:
    assert priced.revenue.centre.name == "price_absolute"
    staying = priced.staying(np.array([[1.0, 0.0], [1.0, 1.0], [np.nan, 0.0]])).revenue
    assert staying[0] == pytest.approx(90.0, abs=2.0)
    assert staying[1] == pytest.approx(180.0, rel=0.15)
    assert staying[2] > 0
    assert LossModel.load(priced.dump()).dump() == priced.dump()


def test_an_unknown_price_is_the_usual_one_and_the_days_are_those_of_the_window() -> None:
    rows, revenue = contracts()
    (price,) = find_anchors(rows, revenue, 1000).values()
    assert isinstance(price, Price)
    np.testing.assert_allclose(price.predict(np.array([[2.0, 0.0], [np.nan, 0.0]])), [180.0, 90.0])
    assert load_anchor(price.stored()) == price


def test_flat_rows_have_no_anchors() -> None:
    rows, revenue = contracts()
    assert find_anchors(Rows(rows.X, rows.y, rows.customers, names=rows.names), revenue, 1000) == {}


def test_purchases_alone_predict_the_money_of_a_shop_without_any_outcome() -> None:
    rows, revenue = shop()
    found = find_anchors(rows, np.zeros(len(revenue)), 3000)["buying"]
    assert isinstance(found, Purchasing)
    expected = found.expected(rows.X)
    assert money_metrics.total_ratio(revenue, expected) == pytest.approx(1.0, abs=0.1)
    assert money_metrics.spearman(revenue, expected) > 0.5
    bought = revenue > 0
    assert money_metrics.total_ratio(revenue[bought], found.predict(rows.X)[bought]) == pytest.approx(1.0, abs=0.15)
    assert load_anchor(found.stored()) == found


def test_each_customer_teaches_purchases_once_at_the_latest_snapshot() -> None:
    rows, revenue = shop(400)
    young = rows.X / np.array([1.0, 2.0, 2.0, 1.0])
    both = Rows(
        np.vstack([rows.X, young]),
        np.tile(rows.y, 2),
        np.tile(rows.customers, 2),
        times=_days(400),
        window=60,
        names=BOUGHT,
    )
    again = find_anchors(both, np.tile(revenue, 2), 1000)["buying"]
    once = find_anchors(rows, revenue, 1000)["buying"]
    np.testing.assert_allclose(again.predict(rows.X), once.predict(rows.X))


def _days(customers: int) -> IntArray:
    return np.repeat([100, 0], customers)


def test_returns_of_more_than_was_bought_are_no_negative_purchase() -> None:
    seen = purchases(np.array([[2.0, 50.0, 10.0, -30.0]]), (0, 1, 2, 3))
    assert (seen.repeats[0], seen.last[0], seen.mean[0]) == (1.0, 40.0, 0.0)


@pytest.mark.parametrize("way", ["two_part", "tweedie", "buying", "pooled"])
def test_every_way_meets_the_total_of_new_customers_and_loads_again(way: str) -> None:
    rows, revenue = shop()
    settings = QUICK.model_copy(update={"income": (way,)})
    fit = fit_loss(rows, revenue, None, MoneySettings(), settings)
    risk = np.full(len(revenue), rows.y.mean())
    model = with_income(fit, rows, revenue, np.ones(len(revenue), dtype=bool), risk, settings).model
    assert model.income is not None
    assert model.income.name == way
    expected = model.expected_revenue(rows.X, risk, model.staying(rows.X))
    assert money_metrics.total_ratio(revenue, expected) == pytest.approx(1.0, abs=0.15)
    loaded = LossModel.load(model.dump())
    np.testing.assert_array_equal(loaded.expected_revenue(rows.X, risk, loaded.staying(rows.X)), expected)


def test_the_lowest_deviance_is_chosen_among_the_ways_wanted_that_are_possible() -> None:
    scores = {"two_part": 3.0, "tweedie": 2.0}
    assert chosen_way(scores, ("two_part", "tweedie", "buying")) == "tweedie"
    assert chosen_way(scores, ("buying", "pooled")) == "two_part"


def test_a_value_model_that_only_memorises_is_judged_on_customers_it_has_not_seen() -> None:
    """Nothing says who brings more; trees with a leaf a customer know it of all whom they were fitted on."""
    rng = np.random.default_rng(0)
    paid = Rows(rng.normal(size=(300, 4)), rng.gamma(1.0, 30.0, 300), np.arange(300))
    shape = TreeShape(
        name="memory", leaves=255, depth=12, rate=0.3, leaf_rows=1, column_share=1.0, row_share=1.0, l2=0.0
    )
    settings = QUICK.model_copy(update={"tree": shape})
    value = Centre("squared", 1.0, fit_boosters(paid, Trees(shape, 0, 1, "l2"), 40), 1, 1.0)
    assert deviance(paid.y, value.predict(paid.X)) < 0.1
    test = Backtest(paid, np.zeros(300), np.zeros(300))
    scores = fit_income(paid, test, value, 0.0, None, settings).scores
    assert scores["two_part"] > deviance(paid.y, np.full(300, paid.y.mean()))


def test_where_those_who_stayed_are_in_one_fold_revenue_is_expected_in_two_parts() -> None:
    rows, revenue = shop(200)
    stayers = np.arange(200) < 2
    few = rows.target(np.where(stayers, 0.0, 1.0))
    paid = np.where(stayers, 50.0, np.minimum(revenue, 5.0))
    fit = fit_loss(few, paid, None, MoneySettings(), QUICK)
    compared = []
    for seed in range(6):  # in some the two are in one fold, and nobody is left to learn from for it
        settings = QUICK.model_copy(update={"seed": seed})
        found = with_income(fit, few, paid, np.ones(200, dtype=bool), np.full(200, 0.9), settings)
        expected = found.model.expected_revenue(few.X, np.full(200, 0.9), found.model.staying(few.X))
        assert np.isfinite(expected).all()
        compared.append(bool(found.income_scores))
    assert set(compared) == {True, False}


def test_what_a_defector_still_brings_counts_in_the_expectation() -> None:
    found = two_part(np.array([0.0, 0.5, 1.0]), np.full(3, 100.0), 0.2)
    np.testing.assert_allclose(found, [100.0, 60.0, 20.0])
