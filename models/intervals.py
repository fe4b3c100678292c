"""Intervals of a share."""

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import FloatArray

Z95 = 1.959963984540054  # 97.5 % quantile of the normal distribution


def wilson(hits: ArrayLike, rows: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Lower and upper end of the 95 % Wilson interval of `hits` out of `rows`, elementwise; NaN without a row.

    >>> low, high = wilson([5, 0], [100, 10])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.022, 0.0], [0.112, 0.278])
    """
    k, n = np.asarray(hits, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    rate, spread = k / n, Z95**2 / n
    middle = (rate + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * np.sqrt(rate * (1 - rate) / n + spread / (4 * n))
    # at 0 and at n the formula gives exactly 0 and 1, but for rounding
    return np.where(k == 0, 0.0 * n, middle - half), np.where(k == n, n / n, middle + half)
