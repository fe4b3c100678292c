"""95 % intervals that know that the rows of one customer belong together."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from models.arrays import FloatArray, IntArray

Weighted = Callable[[FloatArray], float]
REPLICATES = 300
# Bootstrap samples times rows: a steady interval without waiting for it on many rows.
ENOUGH, FEWEST = 20_000_000, 100


def customer_weights(customers: IntArray, replicates: int, seed: int) -> Iterator[FloatArray]:
    """Row weights of `replicates` bootstrap samples: customers are drawn with replacement, their rows come along."""
    labels, position = np.unique(customers, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(replicates):
        drawn = np.bincount(rng.integers(0, len(labels), len(labels)), minlength=len(labels))
        yield drawn[position].astype(np.float64)


def bootstrap_size(rows: int, most: int) -> int:
    """How many samples are steady enough without waiting for them on many rows."""
    return int(np.clip(ENOUGH / rows, min(most, FEWEST), most))


def with_intervals(
    measures: Mapping[str, Weighted], customers: IntArray, *, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, float]:
    """Each measure, a function of row weights, of all rows; with `.low` and `.high` after its name its 95 % interval.

    Over `customers` (rows,), from at most `replicates` samples, fewer on many rows; 0: no intervals.
    """
    every = np.ones(len(customers))
    found = {name: measure(every) for name, measure in measures.items()}
    if replicates and measures:
        some = bootstrap_size(len(customers), replicates)
        for name, (low, high) in intervals(measures, customers, replicates=some, seed=seed).items():
            found |= {f"{name}.low": low, f"{name}.high": high}
    return found


def intervals(
    metrics: Mapping[str, Weighted],
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
