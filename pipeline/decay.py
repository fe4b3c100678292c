"""The decay curve: how a model of the earliest snapshots does on each later one, as if it had never been replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from scipy.special import expit

from features.errors import OneClassError
from features.spec import Entry
from models.arrays import FloatArray
from models.outcomes import known_by
from models.period_metrics import by_period
from pipeline.backtest import among
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows, fit_risk_only


@dataclass(frozen=True)
class Decay:
    """What the old model learned from, and the table of `by_period` with `age_days`: its age at each snapshot.

    The age counts from the day on which the last label that it learned from was known.
    """

    learned: tuple[datetime, ...]
    table: pd.DataFrame


def decayed(
    rows: LabelledRows, entries: Sequence[Entry], config: Config, snapshots: Sequence[datetime]
) -> Decay | None:
    """Fit on the first `validation.decay_snapshots` of the snapshots, measure on all whose label was unknown by then.

    None where the config wants no curve, nothing remains to measure on, or the first ones hold one outcome only.
    """
    old = tuple(sorted(snapshots)[: config.validation.decay_snapshots])
    settled = known_by(config.outcome, old[-1]) if old else None
    later = [at for at in snapshots if settled is not None and at >= settled]
    test = rows.take(among(rows, later))
    if settled is None or not len(test.y):
        return None
    try:
        risk = _risk(rows.take(among(rows, old)), test, entries, config)
    except OneClassError:
        return None
    table = by_period(test.moments, test.y, risk, test.customers, seed=config.validation.seed)
    return Decay(old, table.assign(age_days=(table["as_of"] - pd.Timestamp(settled)).dt.days))


def _risk(train: LabelledRows, test: LabelledRows, entries: Sequence[Entry], config: Config) -> FloatArray:
    predictor = fit_risk_only(train, entries, config).predictor
    risk: FloatArray = expit(predictor.risk.log_odds(predictor.encode(test.table)))
    return risk
