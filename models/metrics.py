"""How good predicted risks are. `y` (rows,) is 0 or 1, `p` (rows,) a probability; `weights` (rows,) or None.

Ranking: AUC, average precision, lift. Probabilities: log loss, Brier, calibration error, total ratio. Money: maximum
profit and its expectation (Verbraken, Verbeke and Baesens 2013), from empulse.
"""

import numpy as np

from models.arrays import FloatArray, IntArray
from models.ranking import Ranking

SMALLEST = 1e-15


def auc(y: FloatArray, p: FloatArray, weights: FloatArray | None = None) -> float:
    """Area under the ROC curve; NaN where only one class occurs.

    >>> auc(np.array([0.0, 1.0, 1.0]), np.array([0.1, 0.9, 0.1]))
    0.75
    """
    return Ranking.of(y, p).auc(weights)


def average_precision(y: FloatArray, p: FloatArray, weights: FloatArray | None = None) -> float:
    """Average precision; NaN without a defector."""
    return Ranking.of(y, p).average_precision(weights)


def lift(y: FloatArray, p: FloatArray, share: float = 0.1, weights: FloatArray | None = None) -> float:
    """How many times more defectors the top `share` holds than as many customers picked at random."""
    return Ranking.of(y, p).lift(share, weights)


def row_log_loss(y: FloatArray, p: FloatArray) -> FloatArray:
    """Log loss of each row; probabilities are kept 1e-15 away from 0 and 1."""
    kept = np.clip(p, SMALLEST, 1 - SMALLEST)
    return np.asarray(-(y * np.log(kept) + (1 - y) * np.log1p(-kept)))


def log_loss(y: FloatArray, p: FloatArray, weights: FloatArray | None = None) -> float:
    """Mean log loss, in nats."""
    return float(np.average(row_log_loss(y, p), weights=weights))


def brier(y: FloatArray, p: FloatArray, weights: FloatArray | None = None) -> float:
    """Mean squared error of the probability."""
    return float(np.average((y - p) ** 2, weights=weights))


def calibration_error(y: FloatArray, p: FloatArray, bins: int = 10, weights: FloatArray | None = None) -> float:
    """Expected calibration error over `bins` of equal weight, sorted by `p`.

    The weighted mean over the bins of |share of defectors - mean probability|. Bins of equal weight leave no bin
    empty, whatever the distribution of the risks.
    """
    return Ranking.of(y, p).calibration_error(bins, weights)


def calibration_noise(y: FloatArray, p: FloatArray, customers: IntArray, bins: int = 10) -> float:
    """The calibration error that a perfect risk would show on as many rows, by chance alone.

    In each bin the sum of y - p is about normal; its mean size is sqrt(2 / pi) times its standard deviation, in which
    the rows of one of `customers` (rows,) count together, because their outcome windows overlap.
    """
    rank = np.argsort(np.argsort(p, kind="stable"), kind="stable")
    bin_of, who = rank * bins // len(p), np.unique(customers, return_inverse=True)[1]
    off = (y - p) - (np.bincount(bin_of, y - p) / np.bincount(bin_of))[bin_of]
    cells, position = np.unique(bin_of * (who.max() + 1) + who, return_inverse=True)
    squares = np.bincount(position, off) ** 2
    deviations = np.sqrt(np.bincount(cells // (who.max() + 1), squares))
    return float(np.sqrt(2 / np.pi) * deviations.sum() / len(p))


def total_ratio(actual: FloatArray, predicted: FloatArray, weights: FloatArray | None = None) -> float:
    """Sum of the predictions over the sum of what happened; 1 is right, NaN where nothing happened."""
    happened = float(np.average(actual, weights=weights))
    return float(np.average(predicted, weights=weights)) / happened if happened else float("nan")


def maximum_profit(
    y: FloatArray, p: FloatArray, *, clv: float, incentive_cost: float, contact_cost: float, accept_rate: float
) -> float:
    """Profit a customer at the best cut-off when each defector accepts the incentive with `accept_rate` (MPC).

    `clv` value of a customer kept, `incentive_cost` and `contact_cost`, all in one currency.
    """
    from empulse.metrics import mpc_score

    found = mpc_score(y, p, clv=clv, incentive_cost=incentive_cost, contact_cost=contact_cost, accept_rate=accept_rate)
    return float(found)


def expected_maximum_profit(
    y: FloatArray,
    p: FloatArray,
    *,
    clv: float,
    incentive_cost: float,
    contact_cost: float,
    accept_alpha: float,
    accept_beta: float,
) -> float:
    """The same when the acceptance rate is uncertain, Beta(`accept_alpha`, `accept_beta`) distributed (EMPC)."""
    from empulse.metrics import empc_score

    found = empc_score(
        y,
        p,
        clv=clv,
        incentive_cost=incentive_cost,
        contact_cost=contact_cost,
        alpha=accept_alpha,
        beta=accept_beta,
    )
    return float(found)
