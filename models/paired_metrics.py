"""By how much the model is better than each other forecast of the same rows, and how sure that is."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from models import metrics
from models.arrays import FloatArray, IntArray
from models.metrics_bootstrap import REPLICATES, Weighted, with_intervals
from models.ranking import Ranking

Metrics = dict[str, float]


def paired_gains(
    y: FloatArray,
    p: FloatArray,
    others: Mapping[str, FloatArray],
    customers: IntArray,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Metrics:
    """`paired.<name>.auc`, `.log_loss`, `.brier`: gain of the model `p` over each other risk, all (rows,).

    Above 0 the model is better in each of them. The 95 % intervals are of the differences in the same bootstrap samples
    of customers, so what both get wrong cancels: they are far narrower than those of two figures side by side.
    """
    gains: dict[str, Weighted] = {}
    for name, other in others.items():
        gains[f"paired.{name}.auc"] = partial(_difference, Ranking.of(y, p).auc, Ranking.of(y, other).auc)
        loss = metrics.row_log_loss(y, other) - metrics.row_log_loss(y, p)
        square = (y - other) ** 2 - (y - p) ** 2
        gains |= {f"paired.{name}.log_loss": partial(_mean, loss), f"paired.{name}.brier": partial(_mean, square)}
    return with_intervals(gains, customers, replicates=replicates, seed=seed)


def _difference(one: Weighted, other: Weighted, weights: FloatArray) -> float:
    return one(weights) - other(weights)


def _mean(values: FloatArray, weights: FloatArray) -> float:
    return float(np.average(values, weights=weights))
