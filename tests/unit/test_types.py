"""The type of defection, given defection."""

import numpy as np
import pytest

from features.errors import DataError
from models.evaluate import evaluate_types
from models.rows import Rows
from models.settings import TypeSettings
from models.types import TYPES, TypeModel, fit_types, type_positions

QUICK = TypeSettings(folds=3, max_trees=60, patience=8, num_threads=1)


def defectors(rows: int, seed: int, *, signal: bool) -> tuple[Rows, list[str | None]]:
    """Open complaints lead to service, price rises to price; a tenth gives no reason."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    chances = np.column_stack([np.exp(1.5 * X[:, 0] * signal), np.exp(1.5 * X[:, 1] * signal), np.ones(rows)])
    chances /= chances.sum(axis=1, keepdims=True)
    drawn = (chances.cumsum(axis=1) < rng.random(rows)[:, None]).sum(axis=1)
    names = np.array(["price", "service", "self"])[drawn]
    types = [None if silent else str(name) for name, silent in zip(names, rng.random(rows) < 0.1, strict=True)]
    return Rows(X, np.ones(rows), np.arange(rows)), types


def test_it_finds_the_planted_types() -> None:
    rows, types = defectors(1500, 0, signal=True)
    fitted = fit_types(rows, types, QUICK)
    new, truth = defectors(3000, 1, signal=True)
    found = evaluate_types(type_positions(truth), fitted.model.probabilities(new.X), fitted.model.shares)
    assert fitted.model.name in {"logistic", "lightgbm"}
    assert found["type.log_loss"] < found["type.log_loss_prior"] - 0.15
    assert found["type.ece"] < 0.05


def test_without_signal_everybody_gets_the_shares() -> None:
    rows, types = defectors(1500, 0, signal=False)
    fitted = fit_types(rows, types, QUICK)
    assert fitted.model.name == "shares"
    expected = np.bincount(type_positions(types), minlength=5) / 1500
    np.testing.assert_allclose(fitted.model.probabilities(rows.X[:3]), [expected] * 3)


def test_without_reasons_every_type_is_unknown() -> None:
    rows, _ = defectors(50, 0, signal=True)
    for given in (None, [None] * 50):
        probabilities = fit_types(rows, given, QUICK).model.probabilities(rows.X)
        np.testing.assert_array_equal(probabilities, np.tile(np.eye(5)[TYPES.index("unknown")], (50, 1)))


def test_a_few_defectors_are_not_enough_for_a_story() -> None:
    rows, types = defectors(20, 0, signal=True)
    assert fit_types(rows, types, QUICK).model.name == "shares"


@pytest.mark.parametrize("kinds", [("price", "service"), ("price", "service", "self", "unknown")])
@pytest.mark.parametrize("signal", [True, False])
def test_probabilities_sum_to_one_and_types_that_never_occurred_get_none(kinds: tuple[str, ...], signal: bool) -> None:
    rows, types = defectors(800, 0, signal=signal)
    kept = np.array([i for i, given in enumerate(types) if (given or "unknown") in kinds])
    model = fit_types(rows.take(kept), [types[i] for i in kept], QUICK).model
    probabilities = model.probabilities(rows.X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    absent = [i for i, name in enumerate(TYPES) if name not in kinds]
    assert probabilities[:, absent].max() == 0


@pytest.mark.parametrize("signal", [True, False])
def test_it_loads_to_the_same_model(signal: bool) -> None:
    rows, types = defectors(600, 0, signal=signal)
    model = fit_types(rows, types, QUICK).model
    loaded = TypeModel.load(model.dump())
    np.testing.assert_array_equal(loaded.probabilities(rows.X), model.probabilities(rows.X))
    assert loaded.dump() == model.dump()


def test_a_boosted_type_model_loads_too() -> None:
    rows, _ = defectors(1500, 0, signal=True)
    bent = ["price" if abs(x) > 0.7 else "service" for x in rows.X[:, 0]]
    model = fit_types(rows, bent, QUICK).model
    assert model.name == "lightgbm"
    np.testing.assert_array_equal(TypeModel.load(model.dump()).probabilities(rows.X), model.probabilities(rows.X))


def test_many_rows_with_few_strong_columns_get_the_firm_trees() -> None:
    rng = np.random.default_rng(0)
    rows, types = defectors(3000, 0, signal=True)
    noisy = Rows(np.column_stack([rows.X, rng.normal(size=(3000, 120))]), rows.y, rows.customers)
    fitted = fit_types(noisy, types, QUICK)
    small = QUICK.model_copy(update={"trees": QUICK.trees[:1]})
    assert "firm" in str(fitted.details["lightgbm.shape"])
    assert fitted.scores["lightgbm"] < fit_types(noisy, types, small).scores["lightgbm"]


def test_the_mean_of_the_shapes_is_taken_where_it_is_better() -> None:
    rows, types = defectors(1500, 0, signal=True)
    longer = QUICK.model_copy(update={"max_trees": 200})
    fitted = fit_types(rows, types, longer)
    alone = [longer.model_copy(update={"trees": (shape,)}) for shape in longer.trees]
    assert fitted.details["lightgbm.shape"] == "small+firm"
    assert fitted.scores["lightgbm"] < min(fit_types(rows, types, one).scores["lightgbm"] for one in alone)


def test_another_word_for_a_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"not a defection type: 'competitor'\. Use price, product"):
        type_positions(["price", "competitor"])


def test_the_calibration_error_of_types_is_the_mean_over_the_types() -> None:
    sure = np.tile(np.eye(5)[0], (40, 1))  # always price, which is right in half the cases, and service in the others
    truth = type_positions(["price", "service"] * 20)
    assert evaluate_types(truth, sure, np.full(5, 0.2))["type.ece"] == pytest.approx((0.5 + 0.5) / 5)
