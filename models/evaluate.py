"""How good the models are on rows they have not seen: named metrics with intervals, and tables for the report."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from models import metrics, money_metrics
from models.arrays import FloatArray, IntArray
from models.intervals import wilson
from models.metrics_bootstrap import REPLICATES, Weighted, with_intervals
from models.money import MoneySettings
from models.ranking import Ranking
from models.types import TYPES

Metrics = dict[str, float]
TOP_SHARE = 0.1


def evaluate_risk(
    y: FloatArray,
    p: FloatArray,
    customers: IntArray,
    *,
    money: MoneySettings | None = None,
    prefix: str = "risk",
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Metrics:
    """All metrics of a risk (rows,) against the outcome `y` (rows,) 0 or 1, with 95 % intervals by customer.

    `<prefix>.auc`, `.average_precision`, `.log_loss`, `.brier`, `.lift_10`, `.total_ratio`, each with `.low` and
    `.high` (none with `replicates` 0), with `money` `.max_profit` and `.empc`, a customer, and `.ece` without an
    interval: a mean of absolute gaps is larger in samples drawn from the rows than in the rows themselves.
    """
    ranking = Ranking.of(y, p)
    weighted = _weighted_risk(y, p, ranking) | (_profit(y, p, money) if money else {})
    found = with_intervals(_named(prefix, weighted), customers, replicates=replicates, seed=seed)
    return found | {f"{prefix}.ece": ranking.calibration_error()}


def evaluate_baselines(
    y: FloatArray, baselines: Mapping[str, FloatArray], money: MoneySettings | None = None
) -> Metrics:
    """`baseline.<name>.<metric>` for the risk of each baseline (rows,) on the same rows, without intervals."""
    found: Metrics = {}
    nobody = np.zeros(len(y), dtype=np.int64)
    for name, p in baselines.items():
        found |= evaluate_risk(y, p, nobody, money=money, prefix=f"baseline.{name}", replicates=0)
    return found


def evaluate_loss(
    actual: FloatArray,
    predicted: FloatArray,
    low: FloatArray,
    high: FloatArray,
    customers: IntArray,
    *,
    prefix: str = "loss",
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Metrics:
    """Metrics of what stayers brought: `.mae`, `.total_ratio`, `.coverage` with intervals, `.spearman`, `.gini`."""
    weighted: dict[str, Weighted] = {
        "mae": partial(money_metrics.mae, actual, predicted),
        "total_ratio": partial(money_metrics.total_ratio, actual, predicted),
        "coverage": partial(money_metrics.coverage, actual, low, high),
    }
    found = with_intervals(_named(prefix, weighted), customers, replicates=replicates, seed=seed)
    found[f"{prefix}.spearman"] = money_metrics.spearman(actual, predicted)
    found[f"{prefix}.gini"] = money_metrics.normalised_gini(actual, predicted)
    return found


def evaluate_types(types: IntArray, probabilities: FloatArray, shares: FloatArray) -> Metrics:
    """`type.log_loss` of (defectors, 5) probabilities, `type.log_loss_prior` of the training `shares` (5,), `type.ece`.

    The last is the mean over the types of the calibration error of each (classwise, Kull et al. 2019).
    """
    chosen = probabilities[np.arange(len(types)), types]
    errors = [metrics.calibration_error((types == i).astype(np.float64), p) for i, p in enumerate(probabilities.T)]
    return {
        "type.ece": float(np.mean(errors)),
        "type.log_loss": float(-np.log(np.maximum(chosen, metrics.SMALLEST)).mean()),
        "type.log_loss_prior": float(-np.log(np.maximum(shares[types], metrics.SMALLEST)).mean()),
    }


def mean_over_folds(folds: Sequence[Metrics], test_over_train: float) -> Metrics:
    """Mean of each metric over the folds, with the interval of the corrected resampled t test.

    Folds share training rows, so their spread understates the error; Nadeau and Bengio (2003) add `test_over_train`.
    """
    from scipy.stats import t

    found: Metrics = {}
    for name in folds[0]:
        values = np.array([fold[name] for fold in folds])
        found[name] = float(values.mean())
        if len(folds) > 1:
            error = np.sqrt((1 / len(values) + test_over_train) * values.var(ddof=1))
            half = float(t.ppf(0.975, len(values) - 1) * error)
            found |= {f"{name}.low": found[name] - half, f"{name}.high": found[name] + half}
    return found


def deciles(y: FloatArray, p: FloatArray, value: FloatArray | None = None, bins: int = 10) -> pd.DataFrame:
    """Groups of equal size from the riskiest down: customers, defectors, rate, mean risk, lift, captured, and value."""
    rank = np.argsort(np.argsort(-p, kind="stable"), kind="stable")
    frame = pd.DataFrame({"decile": rank * bins // len(p) + 1, "defected": y, "risk": p})
    if value is not None:
        frame["value"] = value
    groups = frame.groupby("decile")
    table = groups.agg(customers=("risk", "size"), defectors=("defected", "sum"), mean_risk=("risk", "mean"))
    table["rate"] = table["defectors"] / table["customers"]
    table["lift"] = table["rate"] / y.mean()
    table["captured"] = table["defectors"].cumsum() / y.sum()
    if value is not None:
        table["value"] = groups["value"].sum()
    return table.reset_index()


def calibration_table(y: FloatArray, p: FloatArray, bins: int = 10) -> pd.DataFrame:
    """Mean risk and rate in bins of equal size, with the 95 % Wilson interval of the rate."""
    rank = np.argsort(np.argsort(p, kind="stable"), kind="stable")
    groups = pd.DataFrame({"bin": rank * bins // len(p), "y": y, "p": p}).groupby("bin")
    table = groups.agg(customers=("y", "size"), mean_risk=("p", "mean"), rate=("y", "mean")).reset_index()
    low, high = wilson(groups["y"].sum().to_numpy(), table["customers"].to_numpy())
    return table.assign(low=low, high=high)


def type_table(types: IntArray, probabilities: FloatArray) -> pd.DataFrame:
    """Predicted and actual share of each type among defectors."""
    actual = np.bincount(types, minlength=len(TYPES)) / max(len(types), 1)
    return pd.DataFrame({"type": TYPES, "predicted": probabilities.mean(axis=0), "actual": actual})


def money_table(actual: FloatArray, predicted: FloatArray, low: FloatArray, high: FloatArray) -> pd.DataFrame:
    """Groups of equal size from the largest prediction down: customers, means, total ratio, coverage."""
    rank = np.argsort(np.argsort(-predicted, kind="stable"), kind="stable")
    inside = (actual >= low) & (actual <= high)
    frame = pd.DataFrame({"decile": rank * 10 // len(predicted) + 1, "p": predicted, "a": actual, "inside": inside})
    groups = frame.groupby("decile")
    table = groups.agg(customers=("a", "size"), mean_predicted=("p", "mean"), mean_actual=("a", "mean"))
    ratio = groups["p"].sum() / groups["a"].sum().replace(0, np.nan)
    return table.assign(total_ratio=ratio, coverage=groups["inside"].mean()).reset_index()


def _named(prefix: str, weighted: Mapping[str, Weighted]) -> dict[str, Weighted]:
    return {f"{prefix}.{name}": metric for name, metric in weighted.items()}


def _weighted_risk(y: FloatArray, p: FloatArray, ranking: Ranking) -> dict[str, Weighted]:
    """The metrics as functions of row weights; rows are sorted once for all of them."""
    losses, squares = metrics.row_log_loss(y, p), (y - p) ** 2
    return {
        "auc": ranking.auc,
        "average_precision": ranking.average_precision,
        "log_loss": lambda w: float(np.average(losses, weights=w)),
        "brier": lambda w: float(np.average(squares, weights=w)),
        "lift_10": partial(ranking.lift, TOP_SHARE),
        "total_ratio": partial(metrics.total_ratio, y, p),
    }


def _profit(y: FloatArray, p: FloatArray, money: MoneySettings) -> dict[str, Weighted]:
    """Profits as functions of how often each row was drawn: empulse knows no weights, so the rows are repeated."""
    costs = {
        "clv": money.customer_value.value,
        "incentive_cost": money.incentive_cost.value,
        "contact_cost": money.contact_cost.value,
    }
    alpha, beta = money.accept_alpha.value, money.accept_beta.value

    def best(y: FloatArray, p: FloatArray) -> float:
        return metrics.maximum_profit(y, p, **costs, accept_rate=money.accept_rate)

    def expected(y: FloatArray, p: FloatArray) -> float:
        return metrics.expected_maximum_profit(y, p, **costs, accept_alpha=alpha, accept_beta=beta)

    return {"max_profit": partial(_drawn, y, p, best), "empc": partial(_drawn, y, p, expected)}


def _drawn(
    y: FloatArray, p: FloatArray, metric: Callable[[FloatArray, FloatArray], float], weights: FloatArray
) -> float:
    """The metric of the rows as drawn; NaN where only one class was."""
    times = weights.astype(np.int64)
    drawn = np.repeat(y, times)
    return metric(drawn, np.repeat(p, times)) if 0 < drawn.mean() < 1 else float("nan")
