"""Which groups of features earn the name of a driver: what later snapshots lose when the model has to do without them.

The model is fitted again without the group (ablation), because shuffling a group's columns also breaks their tie to
other columns and so credits it with what those know: customers of long standing have complained more often, and stay.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from features.spec import Entry
from models.arrays import FloatArray
from models.metrics import row_log_loss
from models.metrics_bootstrap import REPLICATES, intervals
from models.training import Outcomes, fit_predictor
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows


def group_gains(
    train: LabelledRows,
    test: LabelledRows,
    entries: Sequence[Entry],
    config: Config,
    groups: Mapping[str, Sequence[str]],
    replicates: int = REPLICATES,
) -> pd.DataFrame:
    """What each named set of feature groups adds to the risk model, in log loss a row of `test` (nats).

    `groups` maps a name to groups as in `Entry.group`. Columns: `name, features, gain, low, high, driver`; the 95 %
    interval keeps a customer's rows together, and a driver is what has all of it above zero.
    """
    whole = _losses(train, test, entries, config)
    rows = []
    for name, parts in groups.items():
        kept = [entry for entry in entries if entry.group not in parts]
        lost = _losses(train, test, kept, config) - whole
        low, high = _interval(lost, test, config.validation.seed, replicates)
        rows.append((name, len(entries) - len(kept), float(lost.mean()), low, high, low > 0))
    return pd.DataFrame(rows, columns=["name", "features", "gain", "low", "high", "driver"])


def _losses(train: LabelledRows, test: LabelledRows, entries: Sequence[Entry], config: Config) -> FloatArray:
    """Log loss of each test row by a risk model on these features alone."""
    outcome = config.outcome
    window = outcome.gap_days + outcome.horizon_days
    happened = Outcomes(train.y, train.customers.tolist(), times=train.days, window=window)
    fitted = fit_predictor(train.table, entries, happened, settings=config.model, money=config.money)
    return row_log_loss(test.y, np.asarray(expit(fitted.risk.model.log_odds(fitted.predictor.encode(test.table)))))


def _interval(lost: FloatArray, test: LabelledRows, seed: int, replicates: int) -> tuple[float, float]:
    def mean(weights: FloatArray) -> float:
        return float(np.average(lost, weights=weights))

    return intervals({"gain": mean}, test.customers, replicates=replicates, seed=seed)["gain"]
