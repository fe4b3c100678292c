"""How a forecast fares from snapshot to snapshot: order, calibration and money, with intervals by customer."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import expit

from models import metrics
from models.arrays import FloatArray, IntArray
from models.calibration import Sigmoid
from models.metrics_bootstrap import Weighted, with_intervals
from models.ranking import Ranking

REPLICATES = 200
MEASURED = ("auc", "log_loss", "total_ratio")


def by_period(
    times: Sequence[datetime], y: FloatArray, p: FloatArray, customers: IntArray, *, seed: int = 0
) -> pd.DataFrame:
    """One row a snapshot, in order of time: `as_of, rows, rate, mean_risk`, and with 95 % intervals `auc`, `log_loss`
    and `total_ratio` (predicted over actual defections).

    All arrays (rows,). A figure that is not defined (nobody defected) is NaN.
    """
    moments = np.array(times, dtype="datetime64[us]")
    rows = []
    for moment in np.unique(moments):
        inside = np.asarray(moments == moment)
        size = {"as_of": pd.Timestamp(moment), "rows": int(inside.sum())}
        rates = {"rate": float(y[inside].mean()), "mean_risk": float(p[inside].mean())}
        rows.append(size | rates | _measured(y[inside], p[inside], customers[inside], seed))
    return pd.DataFrame(rows)


def level_by_period(
    times: Sequence[datetime], y: FloatArray, log_odds: FloatArray, calibration: Sigmoid
) -> pd.DataFrame:
    """One row a snapshot: `as_of, rows, rate, before, after`, the last two the mean risk without and with calibration.

    `log_odds` (rows,) are calibrated ones of rows that were not fitted on. Shows a drift of the base rate, and what the
    calibration makes of it.
    """
    before, after = expit(calibration.undone(log_odds)), expit(log_odds)
    frame = pd.DataFrame({"as_of": np.array(times, dtype="datetime64[us]"), "y": y, "before": before, "after": after})
    groups = frame.groupby("as_of", sort=True)
    return groups.agg(
        rows=("y", "size"), rate=("y", "mean"), before=("before", "mean"), after=("after", "mean")
    ).reset_index()


def money_by_period(times: Sequence[datetime], actual: FloatArray, expected: FloatArray) -> pd.DataFrame:
    """One row a snapshot: `as_of`, `revenue`, `expected_revenue` (sums over the rows whose money is known, losses of
    money as 0) and `revenue_ratio`, expected over actual; all (rows,), NaN: not known.
    """
    frame = pd.DataFrame({"as_of": np.array(times, dtype="datetime64[us]"), "a": np.maximum(actual, 0), "e": expected})
    known = frame.dropna()
    found = []
    for moment, part in known.groupby("as_of", sort=True):
        came, foretold = part["a"].to_numpy(), part["e"].to_numpy()
        found.append((moment, came.sum(), foretold.sum(), metrics.total_ratio(came, foretold)))
    return pd.DataFrame(found, columns=["as_of", "revenue", "expected_revenue", "revenue_ratio"])


def _measured(y: FloatArray, p: FloatArray, customers: IntArray, seed: int) -> dict[str, float]:
    losses = metrics.row_log_loss(y, p)
    measures: dict[str, Weighted] = {
        "auc": Ranking.of(y, p).auc,
        "log_loss": lambda w: float(np.average(losses, weights=w)),
        "total_ratio": partial(metrics.total_ratio, y, p),
    }
    return with_intervals(measures, customers, replicates=REPLICATES, seed=seed)
