"""Which kind of defection, given that the customer defects: price, product, service, self (own change), unknown.

A multinomial logistic regression and small LightGBMs are tried against the plain shares. Where neither predicts
held-out defectors better than the shares by more than its own error, the shares are the model: no signal, no story.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from scipy.special import log_softmax, softmax

from features.errors import DataError
from models.additive import Additive
from models.arrays import FloatArray, IntArray, Parts, floats, from_json, to_json
from models.boosting import Boosting, Trees, cross_fit, fit_boosters
from models.calibration import is_earned
from models.folds import Folds, customer_folds
from models.logistic import fit_multinomial
from models.rows import Rows
from models.settings import TreeShape, TypeSettings

Build = Callable[[IntArray, FloatArray], "TypeModel"]
TYPES = ("price", "product", "service", "self", "unknown")


@dataclass(frozen=True)
class TypeModel:
    """Probabilities of the types given defection.

    `classes` are the positions in TYPES that occurred; `scores` one additive model each, or LightGBM; `shares` of the
    types among the training defectors.
    """

    classes: tuple[int, ...]
    scores: tuple[Additive, ...] | Boosting
    shares: FloatArray
    name: str

    @property
    def tells(self) -> bool:
        """Whether any type but `unknown` occurred, so that there is something to tell."""
        return self.classes != (len(TYPES) - 1,)

    def probabilities(self, X: FloatArray) -> FloatArray:
        """Shape (rows, 5) in the order of TYPES; each row sums to 1."""
        probabilities = np.zeros((len(X), len(TYPES)))
        probabilities[:, list(self.classes)] = softmax(self._raw(X), axis=1)
        return probabilities

    def _raw(self, X: FloatArray) -> FloatArray:
        if isinstance(self.scores, Boosting):
            return self.scores.log_odds(X)
        return np.column_stack([model.log_odds(X) for model in self.scores])

    def dump(self) -> Parts:
        """Named files of text."""
        boosted = isinstance(self.scores, Boosting)
        stored = {
            "name": self.name,
            "classes": self.classes,
            "shares": self.shares,
            "additive": [] if isinstance(self.scores, Boosting) else [model.to_dict() for model in self.scores],
        }
        trees = self.scores.dump() if isinstance(self.scores, Boosting) else {}
        return {"types.json": to_json({**stored, "boosted": boosted}), **trees}

    @classmethod
    def load(cls, parts: Parts) -> "TypeModel":
        """What `dump` gave."""
        stored = from_json(parts["types.json"])
        additive = tuple(Additive.from_dict(model) for model in stored["additive"])
        scores = Boosting.load(parts) if stored["boosted"] else additive
        return cls(tuple(stored["classes"]), scores, floats(stored["shares"]), stored["name"])


@dataclass(frozen=True)
class TypeFit:
    """The type model, the log loss out of fold of each candidate, and what was found for the trees."""

    model: TypeModel
    scores: dict[str, float]
    details: dict[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grown:
    """Shapes of trees that are averaged, each with the number that was best, and the raw scores out of fold."""

    parts: tuple[tuple[TreeShape, int], ...]
    out_of_fold: FloatArray

    @property
    def name(self) -> str:
        """The shapes' names."""
        return "+".join(shape.name for shape, _ in self.parts)

    @property
    def count(self) -> int:
        """Trees of all shapes."""
        return sum(count for _, count in self.parts)


def fit_types(rows: Rows, types: Sequence[str | None] | None, settings: TypeSettings) -> TypeFit:
    """Fit on defectors only: `types` holds one of TYPES or None for each of the rows (None at all: no reasons)."""
    if types is None or all(given is None for given in types):
        return TypeFit(_shares_model(np.eye(len(TYPES))[-1], rows.columns), {})
    found = type_positions(types)
    shares = np.bincount(found, minlength=len(TYPES)) / len(found)
    classes, y = np.unique(found, return_inverse=True)
    folds = customer_folds(y.astype(np.float64), rows.customers, settings.folds, settings.seed)
    if len(classes) < 2 or len(found) < settings.fewest or not folds:
        return TypeFit(_shares_model(shares, rows.columns), {})
    model, scores, details = _choose(rows.target(y.astype(np.float64)), folds, settings)
    return TypeFit(_shares_model(shares, rows.columns) if model is None else model(classes, shares), scores, details)


