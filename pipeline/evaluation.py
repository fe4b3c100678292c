"""How good the models are: on later snapshots, or over repeated folds for flat data, beside the baselines."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import expit, logit

from features.spec import Entry
from models.arrays import FloatArray, IntArray
from models.drivers import drivers
from models.evaluate import (
    Metrics,
    bootstrap_size,
    by_snapshot,
    calibration_table,
    deciles,
    evaluate_baselines,
    evaluate_loss,
    evaluate_risk,
    evaluate_types,
    mean_over_folds,
    money_table,
    type_table,
)
from models.evaluate_horizons import evaluate_horizons, horizon_table
from models.folds import codes_of, connected
from models.loss import LossModel
from models.metrics_bootstrap import REPLICATES
from models.paired_metrics import paired_gains
from models.period_metrics import level_by_period
from models.snapshots import flat_folds
from models.training import Fitted
from models.types import TypeModel, type_positions
from pipeline.config.root import Config
from pipeline.evaluation_money import group_tables, money_metrics_of, money_tables, refuse_unknown_groups
from pipeline.fitting import LabelledRows, Mask, fit
from pipeline.tuning import Tuner

LEAST_TYPED = 20
# Exact contributions cost about a millisecond a row; a mean over so many is steady.
EXPLAINED_ROWS = 2_000


@dataclass(frozen=True)
class Evaluation:
    """Figures with their protocol, tables for the report, and the test rows' outcome and risk behind the curves.

    `keys` are customer_id and as_of of the test rows; of flat data, which have no moment, customer_id alone.
    """

    protocol: str
    metrics: Metrics
    tables: Mapping[str, pd.DataFrame]
    y: FloatArray
    risk: Mapping[str, FloatArray]
    fitted: Fitted
    keys: pa.Table
    sizes: Mapping[str, int] = field(default_factory=dict)


def in_time(train: LabelledRows, test: LabelledRows, entries: Sequence[Entry], config: Config) -> Evaluation:
    """Fit on the training snapshots, measure on the test snapshots; intervals resample customers."""
    refuse_unknown_groups(test, config)
    fitted = fit(train, entries, config)
    risk, metrics = _measure(fitted, test, config, resampled=True)
    shown = fitted.predictor.predict(test.table)
    tables = _risk_tables(test.y, risk["model"], shown["loss_if_defect"].to_numpy()) | _model_tables(fitted, test)
    if timing := fitted.predictor.timing:
        risks = fitted.predictor.risk_by_horizon(fitted.predictor.encode(test.table))
        tables["horizons"] = horizon_table(test.waits - config.outcome.gap_days, risks, timing)
    tables |= money_tables(test, shown) | group_tables(test, shown, config)
    metrics |= money_metrics_of(test, shown, config) | _gains(test, risk, config)
    tables["level"] = _level(fitted, train, test, risk["model"])
    tables["by_snapshot"] = by_snapshot(test.y, risk["model"], list(test.table.column("as_of").to_pylist()))
    protocol = (
        f"time-ordered: trained on {len(np.unique(train.days))} snapshots, tested on "
        f"{len(np.unique(test.days))} later ones whose outcome windows "
        f"do not overlap with training; 95 % intervals by bootstrap over customers"
    )
    sizes = {"train": len(train.y), "test": len(test.y), "test_customers": len(np.unique(test.customers))}
    return Evaluation(protocol, metrics, tables, test.y, risk, fitted, test.keys, sizes)


def _level(fitted: Fitted, train: LabelledRows, test: LabelledRows, risk: FloatArray) -> pd.DataFrame:
    """What defected at each snapshot, and what was expected before and after the calibration: training out of fold."""
    chosen, calibration = train.take(fitted.risk.selection), fitted.risk.model.sigmoid
    training = level_by_period(chosen.moments, chosen.y, fitted.risk.out_of_fold, calibration)
    tested = level_by_period(test.moments, test.y, logit(risk), calibration)
    return pd.concat([training.assign(used="training"), tested.assign(used="test")], ignore_index=True)


def _gains(test: LabelledRows, risk: Mapping[str, FloatArray], config: Config) -> Metrics:
    """The model against each baseline on the same rows."""
    others = {name: p for name, p in risk.items() if name != "model"}
    some = bootstrap_size(len(test.y), REPLICATES)
    return paired_gains(test.y, risk["model"], others, test.customers, replicates=some, seed=config.validation.seed)


def in_folds(rows: LabelledRows, entries: Sequence[Entry], config: Config, tuner: Tuner | None = None) -> Evaluation:
    """Repeated stratified folds; rows with equal features stay together. Figures are means over the folds.

    With a tuner there is one repeat, and the models are tuned anew inside the training rows of each fold.
    """
    repeats, count = 1 if tuner else config.validation.repeats, config.validation.folds
    folds = flat_folds(rows.y, _twins(rows, entries), repeats=repeats, folds=count, seed=config.validation.seed)
    configs = [config] * len(folds) if tuner is None else tuner.for_folds(rows, [train for train, _ in folds])
    with ThreadPoolExecutor(config.engine.workers) as pool:
        results = list(pool.map(lambda fold, own: _fold(rows, entries, own, *fold), folds, configs))
    metrics = mean_over_folds([found for _, _, found, _ in results], 1 / (count - 1))
    risk: dict[str, FloatArray] = {name: np.zeros(len(rows.y)) for name in results[0][1]}
    for held, found, _, _ in results[:count]:
        for name, values in found.items():
            risk[name][held] = values
    held, _, _, fitted = results[0]
    tables = _risk_tables(rows.y, risk["model"], None) | _model_tables(fitted, rows.take(held))
    protocol = (
        f"{repeats} x {count} stratified folds, equal feature rows kept together; means over the folds, 95 % "
        "intervals of the corrected resampled t test; curves and tables from the first repeat"
    )
    sizes = {"train": len(rows.y), "test": len(rows.y)}
    return Evaluation(protocol, metrics, tables, rows.y, risk, fitted, rows.keys.select(["customer_id"]), sizes)


def _fold(
    rows: LabelledRows, entries: Sequence[Entry], config: Config, train: IntArray, held: IntArray
) -> tuple[IntArray, dict[str, FloatArray], Metrics, Fitted]:
    test = rows.take(held)
    fitted = fit(rows.take(train), entries, config)
    risk, metrics = _measure(fitted, test, config, resampled=False)
    return held, risk, metrics, fitted


def _measure(
    fitted: Fitted, test: LabelledRows, config: Config, *, resampled: bool
) -> tuple[dict[str, FloatArray], Metrics]:
    X = fitted.predictor.encode(test.table)
    risk = {"model": expit(fitted.risk.model.log_odds(X))}
    risk |= {name: expit(baseline.log_odds(X)) for name, baseline in fitted.risk.baselines.items()}
    replicates = REPLICATES if resampled else 0
    metrics = evaluate_risk(
        test.y, risk["model"], test.customers, money=config.money, seed=config.validation.seed, replicates=replicates
    )
    metrics |= evaluate_baselines(test.y, {k: v for k, v in risk.items() if k != "model"}, config.money)
    told = bool(fitted.types.scores)
    metrics |= type_metrics(fitted.types.model if told else None, test, X)
    metrics |= loss_metrics(fitted.loss.model if fitted.loss else None, test, X, replicates)
    timing = fitted.predictor.timing
    waits = test.waits - config.outcome.gap_days
    return risk, metrics | (evaluate_horizons(waits, fitted.predictor.risk_by_horizon(X), timing) if timing else {})


def type_metrics(model: TypeModel | None, test: LabelledRows, X: FloatArray) -> Metrics:
    """Nothing is claimed about types where no reasons were learned from (None) or hardly any are known."""
    types = test.defector_types
    if model is None or len(types) < LEAST_TYPED:
        return {}
    return evaluate_types(type_positions(types), model.probabilities(X[test.defectors]), model.shares)


def loss_metrics(model: LossModel | None, test: LabelledRows, X: FloatArray, replicates: int) -> Metrics:
    """Of stayers whose money is known; none without a model of money (None)."""
    stayed = _stayed(test)
    if model is None or not stayed.any():
        return {}
    staying = model.staying(X[stayed])
    return evaluate_loss(
        np.maximum(test.revenue[stayed], 0),
        staying.revenue,
        staying.low,
        staying.high,
        test.customers[stayed],
        replicates=replicates,
    )


def _stayed(test: LabelledRows) -> Mask:
    """Customers who stayed and whose money is known."""
    return np.asarray((test.y == 0) & np.isfinite(test.revenue))


def _risk_tables(y: FloatArray, risk: FloatArray, value: FloatArray | None) -> dict[str, pd.DataFrame]:
    known = value if value is not None and np.isfinite(value).all() else None
    return {"deciles": deciles(y, risk, known), "calibration": calibration_table(y, risk)}


def _model_tables(fitted: Fitted, test: LabelledRows) -> dict[str, pd.DataFrame]:
    """What the measured model says about rows it has not seen: drivers, defectors' types, stayers' money."""
    X = fitted.predictor.encode(test.table)
    some = X[:: max(1, len(X) // EXPLAINED_ROWS)]
    tables = {"drivers": drivers(fitted.risk.model.contributions(some), some, fitted.predictor.columns)}
    if fitted.types.scores and test.defectors.any():
        found = fitted.types.model.probabilities(X[test.defectors])
        tables["types"] = type_table(type_positions(test.defector_types), found)
    stayed = _stayed(test)
    if fitted.loss is not None and stayed.any():
        staying = fitted.loss.model.staying(X[stayed])
        actual = np.maximum(test.revenue[stayed], 0)
        tables["money"] = money_table(actual, staying.revenue, staying.low, staying.high)
    return tables


def _twins(rows: LabelledRows, entries: Sequence[Entry]) -> IntArray:
    """A number for those who stay together: equal feature rows, which may be one person, and the rows of one group."""
    features = rows.table.select([entry.name for entry in entries]).to_pandas()
    twins = codes_of(pd.util.hash_pandas_object(features, index=False).to_numpy())
    return connected(twins, rows.customers)
