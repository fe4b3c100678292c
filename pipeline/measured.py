"""What a model is worth on labelled rows that it has not seen: the same figures and tables in training and later."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from models.arrays import FloatArray
from models.drivers import drivers
from models.evaluate import (
    Metrics,
    calibration_table,
    deciles,
    evaluate_baselines,
    evaluate_loss,
    evaluate_risk,
    evaluate_types,
    money_table,
    type_table,
)
from models.evaluate_horizons import evaluate_horizons, horizon_table
from models.loss import LossModel
from models.metrics_bootstrap import REPLICATES
from models.paired_metrics import paired_gains
from models.period_metrics import by_period, money_by_period
from models.predictor import Predictor
from models.types import TypeModel, type_positions
from pipeline.config.root import Config
from pipeline.evaluation_money import group_tables, money_metrics_of, money_tables, refuse_unknown_groups
from pipeline.fitting import LabelledRows, Mask

LEAST_TYPED = 20
# Exact contributions cost about a millisecond a row; a mean over so many is steady.
EXPLAINED_ROWS = 2_000
MODEL = "model"
Risks = Mapping[str, FloatArray]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Figures with their protocol, tables for the pages, and the test rows' outcome and risk behind the curves.

    `risk` holds the model's and that of each baseline; `keys` are customer_id and as_of of the test rows, of flat data,
    which have no moment, customer_id alone. `champion` names the version that it was compared with, if there was one:
    `paired.champion.*`, absent where nothing that one says of these rows would be a test.
    """

    protocol: str
    metrics: Metrics
    tables: Mapping[str, pd.DataFrame]
    y: FloatArray
    risk: Risks
    keys: pa.Table
    predictor: Predictor
    sizes: Mapping[str, int] = field(default_factory=dict)
    champion: str | None = None


def measured(
    predictor: Predictor, test: LabelledRows, config: Config, protocol: str, others: Risks | None = None
) -> Measured:
    """On snapshots later than those that were learned from; 95 % intervals resample customers.

    `others` are risks to compare with where the model has no baselines of its own. Raises MissingColumnError for a
    column of `validation` that is not there.
    """
    refuse_unknown_groups(test, config)
    X = predictor.encode(test.table)
    risk, shown = risks(predictor, X) | dict(others or {}), predictor.predict(test.table)
    metrics = figures(predictor, test, X, risk, config, REPLICATES) | money_metrics_of(test, shown, config)
    tables = risk_tables(test.y, risk[MODEL], shown["loss_if_defect"].to_numpy(np.float64))
    tables |= model_tables(predictor, test) | horizon_tables(predictor, test, X, config)
    tables |= money_tables(test, shown) | group_tables(test, shown, config)
    return Measured(
        protocol=protocol,
        metrics=metrics,
        tables={**tables, "by_snapshot": _by_snapshot(test, shown, config)},
        y=test.y,
        risk=risk,
        keys=test.keys,
        predictor=predictor,
        sizes={"test": len(test.y), "test_customers": len(np.unique(test.customers))},
    )


def later_ones(snapshots: int) -> str:
    """Test snapshots in the words of a protocol."""
    return "a later one" if snapshots == 1 else f"{snapshots} later ones"


def risks(predictor: Predictor, X: FloatArray) -> dict[str, FloatArray]:
    """The model's risk of each row, and that of its baselines."""
    return {MODEL: predictor.risk_of(X), **predictor.baseline_risks(X)}


def figures(
    predictor: Predictor, test: LabelledRows, X: FloatArray, risk: Risks, config: Config, replicates: int
) -> Metrics:
    """Risk with baselines and gains over them, types, money of stayers, further horizons; no intervals with 0."""
    seed, others = config.validation.seed, {name: p for name, p in risk.items() if name != MODEL}
    found = evaluate_risk(
        test.y, risk[MODEL], test.customers, money=config.money, seed=seed, replicates=replicates
    ) | evaluate_baselines(test.y, others, config.money)
    found |= paired_gains(test.y, risk[MODEL], others, test.customers, replicates=replicates, seed=seed)
    found |= type_metrics(predictor.types, test, X) | loss_metrics(predictor.loss, test, X, replicates)
    if timing := predictor.timing:
        waits = test.waits - config.outcome.gap_days
        found |= evaluate_horizons(waits, predictor.risk_by_horizon(X), timing)
    return found


def type_metrics(model: TypeModel, test: LabelledRows, X: FloatArray) -> Metrics:
    """Nothing is claimed about types where no reasons were learned from, or hardly any are known."""
    types = test.defector_types
    if not model.tells or len(types) < LEAST_TYPED:
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


def risk_tables(y: FloatArray, risk: FloatArray, value: FloatArray) -> dict[str, pd.DataFrame]:
    """Deciles, with what each would cost where all values (rows,) are known, and calibration."""
    known = value if np.isfinite(value).all() else None
    return {"deciles": deciles(y, risk, known), "calibration": calibration_table(y, risk)}


def model_tables(predictor: Predictor, test: LabelledRows) -> dict[str, pd.DataFrame]:
    """What the model says about rows it has not seen: drivers, defectors' types, stayers' money."""
    X = predictor.encode(test.table)
    some = X[:: max(1, len(X) // EXPLAINED_ROWS)]
    tables = {"drivers": drivers(predictor.risk.contributions(some), some, predictor.columns)}
    if predictor.types.tells and test.defectors.any():
        found = predictor.types.probabilities(X[test.defectors])
        tables["types"] = type_table(type_positions(test.defector_types), found)
    stayed = _stayed(test)
    if predictor.loss is not None and stayed.any():
        staying = predictor.loss.staying(X[stayed])
        actual = np.maximum(test.revenue[stayed], 0)
        tables["money"] = money_table(actual, staying.revenue, staying.low, staying.high)
    return tables


def horizon_tables(predictor: Predictor, test: LabelledRows, X: FloatArray, config: Config) -> dict[str, pd.DataFrame]:
    """Expected and actual shares by horizon; none where there is one horizon."""
    if predictor.timing is None:
        return {}
    waits = test.waits - config.outcome.gap_days
    return {"horizons": horizon_table(waits, predictor.risk_by_horizon(X), predictor.timing)}


def _by_snapshot(test: LabelledRows, shown: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Is the model as good later as at first? Money stands where it is known."""
    risk, expected = (shown[name].to_numpy(np.float64) for name in ("risk", "expected_revenue"))
    table = by_period(test.moments, test.y, risk, test.customers, seed=config.validation.seed)
    money = money_by_period(test.moments, test.revenue, expected)
    return table.merge(money, on="as_of", how="left") if len(money) else table


def _stayed(test: LabelledRows) -> Mask:
    """Customers who stayed and whose money is known."""
    return np.asarray((test.y == 0) & np.isfinite(test.revenue))
