"""Two forecasts of the same rows: which has the smaller loss, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from models.arrays import FloatArray, IntArray
from models.metrics import row_log_loss


@dataclass(frozen=True)
class Difference:
    """Mean loss of the other forecast minus that of the model (above 0: the model is better), with its interval."""

    mean: float
    low: float
    high: float
    rows: int

    @property
    def better(self) -> bool:
        """Whether the model is better beyond chance."""
        return self.low > 0

    @property
    def worse(self) -> bool:
        """Whether the model is worse beyond chance."""
        return self.high < 0

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}] on {self.rows:,} rows"


def paired_log_loss(
    y: FloatArray, model: FloatArray, other: FloatArray, customers: IntArray, confidence: float
) -> Difference:
    """Difference of the log losses of two probabilities of the same rows, all (rows,).

    The interval is the normal one of a mean whose rows are summed by customer first, because those of one customer are
    not independent (cluster-robust, Liang and Zeger 1986).
    """
    gain = row_log_loss(y, other) - row_log_loss(y, model)
    mean = float(gain.mean())
    by_customer = np.bincount(np.unique(customers, return_inverse=True)[1], gain - mean)
    groups = len(by_customer)
    if groups < 2:
        return Difference(mean, -np.inf, np.inf, len(y))
    error = float(np.sqrt((by_customer**2).sum() * groups / (groups - 1))) / len(y)
    reach = float(norm.ppf(0.5 + confidence / 2)) * error
    return Difference(mean, mean - reach, mean + reach, len(y))
