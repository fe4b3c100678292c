"""95 % intervals that know that the rows of one customer belong together."""

from collections.abc import Callable, Iterator

import numpy as np

from models.arrays import FloatArray, IntArray

Weighted = Callable[[FloatArray], float]
REPLICATES = 300


def customer_weights(customers: IntArray, replicates: int, seed: int) -> Iterator[FloatArray]:
    """Row weights of `replicates` bootstrap samples: customers are drawn with replacement, their rows come along."""
    labels, position = np.unique(customers, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(replicates):
        drawn = np.bincount(rng.integers(0, len(labels), len(labels)), minlength=len(labels))
        yield drawn[position].astype(np.float64)


def intervals(
    metrics: dict[str, Weighted],
    customers: IntArray,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """Percentile interval of each metric, a function of row weights. All metrics see the same samples.

    Samples in which a metric is not defined (one class only) are left out; (NaN, NaN) where none is left.
    """
    draws = np.array(
        [[metric(w) for metric in metrics.values()] for w in customer_weights(customers, replicates, seed)]
    )
    tail = (1 - level) / 2
    return {name: _percentiles(draws[:, i], tail) for i, name in enumerate(metrics)}


def _percentiles(draws: FloatArray, tail: float) -> tuple[float, float]:
    known = draws[~np.isnan(draws)]
    if len(known) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)
