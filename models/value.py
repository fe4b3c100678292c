"""What a customer who stays brings over the horizon: zero-inflated, heavy-tailed money, and an interval for it.

Several losses are tried (squared, squared on the log scale, Tweedie, absolute) beside the plain mean, each scaled so
that its total out of fold equals what happened, and compared by Tweedie deviance (power 1.5), which is proper for a
mean, knows zeros and does not let the few largest customers decide alone. The interval is conformalised quantile
regression (Romano, Patterson and Candes 2019) on the log scale, with scores from folds of whole customers. Logs are
taken of money in hundredths of its mean, so the currency does not matter.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from features.errors import DataError
from models.arrays import FloatArray, Parts, from_json, to_json, under, within
from models.boosting import Trees, cross_fit, dump_boosters, fit_boosters, load_boosters, mean_of
from models.folds import Folds, customer_sample, later_split, value_folds
from models.rows import Rows
from models.settings import LossSettings

if TYPE_CHECKING:
    import lightgbm as lgb

Boosters: TypeAlias = tuple["lgb.Booster", ...]
OBJECTIVES = {"squared": "l2", "log": "l2", "tweedie": "tweedie", "absolute": "l1"}
TWEEDIE_POWER = 1.5
TINY = 1e-12
NOTHING = float(np.log1p(1.0))  # a hundredth of the mean, on the log scale


@dataclass(frozen=True)
class Centre:
    """Expected money: LightGBM under one loss times a scale; without boosters the plain mean."""

    name: str
    scale: float
    boosters: Boosters
    num_threads: int
    unit: float

    def predict(self, X: FloatArray) -> FloatArray:
        """Money (rows,), never negative."""
        if not self.boosters:
            return np.full(len(X), self.scale)
        return self.scale * to_money(self.name, mean_of(self.boosters, X, self.num_threads, raw_score=True), self.unit)

    def dump(self) -> Parts:
        """Named files of text."""
        stored = {"objective": self.name, "scale": self.scale, "unit": self.unit, "num_threads": self.num_threads}
        return {"centre.json": to_json(stored), **dump_boosters(self.boosters)}

    @classmethod
    def load(cls, parts: Parts) -> "Centre":
        """What `dump` gave."""
        stored = from_json(parts["centre.json"])
        return cls(stored["objective"], stored["scale"], load_boosters(parts), stored["num_threads"], stored["unit"])


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


def fit_value(rows: Rows, settings: LossSettings) -> ValueFit:
    """Fit on stayers; the target is their realised money, less than 0 counting as 0. Raises DataError without any."""
    paid, sample, folds = _prepared(rows, settings)
    centre, scores = _fit_centre(paid, sample, folds, settings)
    quantiles, widening = _fit_interval(paid, sample, folds, settings)
    return ValueFit(ValueModel(centre, quantiles, widening, settings.coverage), scores)


def fit_expectation(rows: Rows, settings: LossSettings) -> Centre:
    """As `fit_value`, without an interval."""
    return _fit_centre(*_prepared(rows, settings), settings)[0]


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


def to_money(objective: str, raw: FloatArray, unit: float) -> FloatArray:
    """LightGBM's raw score as money, before scaling; logs are of money in `unit`."""
    if objective == "tweedie":
        return np.asarray(np.exp(raw))
    return np.asarray(np.maximum(unit * np.expm1(raw) if objective == "log" else raw, 0.0))


def deviance(actual: FloatArray, predicted: FloatArray, floor: float = 1e-3) -> float:
    """Mean Tweedie deviance of power 1.5, over the mean of `actual` ** 0.5 so that the currency's unit cancels.

    Predictions below `floor` times the mean count as that: an expectation of nothing is never right for certain.
    """
    p = TWEEDIE_POWER
    mu = np.maximum(predicted, floor * actual.mean())
    parts = actual ** (2 - p) / ((1 - p) * (2 - p))
    parts = parts - actual * mu ** (1 - p) / (1 - p) + mu ** (2 - p) / (2 - p)
    return float(2 * parts.mean() / actual.mean() ** (2 - p))


