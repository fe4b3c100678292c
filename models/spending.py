"""Money of a purchase, from purchases alone: Gamma-Gamma (Colombo and Jiang 1999; Fader and Hardie 2013).

Purchases vary around the customer's own mean, and the means vary among customers; neither depends on how often a
customer buys. A customer with few purchases is drawn towards the mean of all.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from models.arrays import FloatArray

BOUNDS = ((-6.0, 8.0), (-6.0, 8.0), (-6.0, 8.0))  # of the logarithms of p, q - 1 and v, money in its mean


@dataclass(frozen=True)
class Spending:
    """Parameters of the Gamma-Gamma; `v` in money. `q` is above 1, so that there is a mean."""

    p: float
    q: float
    v: float

    def expected(self, purchases: FloatArray, mean: FloatArray) -> FloatArray:
        """Expected money (rows,) of the next purchase, after so many `purchases` of so much on average."""
        return np.asarray(self.p * (self.v + purchases * mean) / (self.p * purchases + self.q - 1))


def fit_spending(purchases: FloatArray, mean: FloatArray) -> Spending:
    """Maximum likelihood over customers with money; both (rows,)."""
    from scipy.optimize import minimize

    bought = (purchases > 0) & (mean > 0)
    x, unit = purchases[bought], float(mean[bought].mean())
    z = mean[bought] / unit

    def loss(logs: FloatArray) -> float:
        p, q, v = np.exp(logs[0]), 1 + np.exp(logs[1]), np.exp(logs[2])
        free = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        return -float(np.mean(free + (p * x - 1) * np.log(z) + p * x * np.log(x) - (p * x + q) * np.log(x * z + v)))

    p, q, v = (float(value) for value in np.exp(minimize(loss, np.ones(3), method="L-BFGS-B", bounds=BOUNDS).x))
    return Spending(p, 1 + q, v * unit)
