"""Logistic regression as curves, and the single rule, against what they stand for."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from models.baselines import fit_single_rule
from models.logistic import BENDS, design_of, fit_bases, fit_logistic, fit_multinomial
from models.rows import Rows
from models.settings import LinearShape
from tests.planted import planted_rows


def shape(bend: str, strength: float = 1.0) -> LinearShape:
    return LinearShape.model_validate({"name": bend, "bend": bend, "strength": strength})


def numbers(rows: int = 1500) -> Rows:
    planted = planted_rows(rows)
    return Rows(np.nan_to_num(planted.X[:, [0, 1, 3]]), planted.y, planted.customers)


def test_straight_curves_are_scikit_learns_regression_on_standardised_columns() -> None:
    rows = numbers()
    X = StandardScaler().fit_transform(rows.X)
    oracle = LogisticRegression(C=1.0, solver="newton-cholesky").fit(X, rows.y).decision_function(X)
    np.testing.assert_allclose(fit_logistic(rows, shape("straight")).log_odds(rows.X), oracle, atol=1e-6)


@pytest.mark.parametrize("bend", BENDS)
def test_curves_are_the_regression_on_the_design(bend: str) -> None:
    rows = planted_rows(1500)
    design = design_of(rows.X, fit_bases(rows, shape(bend)))
    oracle = LogisticRegression(C=1.0, solver="newton-cholesky").fit(design, rows.y).decision_function(design)
    np.testing.assert_allclose(fit_logistic(rows, shape(bend)).log_odds(rows.X), oracle, atol=1e-6)


def test_classes_are_scikit_learns_multinomial_regression() -> None:
    rows = numbers()
    y = np.digitize(rows.X[:, 0] + rows.X[:, 1], [-1, 1]).astype(float)
    models = fit_multinomial(rows.target(y), shape("normal"))
    design = design_of(rows.X, fit_bases(rows, shape("normal")))
    oracle = LogisticRegression(C=1.0, solver="newton-cholesky").fit(design, y).predict_log_proba(design)
    scores = np.column_stack([model.log_odds(rows.X) for model in models])
    np.testing.assert_allclose(log_softmax(scores, axis=1), oracle, atol=1e-5)


@pytest.mark.parametrize("bend", BENDS)
def test_missing_has_an_effect_of_its_own(bend: str) -> None:
    model = fit_logistic(planted_rows(4000), shape(bend))
    cells = np.zeros((2, 4))
    cells[1, 0] = np.nan
    present, missing = model.log_odds(cells)
    assert missing - present > 1.0  # planted: as harmful as two standard deviations


def test_a_spline_bends_where_the_truth_does() -> None:
    model = fit_logistic(planted_rows(20_000), shape("spline"))
    effect = model.curves[1](np.array([-2.0, -1.0, 0.5, 1.5]))
    assert abs(effect[1] - effect[0]) < 0.3
    assert effect[3] - effect[2] == pytest.approx(0.8, abs=0.3)


def test_a_value_beyond_the_range_seen_counts_like_its_end() -> None:
    rows = numbers()
    model = fit_logistic(rows, shape("straight"))
    beyond, end = rows.X[:1].copy(), rows.X[:1].copy()
    beyond[0, 0], end[0, 0] = 1e6, rows.X[:, 0].max()
    assert model.log_odds(beyond) == model.log_odds(end)


def test_rare_levels_share_one_effect() -> None:
    rng = np.random.default_rng(0)
    codes = np.where(np.arange(1000) < 4, 3.0, np.where(np.arange(1000) < 9, 4.0, rng.integers(0, 3, 1000)))
    rows = Rows(codes[:, None], (rng.random(1000) < 0.3).astype(float), np.arange(1000), (0,))
    effects = fit_logistic(rows, shape("straight")).log_odds(np.arange(5.0)[:, None])
    assert effects[3] == effects[4]
    assert len(set(effects[:4])) == 4


def test_the_single_rule_is_monotone_and_says_the_rates() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=5000)
    y = (rng.random(5000) < expit(-2 * x)).astype(float)
    x[:500] = np.nan
    y[:500] = np.arange(500) % 10 == 0
    rule = fit_single_rule(Rows(x[:, None], y, np.arange(5000)))
    risks = expit(rule.log_odds(np.array([-2.0, -1, -0.5, 0, 0.5, 1, 2, np.nan])[:, None]))
    assert (np.diff(risks[:-1]) <= 0).all()
    assert risks[0] > 0.9
    assert risks[3] == pytest.approx(0.5, abs=0.05)
    assert risks[-2] < 0.1
    assert risks[-1] == pytest.approx(0.1, abs=0.01)


def test_the_single_rule_takes_a_category_by_its_rates() -> None:
    codes = np.repeat([0.0, 1.0, np.nan], 1000)
    y = np.concatenate([np.arange(1000) < 100, np.arange(1000) < 500, np.arange(1000) < 300]).astype(float)
    rule = fit_single_rule(Rows(codes[:, None], y, np.arange(3000), (0,)))
    risks = expit(rule.log_odds(np.array([[0.0], [1.0], [np.nan]])))
    np.testing.assert_allclose(risks, [0.1, 0.5, 0.3], atol=0.002)
