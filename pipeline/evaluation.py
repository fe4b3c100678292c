"""How good the models of a training are: on later snapshots, or over repeated folds for flat data."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import logit

from features.spec import Entry
from models.arrays import FloatArray, IntArray
from models.evaluate import Metrics, mean_over_folds
from models.folds import codes_of, connected
from models.period_metrics import level_by_period
from models.snapshots import flat_folds
from models.training import Fitted
from pipeline.config.root import Config
from pipeline.evaluation_money import SHOWN, group_tables, money_metrics_of, money_tables, refuse_unknown_groups
from pipeline.fitting import LabelledRows, fit
from pipeline.measured import MODEL, Measured, Risks, figures, later_ones, measured, model_tables, risk_tables, risks
from pipeline.tuning import Tuner


@dataclass(frozen=True, kw_only=True)
class Evaluation(Measured):
    """What was measured, and the fit that it was measured with."""

    fitted: Fitted


@dataclass(frozen=True)
class Fold:
    """The rows held out, what the fit to the others says of them, and how good that is."""

    held: IntArray
    risk: Risks
    shown: pd.DataFrame
    metrics: Metrics
    fitted: Fitted


def in_time(train: LabelledRows, test: LabelledRows, entries: Sequence[Entry], config: Config) -> Evaluation:
    """Fit on the training snapshots, measure on the test snapshots; intervals resample customers."""
    refuse_unknown_groups(test, config)
    fitted = fit(train, entries, config)
    protocol = (
        f"time-ordered: trained on {len(np.unique(train.days))} snapshots, tested on "
        f"{later_ones(len(np.unique(test.days)))} whose outcome windows "
        f"do not overlap with training; 95 % intervals by bootstrap over customers"
    )
    found = measured(fitted.predictor, test, config, protocol)
    level = _level(fitted, train, test, found.risk[MODEL])
    found = replace(found, sizes={"train": len(train.y), **found.sizes}, tables={**found.tables, "level": level})
    return Evaluation(**vars(found), fitted=fitted)


def _level(fitted: Fitted, train: LabelledRows, test: LabelledRows, risk: FloatArray) -> pd.DataFrame:
    """What defected at each snapshot, and what was expected before and after the calibration: training out of fold."""
    chosen, calibration = train.take(fitted.risk.selection), fitted.risk.model.sigmoid
    training = level_by_period(chosen.moments, chosen.y, fitted.risk.out_of_fold, calibration)
    tested = level_by_period(test.moments, test.y, logit(risk), calibration)
    return pd.concat([training.assign(used="training"), tested.assign(used="test")], ignore_index=True)


def in_folds(rows: LabelledRows, entries: Sequence[Entry], config: Config, tuner: Tuner | None = None) -> Evaluation:
    """Repeated stratified folds; rows with equal features stay together. Figures are means over the folds.

    With a tuner there is one repeat, and the models are tuned anew inside the training rows of each fold.
    """
    refuse_unknown_groups(rows, config)
    repeats, count = 1 if tuner else config.validation.repeats, config.validation.folds
    folds = flat_folds(rows.y, _twins(rows, entries), repeats=repeats, folds=count, seed=config.validation.seed)
    configs = [config] * len(folds) if tuner is None else tuner.for_folds(rows, [train for train, _ in folds])
    with ThreadPoolExecutor(config.engine.workers) as pool:
        results = list(pool.map(lambda fold, own: _fold(rows, entries, own, *fold), folds, configs))
    risk, shown = _pooled(results[:count])
    first = results[0]
    tables = risk_tables(rows.y, risk[MODEL], shown["loss_if_defect"].to_numpy(np.float64))
    tables |= model_tables(first.fitted.predictor, rows.take(first.held))
    protocol = (
        f"{repeats} x {count} stratified folds, equal feature rows kept together; means over the folds, 95 % "
        "intervals of the corrected resampled t test; curves and tables from the first repeat"
    )
    return Evaluation(
        protocol=protocol,
        metrics=mean_over_folds([fold.metrics for fold in results], 1 / (count - 1)),
        tables=tables | money_tables(rows, shown) | group_tables(rows, shown, config),
        y=rows.y,
        risk=risk,
        keys=rows.keys.select(["customer_id"]),
        predictor=first.fitted.predictor,
        sizes={"train": len(rows.y), "test": len(rows.y)},
        fitted=first.fitted,
    )


def _fold(rows: LabelledRows, entries: Sequence[Entry], config: Config, train: IntArray, held: IntArray) -> Fold:
    test = rows.take(held)
    fitted = fit(rows.take(train), entries, config)
    predictor = fitted.predictor
    X = predictor.encode(test.table)
    risk = risks(predictor, X)
    value = test.revenue if np.isfinite(test.revenue).any() else None
    shown = predictor.predict(test.table, value)
    metrics = figures(predictor, test, X, risk, config, replicates=0) | money_metrics_of(
        test, shown, config, replicates=0
    )
    return Fold(held, risk, shown[list(SHOWN)], metrics, fitted)


def _pooled(folds: Sequence[Fold]) -> tuple[dict[str, FloatArray], pd.DataFrame]:
    """What was said of each row while it was held out: one repeat holds each row out once."""
    order = np.argsort(np.concatenate([fold.held for fold in folds]))
    risk = {name: np.concatenate([fold.risk[name] for fold in folds])[order] for name in folds[0].risk}
    shown = pd.concat([fold.shown for fold in folds], ignore_index=True).iloc[order].reset_index(drop=True)
    return risk, shown


def _twins(rows: LabelledRows, entries: Sequence[Entry]) -> IntArray:
    """A number for those who stay together: equal feature rows, which may be one person, and the rows of one group."""
    features = rows.table.select([entry.name for entry in entries]).to_pandas()
    twins = codes_of(pd.util.hash_pandas_object(features, index=False).to_numpy())
    return connected(twins, rows.customers)
