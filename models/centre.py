"""Expected money of a stayer: several ways to predict it, compared on customers they were not fitted on.

LightGBM under several losses (squared, squared on the log scale, Tweedie, absolute), each scaled so that its total out
of fold equals what happened; the terms known today (`models.anchors`), alone or with the difference learned by trees;
the plain mean. Compared by Tweedie deviance (power 1.5), which is proper for a mean, knows zeros and does not let the
few largest customers decide alone, or by the absolute error. Logs are taken of money in hundredths of its mean, so the
currency does not matter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from models.anchors import Anchor, load_anchor
from models.arrays import BoolArray, FloatArray, IntArray, Parts, from_json, to_json
from models.boosting import Trees, cross_fit, dump_boosters, fit_boosters, load_boosters, mean_of
from models.folds import Folds, later_split
from models.rows import Rows
from models.settings import LossSettings

if TYPE_CHECKING:
    import lightgbm as lgb

Boosters: TypeAlias = tuple["lgb.Booster", ...]
TWEEDIE_POWER = 1.5
TINY = 1e-12


class Way(NamedTuple):
    """How a candidate predicts: LightGBM's objective, and the anchor that it starts from."""

    objective: str | None
    anchor: str | None = None


WAYS: Mapping[str, Way] = {
    "squared": Way("l2"),
    "log": Way("l2"),
    "tweedie": Way("tweedie"),
    "absolute": Way("l1"),
    "price": Way(None, "price"),
    "price_absolute": Way("l1", "price"),
    "buying": Way(None, "buying"),
}


@dataclass(frozen=True)
class Centre:
    """Expected money: anchor and trees under one loss, times a scale; without either the plain mean."""

    name: str
    scale: float
    boosters: Boosters
    num_threads: int
    unit: float
    anchor: Anchor | None = None

    def predict(self, X: FloatArray) -> FloatArray:
        """Money (rows,), never negative."""
        start = None if self.anchor is None else self.anchor.predict(X)
        if not self.boosters:
            return np.full(len(X), self.scale) if start is None else self.scale * start
        raw = mean_of(self.boosters, X, self.num_threads, raw_score=True)
        return self.scale * to_money(self.name, raw, self.unit, start)

    def refitted(self, rows: Rows, settings: LossSettings) -> "Centre":
        """The same way with as many trees, fitted on other rows; the scale stays."""
        if not self.boosters:
            return self
        some = _as_seen(self.name, rows, self.unit, self.anchor)
        count = self.boosters[0].num_trees()
        return replace(self, boosters=fit_boosters(some, _trees(self.name, settings), count))

    def dump(self) -> Parts:
        """Named files of text."""
        stored = {"objective": self.name, "scale": self.scale, "unit": self.unit, "num_threads": self.num_threads}
        anchor = None if self.anchor is None else self.anchor.stored()
        return {"centre.json": to_json(stored | {"anchor": anchor}), **dump_boosters(self.boosters)}

    @classmethod
    def load(cls, parts: Parts) -> "Centre":
        """What `dump` gave."""
        stored = from_json(parts["centre.json"])
        boosters, anchor = load_boosters(parts), load_anchor(stored["anchor"])
        return cls(stored["objective"], stored["scale"], boosters, stored["num_threads"], stored["unit"], anchor)


def fit_centre(
    rows: Rows, sample: Rows, folds: Folds, anchors: Mapping[str, Anchor], settings: LossSettings
) -> tuple[Centre, dict[str, float]]:
    """The best way, fitted on `rows`, and the score of each on `sample` out of its `folds` (smaller is better).

    The plain mean where too few customers brought money to compare anything out of fold.
    """
    wanted = settings.objectives if some_outside(sample.y > 0, folds) else ()
    score, sample = CRITERIA[settings.criterion], sample if wanted else rows
    scores = {"mean": score(sample.y, np.full(len(sample.y), sample.y.mean()))}
    unit = unit_of(rows)
    mean = float(np.average(rows.y, weights=rows.weights))
    made = {"mean": Centre("mean", mean, (), settings.num_threads, unit)}
    counts = {"mean": 0}
    for name in wanted:
        way = WAYS[name]
        if way.anchor is not None and way.anchor not in anchors:
            continue
        anchor = anchors[way.anchor] if way.anchor else None
        counts[name], predicted = _out_of_fold(name, sample, folds, anchor, unit, settings)
        if predicted.sum() <= 0:  # as LightGBM's absolute loss where most brought nothing: no scale meets the total
            continue
        scale = ratio(sample.y, predicted) if anchor is None else 1.0
        made[name] = Centre(name, scale, (), settings.num_threads, unit, anchor)
        scores[name] = score(sample.y, scale * predicted)
    best = made[min(scores, key=lambda name: scores[name])]
    if not counts[best.name]:
        return best, scores
    some = _as_seen(best.name, rows, unit, best.anchor)
    boosters = fit_boosters(some, _trees(best.name, settings), counts[best.name])
    return _levelled(replace(best, boosters=boosters), rows, settings), scores


