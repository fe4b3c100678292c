"""The ledger of a defection."""

import numpy as np
import pytest
from pydantic import ValidationError

from models.arrays import FloatArray
from models.loss import LossModel, Staying, fit_loss, later_horizons, ledger, lifetime
from models.money import Figure, MoneySettings, Span
from models.rows import Rows
from models.settings import LossSettings

QUICK = LossSettings(folds=3, max_trees=40, patience=5, num_threads=1)
MONEY = MoneySettings(
    margin_share=Figure(value=0.4),
    replacement_cost=Figure(value=30.0),
    handling_cost=Figure(value=5.0),
    people_told=Span(low=8, high=10),
    lost_per_person_told=Span(low=0.01, high=0.02),
    new_customer_margin=Figure(value=50.0),
)


def one(value: float) -> FloatArray:
    return np.array([value])


def test_each_part_has_its_column_and_the_direct_parts_add_up() -> None:
    staying = Staying(one(100.0), one(50.0), one(200.0), None, defector_share=0.25)
    found = {name: float(column[0]) for name, column in ledger(staying, one(0.5), MONEY).items()}
    assert found["loss_sales"] == pytest.approx(75.0)
    assert found["loss_profit"] == pytest.approx(30.0)
    assert (found["loss_replacement"], found["loss_handling"]) == (30.0, 5.0)
    assert found["loss_if_defect"] == pytest.approx(65.0)
    assert found["expected_loss"] == pytest.approx(32.5)
    assert (found["loss_low"], found["loss_high"]) == (pytest.approx(50.0), pytest.approx(95.0))


def test_word_of_mouth_is_a_range_beside_the_loss_and_never_in_it() -> None:
    staying = Staying(one(100.0), one(50.0), one(200.0), None, 0.0)
    told = ledger(staying, one(0.5), MONEY)
    silent = ledger(staying, one(0.5), MONEY.model_copy(update={"people_told": Span(low=0, high=0)}))
    assert float(told["loss_word_of_mouth_low"][0]) == pytest.approx(4.0)
    assert float(told["loss_word_of_mouth_high"][0]) == pytest.approx(10.0)
    assert float(told["loss_word_of_mouth"][0]) == pytest.approx(7.0)
    assert told["loss_if_defect"] == silent["loss_if_defect"]


def test_a_margin_from_the_data_replaces_the_share() -> None:
    staying = Staying(one(100.0), one(50.0), one(200.0), one(70.0), 0.0)
    found = ledger(staying, one(0.5), MONEY)
    assert float(found["loss_profit"][0]) == pytest.approx(70.0)
    assert float(found["loss_high"][0]) == pytest.approx(140.0 + 35.0)


def test_a_known_value_passes_through() -> None:
    found = ledger(Staying.known(one(80.0)), one(0.5), MoneySettings())
    assert float(found["loss_if_defect"][0]) == float(found["loss_low"][0]) == float(found["loss_high"][0]) == 80.0


def test_later_horizons_count_by_retention_and_discount_until_the_lifetime_ends() -> None:
    money = MoneySettings(discount_rate=Figure(value=0.1), lifetime_years=Figure(value=3.0))
    later = later_horizons(np.array([0.0, 0.5, 1.0]), money, horizon_days=365)
    year = 1.1 ** -(365 / 365.25)
    assert later[0] == pytest.approx(year + year**2, rel=1e-3)
    assert later[1] == pytest.approx(0.5 * year + (0.5 * year) ** 2, rel=1e-3)
    assert later[2] == pytest.approx(0.0)


def test_without_discount_and_risk_the_lifetime_is_so_many_horizons() -> None:
    money = MoneySettings(discount_rate=Figure(value=0.0), lifetime_years=Figure(value=2.0))
    assert float(later_horizons(one(0.0), money, horizon_days=73)[0]) == pytest.approx(730.5 / 73 - 1)
    assert float(later_horizons(one(0.0), money, horizon_days=3650)[0]) == 0.0


def test_a_lifetime_adds_what_later_horizons_bring_to_what_the_first_one_loses() -> None:
    staying = Staying(one(100.0), one(50.0), one(200.0), None, defector_share=0.25)
    later = float(later_horizons(one(0.2), MONEY, 180)[0])
    found = lifetime(staying, one(0.2), MONEY, 180)
    assert float(found["lifetime_sales"][0]) == pytest.approx(75.0 + 100.0 * later)
    assert float(found["lifetime_profit"][0]) == pytest.approx(0.4 * (75.0 + 100.0 * later))
    assert float(lifetime(staying, one(0.2), MONEY, None)["lifetime_sales"][0]) == pytest.approx(75.0)


def test_nothing_is_assumed_that_was_not_given() -> None:
    money = MoneySettings()
    assert (money.replacement_cost.value, money.replacement_cost.status) == (0.0, "not given")
    assert money.word_of_mouth == (0.0, 0.0)
    for name, field in MoneySettings.model_fields.items():
        figure = getattr(money, name)
        assert field.description
        assert figure is None or (figure.source and figure.status != "given")


def test_a_range_upside_down_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"low 3\.0 is above high 2\.0"):
        Span(low=3, high=2)


@pytest.fixture(scope="module", name="model")
def _model() -> LossModel:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2))
    left = (rng.random(2000) < 0.3).astype(float)
    staying = np.exp(3 + X[:, 0])
    revenue = np.where(left == 1, 0.2, 1.0) * staying
    revenue[:50] = np.nan
    return fit_loss(Rows(X, left, np.arange(2000)), revenue, revenue * 0.5, MoneySettings(), QUICK).model


def test_the_value_is_that_of_staying_so_the_risk_is_not_counted_twice(model: LossModel) -> None:
    X = np.random.default_rng(1).normal(size=(2000, 2))
    assert model.staying(X).revenue.sum() == pytest.approx(np.exp(3 + X[:, 0]).sum(), rel=0.1)


def test_what_defectors_still_bring_is_measured(model: LossModel) -> None:
    assert model.defector_share == pytest.approx(0.2, abs=0.03)


def test_the_margin_is_learned_where_the_data_hold_it(model: LossModel) -> None:
    staying = model.staying(np.zeros((1, 2)))
    assert staying.margin is not None
    assert staying.margin[0] / staying.revenue[0] == pytest.approx(0.5, abs=0.05)


def test_it_loads_to_the_same_model(model: LossModel) -> None:
    assert LossModel.load(model.dump()).dump() == model.dump()
