"""Predictions against the truth: `p` predicted, `truth` the true probability, `y` what happened, each (rows,)."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from models import metrics
from models.arrays import FloatArray, IntArray
from models.metrics_bootstrap import intervals
from models.money_metrics import mae, spearman, total_ratio
from models.ranking import Ranking

Measures = dict[str, float]
CHANCE = 0.5
NEAREST = 1e-6  # to 0 and 1, before log-odds are taken


def risk_measures(
    y: FloatArray, p: FloatArray, truth: FloatArray, customers: IntArray, *, replicates: int, seed: int
) -> Measures:
    """AUC beside the oracle's, the share of its lift over 0.5 that is reached, calibration against the truth.

    `auc`, `auc_oracle`, `share_of_lift` (with an interval by customers) come from what happened, so the noise of the
    truth's own estimate does not flatter the oracle. `share_of_lift_expected` is the same with each row counted as
    leaving with its true probability: steadier, and a little too strict.
    """
    model, oracle = Ranking.of(y, p), Ranking.of(y, truth)

    def share(weights: FloatArray) -> float:
        return _share(model.auc(weights), oracle.auc(weights))

    every = np.ones(len(y))
    found = {"auc": model.auc(every), "auc_oracle": oracle.auc(every), "share_of_lift": share(every)}
    if replicates:
        low, high = intervals({"share": share}, customers, replicates=replicates, seed=seed)["share"]
        found |= {"share_of_lift.low": low, "share_of_lift.high": high}
    found["share_of_lift_expected"] = _share(expected_auc(p, truth), expected_auc(truth, truth))
    slope, intercept = calibration_line(p, truth)
    found |= {"calibration_slope": slope, "calibration_intercept": intercept}
    return found | {"total_ratio": total_ratio(truth, p), "mean_absolute_error": float(np.abs(p - truth).mean())}


def expected_auc(score: FloatArray, truth: FloatArray) -> float:
    """AUC to be expected of a score: each row counts as leaving with its true probability, as staying with the rest.

    >>> round(expected_auc(np.array([0.1, 0.9]), np.array([0.0, 1.0])), 3)
    1.0
    """
    outcome = np.repeat([1.0, 0.0], len(truth))
    return metrics.auc(outcome, np.tile(score, 2), np.concatenate([truth, 1 - truth]))


def calibration_line(p: FloatArray, truth: FloatArray) -> tuple[float, float]:
    """Slope and intercept of the true log-odds on the predicted ones (Cox 1958); 1 and 0 are right.

    The line is fitted as a logistic regression on the true probabilities, so small ones do not dominate.

    >>> p = np.array([0.1, 0.2, 0.5])
    >>> [round(x, 3) + 0.0 for x in calibration_line(p, p)]
    [1.0, 0.0]
    """
    x = logit(np.clip(p, NEAREST, 1 - NEAREST))

    def loss(line: FloatArray) -> tuple[float, FloatArray]:
        z = line[0] * x + line[1]
        error = expit(z) - truth
        return float(np.mean(np.logaddexp(0, z) - truth * z)), np.array([np.mean(error * x), np.mean(error)])

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return float(slope), float(intercept)


def type_measures(predicted: FloatArray, prior: FloatArray, truth: FloatArray) -> Measures:
    """Log loss of the types that is to be expected, beside the oracle's and that of the prior shares.

    `predicted` (rows, 4) and `prior` (4,) given defection; `truth` (rows, 4) the true probability of leaving for each
    type, so that a row counts as much as it is likely to leave. `share_of_gain` is the gain over the prior as a share
    of the oracle's.
    """
    found = {
        "log_loss": _expected_log_loss(_shares(predicted), truth),
        "log_loss_oracle": _expected_log_loss(_shares(truth), truth),
        "log_loss_prior": _expected_log_loss(np.broadcast_to(prior / prior.sum(), truth.shape), truth),
    }
    possible = found["log_loss_prior"] - found["log_loss_oracle"]
    found["gain"] = found["log_loss_prior"] - found["log_loss"]
    found["share_of_gain"] = found["gain"] / possible if possible > 0 else float("nan")
    return found


def value_measures(predicted: FloatArray, truth: FloatArray) -> Measures:
    """The predicted revenue of a stayer against the true expectation, both (rows,), in money."""
    return {
        "mae": mae(truth, predicted),
        "mae_share": mae(truth, predicted) / float(truth.mean()),
        "total_ratio": total_ratio(truth, predicted),
        "spearman": spearman(truth, predicted),
    }


def _share(auc: float, oracle: float) -> float:
    return (auc - CHANCE) / (oracle - CHANCE) if oracle != CHANCE else float("nan")


def _shares(weights: FloatArray) -> FloatArray:
    shares: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _expected_log_loss(shares: FloatArray, truth: FloatArray) -> float:
    return float(-(truth * np.log(np.maximum(shares, metrics.SMALLEST))).sum() / truth.sum())
