"""Whether intervals hold what they state and risks are right on later snapshots: two simulated companies and CDNOW."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from models import metrics, money_metrics
from models.arrays import FloatArray
from models.evaluate import evaluate_loss, evaluate_risk
from models.evaluate_horizons import defected_by
from models.metrics import calibration_noise
from models.period_metrics import by_period
from models.training import Fitted
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.config.tables import SnapshotConfig
from pipeline.fitting import LabelledRows, fit, horizons
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import moments
from pipeline.prepare import prepared
from pipeline.simulator import simulate
from tools.bench.money import EVERYBODY

CUSTOMERS, MONTHS, SEED = 20_000, 36, 7
CONFIGS = Path(__file__).parents[2] / "configs"
HORIZONS_DAYS = (30, 60, 90)
MOST_OFF, MOST_ECE = 0.02, 0.02


def coverage(name: str) -> dict[str, Any]:
    """Coverage and width of the money interval beside a plain one, and the calibration error at each horizon."""
    config = _cdnow() if name == "cdnow" else _simulated(name)
    train, test, entries = _rows(config)
    started = time.process_time()
    fitted = fit(train, entries, config)
    seconds = round(time.process_time() - started, 1)
    interval, risk = _interval(fitted, train, test), _risk(fitted, test, config)
    targets = {
        "coverage": abs(interval["coverage"] - interval["stated"]) <= MOST_OFF,
        **{f"ece_{horizon}": found["ece"] <= MOST_ECE for horizon, found in risk.items()},
    }
    return {
        "rows": {"train": len(train.y), "test": len(test.y)},
        "interval": interval,
        "risk": risk,
        "risk_by_snapshot": _snapshots(fitted, test),
        "targets": targets,
        "met": all(targets.values()),
        "cpu_seconds": seconds,
    }


def _simulated(scenario: str) -> Config:
    """A company that is in HOLDFAST_SIMULATED is used again."""
    home = Path(os.environ.setdefault("HOLDFAST_SIMULATED", str(CONFIGS.parent / "demo-out" / "simulated"))).resolve()
    if not (home / scenario).is_dir():
        simulate(CUSTOMERS, MONTHS, SEED, home / scenario, scenario)
    config = load(CONFIGS / f"simulated-{scenario}.yaml")
    outcome = config.outcome.model_copy(update={"horizons_days": HORIZONS_DAYS})
    return config.model_copy(update={"outcome": outcome})


def _cdnow() -> Config:
    """The protocol of the money benchmark; who lapses has no date, so there is one horizon."""
    protocol, config = EVERYBODY["cdnow"], load(CONFIGS / "cdnow.yaml")
    first, last = protocol.train[0].date(), protocol.test[-1].date()
    return config.model_copy(
        update={
            "outcome": config.outcome.model_copy(update=dict(protocol.outcome)),
            "snapshots": SnapshotConfig(every="month", first=first, last=last, test_from=last),
        }
    )


def _rows(config: Config) -> tuple[LabelledRows, LabelledRows, Any]:
    with prepared(config) as data:
        split = moments(config, data)
        features = feature_plan(config, data, split.train[-1])
        rows = LabelledRows(labelled(config, data, features, [*split.train, *split.test]).rows)
    return rows.take(among(rows, split.train)), rows.take(among(rows, split.test)), features.entries


def _interval(fitted: Fitted, train: LabelledRows, test: LabelledRows) -> dict[str, Any]:
    """Of test stayers; the plain interval lies between two quantiles of what training stayers brought."""
    assert fitted.loss is not None
    value = fitted.loss.model.revenue
    (_, seen), (stayed, actual) = (_stayers(rows) for rows in (train, test))
    expected = value.predict(X := fitted.predictor.encode(stayed.table))
    low, high = value.interval(X)
    found = evaluate_loss(actual, expected, low, high, stayed.customers)
    tail = (1 - value.coverage) / 2
    plain = np.quantile(seen, [tail, 1 - tail])
    return {
        "stated": value.coverage,
        "rows": len(actual),
        **{name.removeprefix("loss."): round(found[name], 4) for name in found if "coverage" in name},
        "below": round(float((actual < low).mean()), 4),
        "above": round(float((actual > high).mean()), 4),
        "nothing_came": round(float((actual == 0).mean()), 4),
        "mean_width": round(float((high - low).mean()), 2),
        "plain_width": round(float(np.ptp(plain)), 2),
        "plain_coverage": round(money_metrics.coverage(actual, *(np.full(len(actual), end) for end in plain)), 4),
        "by_snapshot": _by_snapshot(stayed, (actual >= low) & (actual <= high)),
    }


def _stayers(rows: LabelledRows) -> tuple[LabelledRows, FloatArray]:
    stayed = rows.take((rows.y == 0) & np.isfinite(rows.revenue))
    return stayed, np.maximum(stayed.revenue, 0)


def _by_snapshot(rows: LabelledRows, inside: FloatArray) -> list[float]:
    return [round(float(inside[rows.days == day].mean()), 4) for day in np.unique(rows.days)]


def _risk(fitted: Fitted, test: LabelledRows, config: Config) -> dict[str, Any]:
    """By horizon in days: the calibration error with its interval and noise, rate and mean risk."""
    X = fitted.predictor.encode(test.table)
    wanted = horizons(config)
    if not wanted:
        return {str(config.outcome.horizon_days): _calibration(test, test.y, expit(fitted.risk.model.log_odds(X)))}
    happened = defected_by(test.waits - config.outcome.gap_days, wanted)
    risks = fitted.predictor.risk_by_horizon(X)
    return {str(days): _calibration(test, happened[:, i], risks[:, i]) for i, days in enumerate(wanted)}


def _calibration(test: LabelledRows, y: FloatArray, risk: FloatArray) -> dict[str, float]:
    found = evaluate_risk(y, risk, test.customers, replicates=100)
    figures = {name: found[f"risk.{name}"] for name in ("ece", "ece.low", "ece.high", "total_ratio")}
    figures |= {"ece_of_a_right_risk": calibration_noise(y, risk, test.customers)}
    figures |= {"ece_of_the_mean": metrics.calibration_error(y, np.full(len(y), risk.mean()))}
    figures |= {"rate": float(y.mean()), "mean_risk": float(risk.mean()), "auc": metrics.auc(y, risk)}
    return {name: round(value, 4) for name, value in figures.items()}


def _snapshots(fitted: Fitted, test: LabelledRows) -> list[dict[str, Any]]:
    risk = expit(fitted.risk.model.log_odds(fitted.predictor.encode(test.table)))
    table = by_period(test.moments, test.y, risk, test.customers)[["as_of", "rate", "mean_risk"]]
    return [{**row, "as_of": f"{row['as_of']:%Y-%m-%d}"} for row in table.round(4).to_dict("records")]
