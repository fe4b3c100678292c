"""The TV set divided otherwise: is the default configuration behind a regularised LightGBM, or were the folds lucky?

The target of the flat sets is the best figure on one division into folds. Here both are fitted anew on the same rows of
ten further divisions, and compared fold by fold.
"""

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
from scipy.special import expit
from sklearn.model_selection import StratifiedKFold

from models import metrics
from models.evaluate import mean_over_folds
from pipeline.fitting import Fitted, fit
from tools.bench.flat_sets import FOLDS, FlatSet, read_set, savings

DIVISIONS = tuple(range(1, 11))
TREES = 300
REGULARISED = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 12,
    "min_data_in_leaf": 60,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "lambda_l2": 10.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 0,
    "verbosity": -1,
}
Figures = dict[str, float]


def tv_divisions(divisions: Sequence[int] = DIVISIONS) -> dict[str, Any]:
    """Means of both and of their difference over all folds, with the interval of the corrected resampled t test.

    Met unless the default is behind beyond chance.
    """
    found = read_set("tv")
    y = found.rows.y
    pairs = [
        _both(found, train, held)
        for seed in divisions
        for train, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(y, y)
    ]
    gains = [{name: own[name] - other[name] for name in own} for own, other in pairs]
    spread = mean_over_folds(gains, 1 / (FOLDS - 1))
    own, other = (
        {name: round(float(np.mean([pair[i][name] for pair in pairs])), 4) for name in pairs[0][i]} for i in (0, 1)
    )
    gain = {name: [round(spread[f"{name}{end}"], 4) for end in ("", ".low", ".high")] for name in own}
    behind = gain["auc"][2] < 0 or gain["log_loss"][1] > 0 or gain["savings"][2] < 0
    return {"folds": len(pairs), "default": own, "regularised": other, "gain": gain, "met": not behind}


def _both(found: FlatSet, train: np.ndarray, held: np.ndarray) -> tuple[Figures, Figures]:
    """The default configuration and the regularised LightGBM, on the same columns and rows."""
    fitted = fit(found.rows.take(train), found.features.entries, found.config)
    X, X_held = (fitted.predictor.encode(found.rows.take(rows).table) for rows in (train, held))
    levels = fitted.predictor.columns.levels
    categories = [i for i, name in enumerate(fitted.predictor.columns.names) if name in levels]
    data = lgb.Dataset(X, found.rows.y[train], categorical_feature=categories)
    other = np.asarray(lgb.train(REGULARISED, data, TREES).predict(X_held))
    return _figures(found, held, _risk(fitted, X_held)), _figures(found, held, other)


def _risk(fitted: Fitted, X: np.ndarray) -> np.ndarray:
    return np.asarray(expit(fitted.risk.model.log_odds(X)))


def _figures(found: FlatSet, held: np.ndarray, risk: np.ndarray) -> Figures:
    y = found.rows.y[held]
    assert found.costs is not None
    return {
        "auc": metrics.auc(y, risk),
        "log_loss": metrics.log_loss(y, risk),
        "savings": savings(y, risk, found.costs, held),
    }