def _fit_centre(rows: Rows, sample: Rows, folds: Folds, settings: LossSettings) -> tuple[Centre, dict[str, float]]:
    scores = {"mean": deviance(sample.y, np.full(len(sample.y), sample.y.mean()))}
    unit = _unit(rows)
    counts: dict[str, int] = {}
    scales: dict[str, float] = {"mean": float(np.average(rows.y, weights=rows.weights))}
    for name in settings.objectives:
        trees = _trees(name, settings)
        counts[name], raw = _cross_fit(_on_scale(name, sample, unit), trees, folds, settings)
        predicted = to_money(name, raw, unit)
        scales[name] = _ratio(sample.y, predicted)
        scores[name] = deviance(sample.y, scales[name] * predicted)
    best = min(scores, key=lambda name: scores[name])
    if best == "mean":
        return Centre(best, scales[best], (), settings.num_threads, unit), scores
    boosters = fit_boosters(_on_scale(best, rows, unit), _trees(best, settings), counts[best])
    return _levelled(Centre(best, scales[best], boosters, settings.num_threads, unit), rows, settings), scores


def _levelled(centre: Centre, rows: Rows, settings: LossSettings) -> Centre:
    """The same, at the level of the later rows where that differs beyond chance from what a fit to all rows says."""
    split = later_split(rows, settings.calibration_snapshots)
    if split is None:
        return centre
    late = rows.take(split[1])
    predicted = centre.predict(late.X)
    ratio = _ratio(late.y, predicted)
    by_customer = np.bincount(np.unique(late.customers, return_inverse=True)[1], late.y - ratio * predicted)
    error = np.sqrt((by_customer**2).sum()) / max(predicted.sum(), TINY)
    return replace(centre, scale=centre.scale * ratio) if ratio > 0 and abs(ratio - 1) > error else centre


def _fit_interval(
    rows: Rows, sample: Rows, folds: Folds, settings: LossSettings
) -> tuple[tuple[Boosters, Boosters], float]:
    """Boosters of both ends on the log scale, and how far to widen them (less than 0: they were too wide).

    The misses come from later rows where time allows, else from the folds.
    """
    tail, unit = (1 - settings.coverage) / 2, _unit(rows)
    logs, whole, later = _on_scale("log", sample, unit), _on_scale("log", rows, unit), None
    if split := later_split(whole, settings.calibration_snapshots):
        early, later = whole.take(split[0]), whole.take(split[1])
    ends, raw = [], []
    for level in (tail, 1 - tail):
        trees = Trees(settings.tree, settings.seed, settings.num_threads, "quantile", (("alpha", level),))
        count, scores = _cross_fit(logs, trees, folds, settings)
        ends.append(fit_boosters(whole, trees, count))
        if later is not None:
            scores = mean_of(fit_boosters(early, trees, count), later.X, settings.num_threads, raw_score=True)
        raw.append(scores)
    return (ends[0], ends[1]), _widening((later or logs).y, raw[0], raw[1], settings.coverage)


def _widening(actual: FloatArray, low: FloatArray, high: FloatArray, coverage: float) -> float:
    """How far to widen so that `coverage` of the actual values fall inside, with the finite-sample correction.

    Where the lower end is nothing, nobody can fall below it: only the upper end can miss, and only it moves.
    """
    misses = np.maximum(np.where(low > NOTHING, low - actual, -np.inf), actual - high)
    level = min(np.ceil((len(misses) + 1) * coverage) / len(misses), 1.0)
    return float(np.quantile(misses, level, method="higher"))


def _ratio(actual: FloatArray, predicted: FloatArray) -> float:
    return float(actual.sum() / max(predicted.sum(), TINY))


def _cross_fit(rows: Rows, trees: Trees, folds: Folds, settings: LossSettings) -> tuple[int, FloatArray]:
    return cross_fit(rows, trees, folds, max_trees=settings.max_trees, patience=settings.patience)


def _unit(rows: Rows) -> float:
    return float(rows.y.mean()) / 100


def _on_scale(objective: str, rows: Rows, unit: float) -> Rows:
    """The rows with their money as the objective sees it."""
    return rows.target(np.log1p(rows.y / unit)) if objective == "log" else rows


def _trees(objective: str, settings: LossSettings) -> Trees:
    extra = (("tweedie_variance_power", TWEEDIE_POWER),) if objective == "tweedie" else ()
    return Trees(settings.tree, settings.seed, settings.num_threads, OBJECTIVES[objective], extra)
