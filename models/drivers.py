"""What moves the risk overall: how large each column's effect is on average, and in which direction it points."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from models.arrays import FloatArray
from models.matrix import Columns


def drivers(contributions: FloatArray, X: FloatArray, columns: Columns) -> pd.DataFrame:
    """One row a column, largest mean absolute effect first: feature, effect (log-odds), share, direction.

    `contributions` (rows, columns + 1) with the base last, `X` (rows, columns) as encoded. `share` is of the sum of all
    effects. `direction` is the rank correlation of value and effect: 1 where higher values always raise the risk, -1
    where they always lower it; NaN for categories and where it cannot be told.
    """
    effects = contributions[:, :-1]
    size = np.abs(effects).mean(axis=0)
    named = set(columns.categories)
    directions = [np.nan if i in named else _direction(X[:, i], effects[:, i]) for i in range(X.shape[1])]
    table = pd.DataFrame({"feature": columns.names, "effect": size, "share": size / max(size.sum(), 1e-300)})
    return table.assign(direction=directions).sort_values("effect", ascending=False, kind="stable", ignore_index=True)


def _direction(values: FloatArray, effects: FloatArray) -> float:
    known = np.isfinite(values)
    x, effect = values[known], effects[known]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(effect) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(x), rankdata(effect))[0, 1])
