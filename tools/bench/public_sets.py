"""The default configuration on public data with times, under the protocols that others were measured with."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from models import metrics
from models.arrays import FloatArray
from models.outcome_kinds import Lapse, Outcome
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.config.tables import SnapshotConfig
from pipeline.fitting import LabelledRows, Mask, fit_risk_only
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import prepared

CONFIGS = Path(__file__).parents[2] / "configs"
YEAR, ACTIVE_DAYS = 365, 180
Some = Callable[[LabelledRows], Mask]


@dataclass(frozen=True)
class Protocol:
    """A shipped config with another outcome and other snapshots, and the least that is asked for."""

    config: str
    least_auc: float
    outcome: Outcome | None = None
    snapshots: SnapshotConfig | None = None
    part: str = ""
    some: Some | None = None
    least_auc_of_part: float = 0.0
    least_average_precision: float = 0.0
    most_brier: float = 1.0


def regular_for_a_year(rows: LabelledRows) -> Mask:
    """Regular tariffs, customers for a year."""
    kind = np.array(rows.table.column("contracts__current_tariff_type").to_pylist(), dtype=object)
    return np.asarray((kind == "REG") & (_numbers(rows, "contracts__tenure_days") >= YEAR))


def lately_active(rows: LabelledRows) -> Mask:
    """A purchase within the last 180 days."""
    return np.asarray(_numbers(rows, "transactions__days_since_last") <= ACTIVE_DAYS)


def _monthly(first: date, last: date) -> SnapshotConfig:
    return SnapshotConfig(every="month", first=first, last=last, test_from=last)


PROTOCOLS = {
    "newspaper": Protocol(
        "newspaper", 0.87, part="regular tariffs, customers for a year", some=regular_for_a_year,
        least_auc_of_part=0.753, least_average_precision=0.56, most_brier=0.080,
    ),
    "cdnow": Protocol(
        "cdnow", 0.804, Lapse(horizon_days=180, active_days=YEAR), _monthly(date(1997, 4, 1), date(1998, 1, 1)),
        "active in the last 180 days", lately_active, 0.698,
    ),
    "online-retail": Protocol(
        "online-retail", 0.745, Lapse(horizon_days=90, active_days=YEAR), _monthly(date(2011, 3, 9), date(2011, 9, 9))
    ),
}  # fmt: skip


def public_set(name: str) -> dict[str, Any]:
    """Figures of the model and of the plain logistic regression on the test rows, and whether each target is met."""
    protocol, config = PROTOCOLS[name], _config(PROTOCOLS[name])
    train, test, entries = _rows(config)
    started = time.process_time()
    fitted = fit_risk_only(train, entries, config)
    seconds = time.process_time() - started
    X = fitted.predictor.encode(test.table)
    part = protocol.some(test) if protocol.some else None
    figures = _figures(test.y, expit(fitted.risk.model.log_odds(X)), part)
    targets = {
        "auc": figures["auc"] >= protocol.least_auc,
        "auc_of_part": figures.get("auc_of_part", 1.0) >= protocol.least_auc_of_part,
        "average_precision": figures["average_precision"] >= protocol.least_average_precision,
        "brier": figures["brier"] <= protocol.most_brier,
    }
    return {
        "rows": {"train": len(train.y), "test": len(test.y)},
        "part": protocol.part,
        "model": {key: round(value, 4) for key, value in figures.items()},
        "logistic": {
            key: round(value, 4)
            for key, value in _figures(test.y, expit(fitted.risk.baselines["logistic"].log_odds(X)), part).items()
        },
        "cpu_seconds": round(seconds, 1),
        "targets": targets,
        "met": all(targets.values()),
    }


def _config(protocol: Protocol) -> Config:
    config = load(CONFIGS / f"{protocol.config}.yaml")
    wanted = {"outcome": protocol.outcome, "snapshots": protocol.snapshots}
    return config.model_copy(update={key: value for key, value in wanted.items() if value is not None})


def _rows(config: Config) -> tuple[LabelledRows, LabelledRows, Sequence[Any]]:
    with prepared(config) as data:
        split = moments(config, data)
        features = feature_plan(config, data, split.train[-1])
        rows = LabelledRows(labelled(config, data, features, all_moments(config, data)).rows)
    return rows.take(among(rows, split.train)), rows.take(among(rows, split.test)), features.entries


def _figures(y: FloatArray, risk: FloatArray, part: Mask | None) -> dict[str, float]:
    """`brier_at_the_right_level` is what the Brier score would be had somebody known the rate of the test period."""
    found = {
        "auc": metrics.auc(y, risk),
        "average_precision": metrics.average_precision(y, risk),
        "log_loss": metrics.log_loss(y, risk),
        "brier": metrics.brier(y, risk),
        "brier_at_the_right_level": metrics.brier(y, _at_level(risk, float(y.mean()))),
        "total_ratio": metrics.total_ratio(y, risk),
    }
    return found if part is None else found | {"auc_of_part": metrics.auc(y[part], risk[part])}


def _at_level(risk: FloatArray, rate: float) -> FloatArray:
    from scipy.optimize import brentq
    from scipy.special import logit

    log_odds = logit(risk)
    shifted: FloatArray = expit(log_odds + brentq(lambda by: expit(log_odds + by).mean() - rate, -9, 9))
    return shifted


def _numbers(rows: LabelledRows, name: str) -> FloatArray:
    return np.asarray(rows.table.column(name).to_numpy(), dtype=np.float64)