def to_money(name: str, raw: FloatArray, unit: float, start: FloatArray | None = None) -> FloatArray:
    """LightGBM's raw score as money, before scaling; logs are of money in `unit`, an anchor is added to."""
    if name == "tweedie":
        return np.asarray(np.exp(raw))
    if name == "log":
        return np.asarray(np.maximum(unit * np.expm1(raw), 0.0))
    return np.asarray(np.maximum(raw if start is None else raw + start, 0.0))


def deviance(actual: FloatArray, predicted: FloatArray, floor: float = 1e-3) -> float:
    """Mean Tweedie deviance of power 1.5, over the mean of `actual` ** 0.5 so that the currency's unit cancels.

    Predictions below `floor` times the mean count as that: an expectation of nothing is never right for certain.
    """
    p = TWEEDIE_POWER
    mu = np.maximum(predicted, floor * actual.mean())
    parts = actual ** (2 - p) / ((1 - p) * (2 - p))
    parts = parts - actual * mu ** (1 - p) / (1 - p) + mu ** (2 - p) / (2 - p)
    return float(2 * parts.mean() / actual.mean() ** (2 - p))


def absolute_error(actual: FloatArray, predicted: FloatArray) -> float:
    """Mean absolute error over the mean of `actual`."""
    return float(np.abs(actual - predicted).mean() / actual.mean())


CRITERIA: Mapping[str, Callable[[FloatArray, FloatArray], float]] = {"deviance": deviance, "absolute": absolute_error}


def ratio(actual: FloatArray, predicted: FloatArray) -> float:
    """Actual over predicted total; 1 where nothing was predicted."""
    return float(actual.sum() / predicted.sum()) if predicted.sum() > 0 else 1.0


def some_outside(wanted: BoolArray, folds: Folds) -> bool:
    """Whether there are folds, and outside each of them a row that is `wanted` (rows,): else nothing can be learned."""
    return bool(folds) and all(wanted[inside].any() for inside, _ in folds)


def unit_of(rows: Rows) -> float:
    """A hundredth of the mean: what logs are taken of."""
    return float(rows.y.mean()) / 100


def _out_of_fold(
    name: str, sample: Rows, folds: Folds, anchor: Anchor | None, unit: float, settings: LossSettings
) -> tuple[int, FloatArray]:
    """The number of trees, and the prediction of each row by a fit without its customer."""
    start = None if anchor is None else anchor.predict(sample.X)
    if WAYS[name].objective is None and start is not None:
        return 0, start
    seen, trees = _as_seen(name, sample, unit, anchor), _trees(name, settings)
    count, raw = cross_fit(seen, trees, folds, max_trees=settings.max_trees, patience=settings.patience)
    return count, to_money(name, raw, unit, start)


def _levelled(centre: Centre, rows: Rows, settings: LossSettings) -> Centre:
    """The same, at the level of the later rows where that differs beyond chance from what a fit to all rows says."""
    split = later_split(rows, settings.calibration_snapshots)
    if split is None or centre.anchor is not None:
        return centre
    late = rows.take(split[1])
    predicted = centre.predict(late.X)
    found = ratio(late.y, predicted)
    by_customer = _sums(late.y - found * predicted, late.customers)
    error = np.sqrt((by_customer**2).sum()) / max(predicted.sum(), TINY)
    return replace(centre, scale=centre.scale * found) if found > 0 and abs(found - 1) > error else centre


def _sums(values: FloatArray, customers: IntArray) -> FloatArray:
    return np.asarray(np.bincount(np.unique(customers, return_inverse=True)[1], values))


def _as_seen(name: str, rows: Rows, unit: float, anchor: Anchor | None) -> Rows:
    """The rows with their money as the trees see it: on the log scale, or as the difference to the anchor."""
    if anchor is not None:
        return rows.target(rows.y - anchor.predict(rows.X))
    return rows.target(np.log1p(rows.y / unit)) if name == "log" else rows


def _trees(name: str, settings: LossSettings) -> Trees:
    objective = WAYS[name].objective or "l2"
    extra = (("tweedie_variance_power", TWEEDIE_POWER),) if objective == "tweedie" else ()
    return Trees(settings.tree, settings.seed, settings.num_threads, objective, extra)
