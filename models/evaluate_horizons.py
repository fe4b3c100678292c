"""How good the risk is at each horizon, and by type: what was expected by then beside what had happened by then."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models import metrics
from models.arrays import FloatArray
from models.evaluate import Metrics, evaluate_risk
from models.timing import Timing


def defected_by(waits: FloatArray, horizons: Sequence[int]) -> FloatArray:
    """1 where the customer defected within each horizon, shape (rows, horizons); `waits` (rows,) is NaN for stayers."""
    return np.asarray(waits[:, None] < np.array(horizons)[None, :], dtype=np.float64)


def evaluate_horizons(waits: FloatArray, risks: FloatArray, timing: Timing) -> Metrics:
    """`risk_<days>d.<metric>` for the risk (rows, horizons) until each horizon but the last, without intervals.

    The last one is the outcome's own, with the names `risk.<metric>`. A horizon without both outcomes has none.
    """
    found: Metrics = {}
    nobody = np.zeros(len(waits), dtype=np.int64)
    happened = defected_by(waits, timing.horizons)
    for i, days in enumerate(timing.horizons[:-1]):
        if 0 < happened[:, i].mean() < 1:
            found |= evaluate_risk(happened[:, i], risks[:, i], nobody, prefix=f"risk_{days}d", replicates=0)
    return found


def horizon_table(waits: FloatArray, risks: FloatArray, timing: Timing) -> pd.DataFrame:
    """Expected and actual share of defectors by each horizon, AUC, log loss, and the log loss without timing.

    Without timing means that everybody who defects does so along the same curve, that of the training defectors.
    """
    rows = []
    for i, (days, happened) in enumerate(zip(timing.horizons, defected_by(waits, timing.horizons).T, strict=True)):
        both = 0 < happened.mean() < 1
        rows.append(
            {
                "days": days,
                "expected": risks[:, i].mean(),
                "actual": happened.mean(),
                "auc": metrics.auc(happened, risks[:, i]) if both else np.nan,
                "log_loss": metrics.log_loss(happened, risks[:, i]),
                "log_loss_same_curve": metrics.log_loss(happened, risks[:, -1] * timing.shares[i]),
            }
        )
    return pd.DataFrame(rows)
