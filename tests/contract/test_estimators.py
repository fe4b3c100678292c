"""Every estimator of ours passes scikit-learn's own checks."""

import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.utils.estimator_checks import check_estimator

from models import estimators
from models.estimators import DefectionTypeClassifier, RiskClassifier, ValueRegressor
from models.settings import LossSettings, TreeShape, TypeSettings
from tests.planted import QUICK, planted_rows, true_log_odds

TREE = TreeShape(name="small", leaves=6, depth=3, rate=0.2, leaf_rows=5, column_share=0.7, l2=1.0)
OURS = {
    RiskClassifier: RiskClassifier(QUICK.model_copy(update={"trees": (TREE,), "folds": 2, "bags": 1, "max_trees": 40})),
    DefectionTypeClassifier: DefectionTypeClassifier(TypeSettings(folds=2, max_trees=40, num_threads=1)),
    ValueRegressor: ValueRegressor(
        LossSettings(tree=TREE, objectives=("squared",), folds=2, max_trees=60, num_threads=1)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("estimator", OURS.values(), ids=lambda found: type(found).__name__)
def test_it_passes_the_checks_of_scikit_learn(estimator: BaseEstimator) -> None:
    found = check_estimator(clone(estimator), on_fail=None, on_skip=None)
    assert {result["check_name"]: result["exception"] for result in found if result["status"] == "failed"} == {}
    # the array API needs a variable of the environment, and nothing here uses it
    assert {result["check_name"] for result in found if result["status"] == "skipped"} <= {"check_array_api_input"}


def test_no_estimator_is_left_out() -> None:
    public = {
        found
        for name, found in inspect.getmembers(estimators, inspect.isclass)
        if found.__module__ == estimators.__name__ and not name.startswith("_")
    }
    assert public == set(OURS)


def test_the_classifier_gives_the_risk_that_the_plain_function_gives() -> None:
    rows = planted_rows(1500)
    fitted = RiskClassifier(QUICK, categories=(2,)).fit(
        rows.X, np.where(rows.y == 1, "leaves", "stays"), rows.customers
    )
    assert fitted.classes_.tolist() == ["leaves", "stays"]
    new = planted_rows(500, seed=2)
    leaving = fitted.predict_proba(new.X)[:, 0]
    assert np.corrcoef(leaving, true_log_odds(new.X))[0, 1] > 0.8


def test_more_than_two_outcomes_are_no_risk() -> None:
    rows = planted_rows(60)
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        RiskClassifier(QUICK).fit(rows.X, np.arange(60) % 3)
