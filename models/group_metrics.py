"""How the risk does in each segment or protected group: the same questions for all, with intervals by customer."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from models import metrics
from models.arrays import BoolArray, FloatArray, IntArray
from models.metrics_bootstrap import Weighted, with_intervals
from models.ranking import Ranking

UNKNOWN = "unknown"
PARTS = 4  # of a number: quarters of the rows
FEWEST = 30  # rows of a group about which anything is said
REPLICATES = 200
MEASURED = ("total_ratio", "auc", "selected", "found")
COLUMNS = [
    "group",
    "rows",
    "rate",
    "mean_risk",
    *(f"{name}{end}" for name in MEASURED for end in ("", ".low", ".high")),
]


def by_group(
    y: FloatArray, p: FloatArray, groups: Sequence[str], customers: IntArray, *, share: float, seed: int = 0
) -> pd.DataFrame:
    """One row a group of at least 30 rows, ranges by where they begin, then names: `rows`, `rate`, `mean_risk`.

    With 95 % intervals: `total_ratio` (calibration: predicted over actual defections), `auc`, `selected` (selection
    rate: share of the group among the riskiest `share` of all) and `found` (true positive rate: share of its defectors
    that are selected).

    All arrays (rows,); intervals resample customers of the group, with the selection as it is.
    """
    names, chosen = np.asarray(groups, dtype=object), selection(p, share)
    rows = []
    for name in sorted(set(names.tolist()), key=_place):
        inside = names == name
        if inside.sum() >= FEWEST:
            found = _measured(y[inside], p[inside], chosen[inside], customers[inside], seed)
            size = {"group": name, "rows": int(inside.sum()), "rate": y[inside].mean(), "mean_risk": p[inside].mean()}
            rows.append(size | found)
    return pd.DataFrame(rows, columns=COLUMNS)


def selection(p: FloatArray, share: float) -> BoolArray:
    """The riskiest `share` of the rows; ties in the order of the rows."""
    chosen = np.zeros(len(p), dtype=bool)
    chosen[np.argsort(-p, kind="stable")[: round(share * len(p))]] = True
    return chosen


def grouped(values: Sequence[object]) -> list[str]:
    """Names of the groups of a column: its texts, or quarters of its numbers; what is missing is a group too."""
    column = pd.Series(list(values), dtype=object)
    known = column.notna()
    numbers = pd.to_numeric(column[known], errors="coerce")
    if numbers.notna().all() and numbers.nunique() > PARTS:
        column[known] = _ranges(numbers)
    return [str(value) if present else UNKNOWN for value, present in zip(column, known, strict=True)]


def _ranges(numbers: pd.Series) -> list[str]:
    """The quarter of each number, named after its ends: with four digits where that tells the ends apart."""
    quarter, ends = pd.qcut(numbers, PARTS, labels=False, retbins=True, duplicates="drop")
    short = [f"{float(f'{end:.4g}'):.10g}" for end in ends]
    names = short if len(set(short)) == len(ends) else [f"{end:.15g}" for end in ends]
    return [f"{names[number]} to {names[number + 1]}" for number in quarter]


def _place(name: str) -> tuple[float, str]:
    """Numbers and ranges before texts."""
    try:
        return float(name.split(" to ", maxsplit=1)[0]), name
    except ValueError:
        return math.inf, name


def _measured(y: FloatArray, p: FloatArray, chosen: BoolArray, customers: IntArray, seed: int) -> dict[str, float]:
    picked, ranking = chosen.astype(np.float64), Ranking.of(y, p)
    measures: dict[str, Weighted] = {
        "total_ratio": partial(metrics.total_ratio, y, p),
        "auc": ranking.auc,
        "selected": lambda w: float(np.average(picked, weights=w)),
        "found": lambda w: float((w * y * picked).sum() / total) if (total := (w * y).sum()) else float("nan"),
    }
    return with_intervals(measures, customers, replicates=REPLICATES, seed=seed)
