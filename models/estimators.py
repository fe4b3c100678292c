"""The models as scikit-learn estimators, for notebooks, pipelines and comparisons with other estimators.

`holdfast train` does not need them: it fits through plain functions and keeps frozen objects that are stored as text.
Each row counts as a customer of its own unless `groups` says which rows belong together. Numbers only; a missing value
is NaN, and a category is a whole number whose column is named in `categories`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from models.arrays import FloatArray, IntArray
from models.folds import codes_of
from models.risk import fit_risk
from models.rows import Rows
from models.settings import LossSettings, RiskSettings, TypeSettings
from models.types import TYPES, fit_types
from models.value import fit_value

Labels = npt.NDArray[Any]


class _Tabular(BaseEstimator):  # type: ignore[misc]
    """Reads a matrix of floats in which NaN means missing."""

    categories: Sequence[int]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _training(self, X: Any, y: Any, groups: Any, **checks: Any) -> tuple[Rows, Labels]:
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", **checks)
        customers: IntArray = np.arange(len(X)) if groups is None else codes_of(groups)
        return Rows(np.asfortranarray(X), np.zeros(len(X)), customers, tuple(self.categories)), y

    def _matrix(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        checked = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asfortranarray(checked)


class _Classes(ClassifierMixin, _Tabular):  # type: ignore[misc]
    """A classifier that gives a probability for each class."""

    classes_: Labels

    def _labels(self, y: Labels) -> IntArray:
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"both outcomes are needed, and there is one class only: {self.classes_.tolist()}")
        return np.asarray(codes, dtype=np.int64)

    def predict_proba(self, X: Any) -> FloatArray:
        """Probability of each class, shape (rows, classes)."""
        raise NotImplementedError

    def predict(self, X: Any) -> Labels:
        """The most probable class of each row."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[most_probable])


class RiskClassifier(_Classes):
    """The calibrated risk of defection: base rate, rule, logistic regression, LightGBM or their blend, by log loss.

    >>> RiskClassifier(categories=(2,)).get_params()["categories"]
    (2,)
    """

    def __init__(self, settings: RiskSettings | None = None, categories: Sequence[int] = ()) -> None:
        self.settings = settings
        self.categories = categories

    def fit(self, X: Any, y: Any, groups: Any = None) -> "RiskClassifier":
        """X (rows, columns), y (rows,) two classes, the second in order being defection; `groups` (rows,) customers.

        Raises ValueError for anything but two classes.
        """
        rows, labels = self._training(X, y, groups)
        codes = self._labels(labels)
        if len(self.classes_) > 2:
            raise ValueError(f"Only binary classification is supported. There are {len(self.classes_)} classes.")
        self.model_ = fit_risk(rows.target(codes.astype(np.float64)), self.settings or RiskSettings()).model
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Calibrated log-odds of the second class, shape (rows,)."""
        matrix = self._matrix(X)
        return self.model_.log_odds(matrix)

    def predict_proba(self, X: Any) -> FloatArray:
        """Calibrated probability of each class, shape (rows, 2)."""
        risk: FloatArray = expit(self.decision_function(X))
        return np.column_stack([1 - risk, risk])

    def predict(self, X: Any) -> Labels:
        """The second class where it is more probable than the first."""
        leaves = (self.decision_function(X) > 0).astype(np.int64)
        return np.asarray(self.classes_[leaves])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


class DefectionTypeClassifier(_Classes):
    """Which kind of defection, of at most as many as there are types; the plain shares where nothing can be learned."""

    def __init__(self, settings: TypeSettings | None = None, categories: Sequence[int] = ()) -> None:
        self.settings = settings
        self.categories = categories

    def fit(self, X: Any, y: Any, groups: Any = None) -> "DefectionTypeClassifier":
        """X (rows, columns) of defectors, y (rows,) their types under any names; `groups` (rows,) customers."""
        rows, labels = self._training(X, y, groups)
        codes = self._labels(labels)
        if len(self.classes_) > len(TYPES):
            raise ValueError(f"there are {len(TYPES)} types of defection, and {len(self.classes_)} classes were given")
        self.model_ = fit_types(rows, [TYPES[code] for code in codes], self.settings or TypeSettings()).model
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Probability of each class, shape (rows, classes)."""
        matrix = self._matrix(X)
        return self.model_.probabilities(matrix)[:, : len(self.classes_)]


class ValueRegressor(RegressorMixin, _Tabular):  # type: ignore[misc]
    """Money that a customer who stays brings: never negative, with an interval."""

    def __init__(self, settings: LossSettings | None = None, categories: Sequence[int] = ()) -> None:
        self.settings = settings
        self.categories = categories

    def fit(self, X: Any, y: Any, groups: Any = None) -> "ValueRegressor":
        """X (rows, columns), y (rows,) money; what is below zero counts as nothing; `groups` (rows,) customers."""
        rows, money = self._training(X, y, groups, y_numeric=True, ensure_min_samples=2)
        self.model_ = fit_value(rows.target(money.astype(np.float64)), self.settings or LossSettings()).model
        return self

    def predict(self, X: Any) -> FloatArray:
        """Expected money, shape (rows,)."""
        matrix = self._matrix(X)
        return self.model_.predict(matrix)

    def predict_interval(self, X: Any) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end of the interval, each (rows,)."""
        matrix = self._matrix(X)
        return self.model_.interval(matrix)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags
