"""How good predicted money is. All arrays (rows,) in one currency; `weights` (rows,) or None."""

import numpy as np

from models.arrays import FloatArray
from models.metrics import total_ratio

__all__ = ["coverage", "mae", "normalised_gini", "spearman", "total_ratio"]


def mae(actual: FloatArray, predicted: FloatArray, weights: FloatArray | None = None) -> float:
    """Mean absolute error."""
    return float(np.average(np.abs(actual - predicted), weights=weights))


def spearman(actual: FloatArray, predicted: FloatArray) -> float:
    """Rank correlation, ties sharing their mean rank; NaN where either side is constant."""
    from scipy.stats import rankdata

    if np.ptp(actual) == 0 or np.ptp(predicted) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(actual), rankdata(predicted))[0, 1])


def normalised_gini(actual: FloatArray, predicted: FloatArray) -> float:
    """Gini of the money captured going down the predicted order, over the Gini of the perfect order.

    1 is a perfect ranking, 0 a random one. Equal predictions share their money evenly, so the order of rows does not
    matter. NaN where all actual values are equal.
    """
    best = _gini(actual, actual)
    return _gini(actual, predicted) / best if abs(best) > 1e-12 else float("nan")


def coverage(actual: FloatArray, low: FloatArray, high: FloatArray, weights: FloatArray | None = None) -> float:
    """Share of actual values inside [low, high]."""
    return float(np.average((actual >= low) & (actual <= high), weights=weights))


def _gini(actual: FloatArray, order_by: FloatArray) -> float:
    """Twice the area between the concentration curve and the diagonal; runs of equal scores are one straight piece."""
    total = actual.sum()
    if total == 0:
        return 0.0
    _, run = np.unique(-order_by, return_inverse=True)
    rows = np.concatenate([[0.0], np.cumsum(np.bincount(run))]) / len(actual)
    money = np.concatenate([[0.0], np.cumsum(np.bincount(run, actual))]) / total
    return float(2 * np.trapezoid(money, rows) - 1)
