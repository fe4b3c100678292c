"""What a model must beat: the base rate, and the one column that alone says most."""

import numpy as np
from scipy.special import logit

from models.additive import Additive, Curve, centred
from models.arrays import FloatArray, IntArray
from models.calibration import log_loss
from models.rows import Rows

BINS = 10


def fit_base_rate(rows: Rows) -> Additive:
    """The same risk for everybody: the share of defectors."""
    rate = np.clip(np.average(rows.y, weights=rows.weights), 0.5 / (len(rows.y) + 1), 1 - 0.5 / (len(rows.y) + 1))
    return Additive(float(logit(rate)), {}, rows.columns)


def fit_single_rule(rows: Rows) -> Additive:
    """The column with the lowest log loss on its own.

    A number is cut at its deciles, the rates are made monotone (isotonic; up or down as `rows.monotone` wishes, without
    a wish whichever fits), and the risk is linear between the medians of the bins; a category has a rate a level; NULL
    has a rate of its own.
    """
    w = np.ones(len(rows.y)) if rows.weights is None else rows.weights
    named, signs = set(rows.categories), rows.monotone or (0,) * rows.columns
    rules = [
        _category(x, rows.y, w) if i in named else _monotone(x, rows.y, w, signs[i]) for i, x in enumerate(rows.X.T)
    ]
    losses = [log_loss(rows.y, curve(x), w) for curve, x in zip(rules, rows.X.T, strict=True)]
    best = int(np.argmin(losses))
    return centred(0.0, {best: rules[best]}, rows.X)


def _category(codes: FloatArray, y: FloatArray, w: FloatArray) -> Curve:
    absent = np.isnan(codes)
    known = codes[~absent].astype(np.int64)
    count = int(known.max()) + 1 if len(known) else 1
    rates = _rates(known, y[~absent], w[~absent], count, float(np.average(y, weights=w)))
    return Curve(np.arange(count, dtype=np.float64), logit(rates), _missing(absent, y, w))


def _monotone(x: FloatArray, y: FloatArray, w: FloatArray, sign: int) -> Curve:
    """Rates that only rise (sign 1), only fall (-1), or do whichever fits better (0)."""
    from sklearn.isotonic import isotonic_regression

    absent = np.isnan(x)
    seen, outcome, weight = x[~absent], y[~absent], w[~absent]
    if len(seen) == 0:
        return Curve(np.zeros(1), np.zeros(1), _missing(absent, y, w))
    edges = np.unique(np.quantile(seen, np.arange(1, BINS) / BINS))
    _, bins = np.unique(np.searchsorted(edges, seen, side="left"), return_inverse=True)
    count = int(bins.max()) + 1
    rates = _rates(bins, outcome, weight, count, float(np.average(y, weights=w)))
    mass = np.bincount(bins, weight, minlength=count)
    signs = (sign,) if sign else (1, -1)
    ways = [isotonic_regression(rates, sample_weight=mass, increasing=way > 0) for way in signs]
    fitted = min(ways, key=lambda way: float(np.average((way - rates) ** 2, weights=mass)))
    return Curve(_medians(seen, bins, count), logit(fitted), _missing(absent, y, w))


def _medians(x: FloatArray, bins: IntArray, count: int) -> FloatArray:
    return np.array([np.median(x[bins == b]) for b in range(count)])


def _rates(bins: IntArray, y: FloatArray, w: FloatArray, count: int, prior: float) -> FloatArray:
    """Rate a bin, with one row's weight of the overall rate added so that no rate is 0 or 1."""
    rates: FloatArray = (np.bincount(bins, w * y, minlength=count) + prior) / (
        np.bincount(bins, w, minlength=count) + 1
    )
    return np.clip(rates, 1e-6, 1 - 1e-6)


def _missing(absent: IntArray, y: FloatArray, w: FloatArray) -> float:
    prior = float(np.average(y, weights=w))
    rate = (float((w * y)[absent].sum()) + prior) / (float(w[absent].sum()) + 1)
    return float(logit(np.clip(rate, 1e-6, 1 - 1e-6)))
