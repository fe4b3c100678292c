"""The risk over several test periods, each with a model fitted to what was known when the period began."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from features.errors import OneClassError
from features.spec import Entry
from models import metrics
from models.snapshots import Split
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows, Mask, fit_risk_only
from pipeline.progress import bar

FIGURES = ("rate", "mean_risk", "auc", "log_loss", "log_loss_logistic", "log_loss_base_rate", "brier")


def backtested(
    rows: LabelledRows, entries: Sequence[Entry], config: Config, periods: Sequence[Split]
) -> pd.DataFrame | None:
    """One row a period: its snapshots, rates of training and test, mean risk, AUC and proper scores.

    None where there is one period only. The levels of categories are those of the last period's training, so that all
    periods have the same columns.
    """
    if len(periods) < 2:
        return None
    made = []
    with bar("backtest") as tell:
        for number, split in enumerate(periods):
            made.append(_period(rows, entries, config, split))
            tell(number + 1, len(periods))
    return pd.DataFrame([row for row in made if row])


def period_metrics(table: pd.DataFrame | None) -> dict[str, float]:
    """`backtest.periods`, and the mean of each figure over the periods as `backtest.<figure>`."""
    if table is None or table.empty:
        return {}
    return {"backtest.periods": float(len(table))} | {f"backtest.{name}": float(table[name].mean()) for name in FIGURES}


def period_runs(table: pd.DataFrame | None) -> dict[str, dict[str, float]]:
    """The figures of each period, under the name of its nested run."""
    if table is None:
        return {}
    return {
        f"period {row['first']:%Y-%m-%d} to {row['last']:%Y-%m-%d}": {f"risk.{name}": row[name] for name in FIGURES}
        for row in table.to_dict("records")
    }


def among(rows: LabelledRows, days: Sequence[datetime]) -> Mask:
    """Which rows stand at one of these snapshots."""
    wanted = np.array(days, dtype="datetime64[us]")
    return np.isin(rows.table.column("as_of").to_numpy().astype("datetime64[us]"), wanted)


def _period(rows: LabelledRows, entries: Sequence[Entry], config: Config, split: Split) -> Mapping[str, Any] | None:
    """None where a class is absent from the training or the test rows: nothing can be said then."""
    train, test = (rows.take(among(rows, days)) for days in (split.train, split.test))
    if not 0 < test.y.mean() < 1:
        return None
    try:
        fitted = fit_risk_only(train, entries, config)
    except OneClassError:
        return None
    X = fitted.predictor.encode(test.table)
    risk = expit(fitted.risk.model.log_odds(X))
    others = {name: expit(fitted.risk.baselines[name].log_odds(X)) for name in ("logistic", "base_rate")}
    return {
        "first": split.test[0],
        "last": split.test[-1],
        "train_snapshots": len(split.train),
        "train_rows": len(train.y),
        "rows": len(test.y),
        "train_rate": train.y.mean(),
        "rate": test.y.mean(),
        "mean_risk": risk.mean(),
        "auc": metrics.auc(test.y, risk),
        "log_loss": metrics.log_loss(test.y, risk),
        **{f"log_loss_{name}": metrics.log_loss(test.y, p) for name, p in others.items()},
        "brier": float(np.mean((test.y - risk) ** 2)),
    }
