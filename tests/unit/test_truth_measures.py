"""Measures against the truth: the oracle is perfect, the prior gains nothing, a skewed risk shows its slope."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.special import expit, logit

from models.arrays import FloatArray
from pipeline.simulator.scenario import ACTIONS, TYPES
from pipeline.truth.measures import calibration_line, expected_auc, risk_measures, type_measures, value_measures
from pipeline.truth.plan_value import average_odds, plan_measures, true_savings

N = 2_000
CUSTOMERS = np.arange(N)


@pytest.fixture
def truth() -> FloatArray:
    return np.asarray(expit(np.random.default_rng(1).normal(-2, 1, N)))


def _measured(p: FloatArray, truth: FloatArray, replicates: int = 0) -> dict[str, float]:
    y = (np.random.default_rng(2).random(N) < truth).astype(np.float64)
    return risk_measures(y, p, truth, CUSTOMERS, replicates=replicates, seed=0)


def test_the_truth_itself_reaches_all_of_the_lift_and_is_calibrated(truth: FloatArray) -> None:
    found = _measured(truth, truth)
    assert found["share_of_lift"] == found["share_of_lift_expected"] == 1
    assert found["calibration_slope"] == pytest.approx(1, abs=1e-3)
    assert found["mean_absolute_error"] == 0


def test_a_risk_without_meaning_reaches_nothing(truth: FloatArray) -> None:
    found = _measured(np.random.default_rng(3).random(N), truth, replicates=50)
    assert abs(found["share_of_lift_expected"]) < 0.1
    assert found["share_of_lift.low"] < found["share_of_lift"] < found["share_of_lift.high"]


@pytest.mark.parametrize("slope", [0.5, 2.0])
def test_exaggerated_log_odds_show_as_the_inverse_slope(slope: float, truth: FloatArray) -> None:
    line = calibration_line(np.asarray(expit(logit(truth) / slope + 0.3)), truth)
    assert line == pytest.approx((slope, -0.3 * slope), abs=1e-3)


def test_the_expected_auc_is_what_many_draws_give(truth: FloatArray) -> None:
    rng = np.random.default_rng(4)
    score = truth * np.exp(rng.normal(0, 0.5, N))
    drawn = []
    for _ in range(30):
        left = rng.random(N) < truth
        ranks = np.argsort(np.argsort(score)) + 1.0
        k = left.sum()
        drawn.append((ranks[left].sum() - k * (k + 1) / 2) / (k * (N - k)))
    assert expected_auc(score, truth) == pytest.approx(np.mean(drawn), abs=0.005)


def test_types_run_from_the_prior_to_the_oracle(truth: FloatArray) -> None:
    shares = np.random.default_rng(5).dirichlet([1, 1, 1, 1], N)
    joint = shares * truth[:, None]
    prior = joint.sum(axis=0) / joint.sum()
    assert type_measures(shares, prior, joint)["share_of_gain"] == pytest.approx(1)
    assert type_measures(np.tile(prior, (N, 1)), prior, joint)["share_of_gain"] == pytest.approx(0, abs=1e-9)
    half = type_measures(0.5 * shares + 0.5 * prior, prior, joint)
    assert 0 < half["share_of_gain"] < 1
    # An `unknown` share beside the four types changes nothing: known types are compared.
    assert type_measures(0.8 * shares, prior, joint) == pytest.approx(type_measures(shares, prior, joint))


def test_the_value_is_compared_in_money() -> None:
    found = value_measures(np.array([12.0, 22.0]), np.array([10.0, 20.0]))
    assert found["mae"] == pytest.approx(2)
    assert found["total_ratio"] == pytest.approx(34 / 30)


@pytest.fixture
def effects(truth: FloatArray) -> pa.Table:
    rng = np.random.default_rng(6)
    truth = truth[:600]
    types = rng.dirichlet([1, 1, 1, 1], len(truth)) * truth[:, None]
    columns = {"p180": truth, "margin_180": rng.lognormal(4, 0.7, len(truth))}
    columns |= {f"p180_{name}": types[:, k] for k, name in enumerate(TYPES)}
    columns |= {f"effect_{name}_180": -0.4 * types[:, k] for k, name in enumerate(ACTIONS)}
    return pa.table(columns)


def _scores(truth: pa.Table, risk: FloatArray) -> pd.DataFrame:
    p = truth["p180"].to_numpy()
    types = {f"type_{name}": truth[f"p180_{name}"].to_numpy() / p for name in TYPES}
    return pd.DataFrame({"risk": risk, "loss_if_defect": truth["margin_180"].to_numpy(), **types})


COSTS = np.array([6.0, 25.0, 15.0, 20.0])


def test_a_plan_that_knows_the_truth_saves_nearly_what_the_best_one_does(effects: pa.Table) -> None:
    known = plan_measures(_scores(effects, effects["p180"].to_numpy()), effects, COSTS)
    assert known["share_of_best"] > 0.9
    assert known["saved"] <= known["saved_best"] * (1 + 1e-9) <= known["saved_bound"] * (1 + 1e-6)
    assert known["contacts"] <= 0.05 * effects.num_rows


def test_a_plan_from_meaningless_risks_saves_less(effects: pa.Table) -> None:
    risk = np.random.default_rng(7).random(effects.num_rows)
    noise = plan_measures(_scores(effects, risk), effects, COSTS)
    known = plan_measures(_scores(effects, effects["p180"].to_numpy()), effects, COSTS)
    assert noise["share_of_best"] < 0.8 * known["share_of_best"]


def test_average_odds_are_those_that_the_effects_were_made_with(effects: pa.Table) -> None:
    odds = average_odds(effects)
    assert np.diag(odds) == pytest.approx(0.4)
    assert odds[~np.eye(4, dtype=bool)].max() < 1e-6
    assert true_savings(effects).shape == (effects.num_rows, len(ACTIONS))
