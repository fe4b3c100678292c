"""What a customer who stays brings over the horizon: zero-inflated, heavy-tailed money, and an interval for it.

The expectation is chosen among several ways (`models.centre`). The interval is conformalised quantile regression
(Romano, Patterson and Candes 2019) on the log scale, with misses counted on rows that were not fitted on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.errors import DataError
from models.anchors import Anchor
from models.arrays import FloatArray, IntArray, Parts, from_json, to_json, under, within
from models.boosting import Trees, cross_fit, dump_boosters, fit_boosters, load_boosters, mean_of
from models.centre import Boosters, Centre, fit_centre, unit_of
from models.folds import Folds, customer_sample, rolling_splits, value_folds
from models.rows import Rows
from models.settings import LossSettings

NOTHING = float(np.log1p(1.0))  # a hundredth of the mean, on the log scale
ROUNDING = 1e-12
LEFT_OUT = 5  # parts of the customers, of which one is left out at a time to count misses


@dataclass(frozen=True)
class ValueModel:
    """Expected money of a stayer, and the interval that holds the stated share of realised values."""

    centre: Centre
    quantiles: tuple[Boosters, Boosters]
    widening: float
    coverage: float

    def predict(self, X: FloatArray) -> FloatArray:
        """Expected money (rows,)."""
        return self.centre.predict(X)

    def interval(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end (rows,); the expectation always lies between them."""
        low, high = (mean_of(b, X, self.centre.num_threads, raw_score=True) for b in self.quantiles)
        bottom = np.where(low > NOTHING, np.maximum(low - self.widening, 0.0), 0.0)
        middle, unit = self.predict(X), self.centre.unit
        return np.minimum(unit * np.expm1(bottom), middle), np.maximum(unit * np.expm1(high + self.widening), middle)

    def dump(self) -> Parts:
        """Named files of text."""
        stored = {"widening": self.widening, "coverage": self.coverage}
        parts = {"value.json": to_json(stored), **under("centre", self.centre.dump())}
        for end, boosters in zip(("low", "high"), self.quantiles, strict=True):
            parts |= under(end, dump_boosters(boosters))
        return parts

    @classmethod
    def load(cls, parts: Parts) -> "ValueModel":
        """What `dump` gave."""
        stored = from_json(parts["value.json"])
        centre = Centre.load(within("centre", parts))
        low, high = (load_boosters(within(end, parts)) for end in ("low", "high"))
        return cls(centre, (low, high), stored["widening"], stored["coverage"])


@dataclass(frozen=True)
class ValueFit:
    """The value model and the deviance out of fold of each candidate."""

    model: ValueModel
    scores: dict[str, float]


def fit_value(rows: Rows, settings: LossSettings, anchors: Mapping[str, Anchor] | None = None) -> ValueFit:
    """Fit on stayers; the target is their realised money, less than 0 counting as 0. Raises DataError without any.

    `anchors` are starts by name (`models.anchors.find_anchors`); ways that need one that is not there are left out.
    """
    paid, sample, folds = _prepared(rows, settings)
    centre, scores = fit_centre(paid, sample, folds, anchors or {}, settings)
    quantiles, widening = _fit_interval(paid, sample, folds, settings)
    return ValueFit(ValueModel(centre, quantiles, widening, settings.coverage), scores)


def fit_expectation(rows: Rows, settings: LossSettings) -> Centre:
    """As `fit_value`, without an interval."""
    return fit_centre(*_prepared(rows, settings), {}, settings)[0]


def _prepared(rows: Rows, settings: LossSettings) -> tuple[Rows, Rows, Folds]:
    """The rows with their money as target, those that choices are made on, and their folds."""
    paid = rows.target(np.maximum(rows.y, 0.0))
    if len(paid.y) < 2 or not np.isfinite(paid.y).all() or paid.y.sum() == 0:
        raise DataError("no realised money of staying customers to learn from", where="loss", fix="Check the amounts.")
    sample = paid.take(customer_sample(paid.customers, settings.selection_rows, settings.seed))
    folds = value_folds(sample.customers, settings.folds, settings.seed)
    if not folds:
        raise DataError("only one customer stayed", where="loss", fix="Check the outcome's definition.")
    return paid, sample, folds


def _fit_interval(
    rows: Rows, sample: Rows, folds: Folds, settings: LossSettings
) -> tuple[tuple[Boosters, Boosters], float]:
    """Boosters of both ends on the log scale, and how far to widen them (less than 0: they were too wide)."""
    tail, unit = (1 - settings.coverage) / 2, unit_of(rows)
    logs, whole = _logs(sample, unit), _logs(rows, unit)
    parts = _calibration_parts(whole, settings)
    ends, raw = [], []
    for level in (tail, 1 - tail):
        trees = Trees(settings.tree, settings.seed, settings.num_threads, "quantile", (("alpha", level),))
        count, _ = cross_fit(logs, trees, folds, max_trees=settings.max_trees, patience=settings.patience)
        ends.append(fit_boosters(whole, trees, count))
        fits = ((fit_boosters(whole.take(fit), trees, count), held) for fit, held, _ in parts)
        raw.append([mean_of(fit, whole.X[held], settings.num_threads, raw_score=True) for fit, held in fits])
    actual, low, high = (np.concatenate(values) for values in ([whole.y[held] for _, held, _ in parts], *raw))
    weights = np.repeat([weight for *_, weight in parts], [len(held) for _, held, _ in parts])
    return (ends[0], ends[1]), widening(actual, low, high, settings.coverage, weights)


def _calibration_parts(rows: Rows, settings: LossSettings) -> list[tuple[IntArray, IntArray, float]]:
    """Rows to fit on, rows to count misses on, and their weight: later snapshots where time allows.

    Each quarter of the snapshots weighs half as much as the one after it: more than the last quarter, which may be
    one season, and less of what may have changed since. With too little time other customers take their place. A fifth
    of them is left out, so that the fits are nearly those that will be used (fits to fewer rows miss more often), in
    turn until enough rows are counted.
    """
    if splits := rolling_splits(rows, settings.calibration_snapshots):
        return [(np.flatnonzero(early), np.flatnonzero(late), 0.5**k) for k, (early, late) in enumerate(splits)]
    folds = value_folds(rows.customers, LEFT_OUT, settings.seed)
    counted = np.cumsum([len(held) for _, held in folds])
    wanted = int(np.searchsorted(counted, settings.calibration_rows)) + 1
    return [(fit, held, 1.0) for fit, held in folds[:wanted]]


def widening(
    actual: FloatArray, low: FloatArray, high: FloatArray, coverage: float, weights: FloatArray | None = None
) -> float:
    """How far to widen so that `coverage` of the actual values fall inside, with the finite-sample correction.

    All (rows,), values on the log scale. Where the lower end is nothing, nobody can fall below it: only the upper end
    can miss, and only it moves.
    """
    misses = np.maximum(np.where(low > NOTHING, low - actual, -np.inf), actual - high)
    order, w = np.argsort(misses), np.ones(len(misses)) if weights is None else weights
    reached = np.cumsum(w[order])
    rank = np.searchsorted(reached, coverage * (reached[-1] + w.max()) * (1 - ROUNDING))
    return float(misses[order[min(int(rank), len(misses) - 1)]])


def _logs(rows: Rows, unit: float) -> Rows:
    return rows.target(np.log1p(rows.y / unit))
