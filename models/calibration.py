"""Sigmoid calibration in log-odds: slope x log-odds + intercept; reasons stay a sum, each effect times the slope."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Sigmoid:
    """Slope and intercept in log-odds; (1, 0) leaves the model as it is."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, log_odds: FloatArray) -> FloatArray:
        """Calibrated log-odds."""
        return self.slope * log_odds + self.intercept

    def undone(self, calibrated: FloatArray) -> FloatArray:
        """The log-odds before the calibration."""
        return (calibrated - self.intercept) / self.slope


IDENTITY = Sigmoid()
FARTHEST = 50.0  # log-odds beyond which a probability is 0 or 1 in every respect


def fit_sigmoid(log_odds: FloatArray, y: FloatArray, customers: IntArray, weights: FloatArray | None = None) -> Sigmoid:
    """Platt's sigmoid, kept only where it earns its two parameters."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf).fit(log_odds[:, None], y, sample_weight=weights)
    found = Sigmoid(float(model.coef_[0, 0]), float(model.intercept_[0]))
    gain = row_log_loss(y, log_odds) - row_log_loss(y, found(log_odds))
    return found if found.slope > 0 and is_earned(gain, customers, parameters=2, weights=weights) else IDENTITY


def fit_level(log_odds: FloatArray, y: FloatArray, customers: IntArray, weights: FloatArray | None = None) -> Sigmoid:
    """The intercept at which the mean probability is the mean of `y`, kept only where it earns its parameter."""
    from scipy.optimize import brentq

    def excess(shift: float) -> float:
        return float(np.average(expit(log_odds + shift) - y, weights=weights))

    reach = float(np.abs(log_odds).max()) + FARTHEST  # far beyond any other where the rows can be told apart perfectly
    found = Sigmoid(1.0, float(brentq(excess, -reach, reach)))
    gain = row_log_loss(y, log_odds) - row_log_loss(y, found(log_odds))
    return found if is_earned(gain, customers, parameters=1, weights=weights) else IDENTITY


def is_earned(gain: FloatArray, customers: IntArray, parameters: int, weights: FloatArray | None = None) -> bool:
    """Whether a gain in log loss (rows,) is more than chance.

    Summed by customer, because a customer's rows are not independent, it must exceed its own standard error and the
    unit that each free parameter gains by chance when fitted on the same rows (AIC).
    """
    weighted = gain if weights is None else gain * weights
    by_customer = np.bincount(np.unique(customers, return_inverse=True)[1], weighted)
    return bool(by_customer.sum() > max(parameters, by_customer.std() * np.sqrt(len(by_customer))))


def row_log_loss(y: FloatArray, log_odds: FloatArray) -> FloatArray:
    """Log loss of each row, from log-odds: never infinite."""
    loss: FloatArray = np.logaddexp(0, log_odds) - y * log_odds
    return loss


def log_loss(y: FloatArray, log_odds: FloatArray, weights: FloatArray | None = None) -> float:
    """Mean log loss from log-odds."""
    return float(np.average(row_log_loss(y, log_odds), weights=weights))
