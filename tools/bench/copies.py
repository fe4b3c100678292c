"""What is left of the figure on iranian-churn when near copies stay together: row i and row i + 50 are nearly equal."""

from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from models.evaluate import Metrics, evaluate_baselines, evaluate_risk, mean_over_folds
from models.snapshots import flat_folds
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows, fit
from pipeline.matrix import FeaturePlan, feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import prepared

CONFIG = Path(__file__).parents[2] / "configs" / "iranian.yaml"
DISTANCE, FOLDS, REPEATS = 50, 5, 2
SHOWN = ("risk.auc", "risk.auc.low", "risk.auc.high", "risk.log_loss", "baseline.base_rate.log_loss")


def copies_apart() -> dict[str, Any]:
    """Folds of rows, grouped by their number modulo 50; the customer id is the row's number."""
    config = load(CONFIG)
    with prepared(config) as data:
        features = feature_plan(config, data, moments(config, data).train[-1])
        rows = LabelledRows(labelled(config, data, features, all_moments(config, data)).rows)
    position = np.array([int(customer) for customer in rows.table.column("customer_id").to_pylist()]) % DISTANCE
    folds = flat_folds(rows.y, position, repeats=REPEATS, folds=FOLDS, seed=config.validation.seed)
    found = [_fold(rows, features, config, *fold) for fold in folds]
    metrics = mean_over_folds(found, 1 / (FOLDS - 1))
    shown = {name: round(metrics[name], 3) for name in (*SHOWN, "baseline.logistic.auc")}
    protocol = f"{REPEATS} x {FOLDS} folds, row number modulo {DISTANCE} kept together"
    return {"protocol": protocol, **shown, "met": True}  # a warning, not a target


def _fold(rows: LabelledRows, features: FeaturePlan, config: Config, train: Any, held: Any) -> Metrics:
    """As the training itself does it; the model's own inner folds do not know of the copies, a user's would not."""
    test, fitted = rows.take(held), fit(rows.take(train), features.entries, config)
    X = fitted.predictor.encode(test.table)
    baselines = fitted.predictor.baseline_risks(X)
    risk = expit(fitted.risk.model.log_odds(X))
    return evaluate_risk(test.y, risk, test.customers, replicates=0) | evaluate_baselines(test.y, baselines)