def type_positions(types: Sequence[str | None]) -> IntArray:
    """Position in TYPES of each; None is unknown. Raises DataError for any other word."""
    known = {name: i for i, name in enumerate(TYPES)}
    for given in types:
        if given is not None and given not in known:
            raise DataError(
                "not a defection type", where="defections.type", value=given, fix=f"Use {', '.join(TYPES)}."
            )
    return np.array([known["unknown" if given is None else given] for given in types], dtype=np.int64)


def row_losses(y: IntArray, raw: FloatArray) -> FloatArray:
    """Log loss of each row from raw scores (rows, classes)."""
    return np.asarray(-log_softmax(raw, axis=1)[np.arange(len(y)), y])


def _choose(
    rows: Rows, folds: Folds, settings: TypeSettings
) -> tuple[Build | None, dict[str, float], dict[str, float | str]]:
    """How to build the best model, or None where the shares are not beaten; and the log loss of each out of fold."""
    y = rows.y.astype(np.int64)
    grown = _grown(rows, folds, settings)
    details: dict[str, float | str] = {"lightgbm.shape": grown.name, "lightgbm.trees": grown.count}
    raw = {"logistic": _linear_out_of_fold(rows, folds, settings), "lightgbm": grown.out_of_fold}
    losses = {"shares": row_losses(y, _shares_out_of_fold(y, folds))}
    losses |= {name: row_losses(y, scores) for name, scores in raw.items()}
    best = min(raw, key=lambda name: losses[name].mean())
    means = {name: float(loss.mean()) for name, loss in losses.items()}
    if not is_earned(losses["shares"] - losses[best], rows.customers, parameters=0):
        return None, means, details

    def build(classes: IntArray, shares: FloatArray) -> TypeModel:
        if best == "logistic":
            return TypeModel(tuple(classes.tolist()), fit_multinomial(rows, settings.linear), shares, best)
        fits = [fit_boosters(rows, _trees(y, shape, settings), count) for shape, count in grown.parts]
        return TypeModel(tuple(classes.tolist()), Boosting(tuple(chain(*fits)), settings.num_threads), shares, best)

    return build, means, details


def _grown(rows: Rows, folds: Folds, settings: TypeSettings) -> Grown:
    """The shape of trees with the lowest log loss out of fold, or the mean of all where that is lower."""
    y = rows.y.astype(np.int64)

    def grown(shape: TreeShape) -> Grown:
        trees = _trees(y, shape, settings)
        count, scores = cross_fit(rows, trees, folds, max_trees=settings.max_trees, patience=settings.patience)
        return Grown(((shape, count),), scores)

    each = [grown(shape) for shape in settings.trees]
    mean = Grown(tuple(chain(*(g.parts for g in each))), np.mean([g.out_of_fold for g in each], axis=0))
    return min([*each, mean], key=lambda found: row_losses(y, found.out_of_fold).mean())


def _shares_out_of_fold(y: IntArray, folds: Folds) -> FloatArray:
    scores = np.empty((len(y), int(y.max()) + 1))
    for inside, held in folds:
        scores[held] = np.log(np.bincount(y[inside], minlength=scores.shape[1]) / len(inside))
    return scores


def _linear_out_of_fold(rows: Rows, folds: Folds, settings: TypeSettings) -> FloatArray:
    scores = np.empty((len(rows.y), int(rows.y.max()) + 1))
    for inside, held in folds:
        models = fit_multinomial(rows.take(inside), settings.linear)
        scores[held] = np.column_stack([model.log_odds(rows.X[held]) for model in models])
    return scores


def _trees(y: IntArray, shape: TreeShape, settings: TypeSettings) -> Trees:
    classes = (("num_class", int(y.max()) + 1),)
    return Trees(shape, settings.seed, settings.num_threads, "multiclass", classes)


def _shares_model(shares: FloatArray, columns: int) -> TypeModel:
    classes = tuple(int(i) for i in np.flatnonzero(shares))
    return TypeModel(classes, tuple(Additive(float(np.log(shares[i])), {}, columns) for i in classes), shares, "shares")
