"""The risk model on rows whose truth is known."""

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pytest
from scipy.special import expit

from features.errors import ModelMismatchError, OneClassError
from models import metrics
from models.arrays import FloatArray, from_json, to_json
from models.blend import Blend
from models.calibration import IDENTITY, fit_level, fit_sigmoid
from models.candidate import Candidate
from models.folds import customer_folds, customer_sample, later_split
from models.risk import Proposal, RiskFit, calibrate, fit_risk
from models.rows import Rows
from models.settings import TreeShape
from tests.planted import QUICK, planted_rows, true_log_odds


@pytest.fixture(scope="module", name="fitted")
def _fitted() -> RiskFit:
    return fit_risk(planted_rows(4000), QUICK)


def test_it_comes_close_to_the_best_possible_ranking(fitted: RiskFit) -> None:
    new = planted_rows(8000, seed=1)
    best = metrics.auc(new.y, true_log_odds(new.X))
    assert metrics.auc(new.y, fitted.model.log_odds(new.X)) > best - 0.015


def test_its_probabilities_are_those_of_the_truth(fitted: RiskFit) -> None:
    new = planted_rows(20_000, seed=2)
    p = expit(fitted.model.log_odds(new.X))
    assert metrics.calibration_error(new.y, p) < 0.02
    assert np.abs(p - expit(true_log_odds(new.X))).mean() < 0.04


def test_it_beats_every_baseline_on_new_rows(fitted: RiskFit) -> None:
    new = planted_rows(8000, seed=3)
    loss = metrics.log_loss(new.y, expit(fitted.model.log_odds(new.X)))
    assert set(fitted.baselines) == {"base_rate", "single_rule", "logistic"}
    for model in fitted.baselines.values():
        assert loss < metrics.log_loss(new.y, expit(model.log_odds(new.X)))


def test_the_single_rule_finds_the_strongest_column(fitted: RiskFit) -> None:
    effects = fitted.baselines["single_rule"].contributions(planted_rows(500, seed=4).X)
    assert np.flatnonzero(np.ptp(effects[:, :-1], axis=0)).tolist() == [0]


def test_without_signal_it_says_the_base_rate() -> None:
    fitted = fit_risk(planted_rows(3000, signal=False), QUICK)
    new = planted_rows(8000, seed=5, signal=False)
    p = expit(fitted.model.log_odds(new.X))
    assert 0.47 < metrics.auc(new.y, p) < 0.53
    assert metrics.log_loss(new.y, p) < metrics.log_loss(new.y, np.full(8000, 0.25)) + 0.005
    assert p.std() < 0.05


def test_the_choice_is_by_log_loss_out_of_fold(fitted: RiskFit) -> None:
    assert fitted.chosen == min(fitted.scores, key=lambda name: fitted.scores[name])
    assert set(fitted.scores) == {"base_rate", "single_rule", "logistic", "lightgbm", "blend"}


def test_the_same_seed_gives_the_same_bytes() -> None:
    rows = planted_rows(1000)
    assert fit_risk(rows, QUICK).model.dump() == fit_risk(rows, QUICK).model.dump()


def test_one_class_is_refused() -> None:
    rows = planted_rows(100)
    with pytest.raises(OneClassError, match="0 of 100 rows defected"):
        fit_risk(rows.target(np.zeros(100)), QUICK)


def test_a_handful_of_defectors_is_enough_not_to_fail() -> None:
    rows = planted_rows(60)
    y = np.zeros(60)
    y[7] = 1
    fitted = fit_risk(rows.target(y), QUICK)
    assert expit(fitted.model.log_odds(rows.X)).mean() == pytest.approx(1 / 60, rel=0.01)


def test_a_model_of_an_unknown_kind_is_refused(fitted: RiskFit) -> None:
    parts = fitted.model.dump()
    stored = from_json(parts["blend.json"])
    stored["members"][0]["kind"] = "pickle"
    with pytest.raises(ModelMismatchError, match="kind of risk model differs: trained with pickle"):
        Blend.load(parts | {"blend.json": to_json(stored)})


def test_no_customer_is_on_both_sides_of_a_fold() -> None:
    rows = planted_rows(999, per_customer=7)
    folds = customer_folds(rows.y, rows.customers, 4, seed=0)
    assert len(folds) == 4
    for inside, held in folds:
        assert not set(rows.customers[inside]) & set(rows.customers[held])
        assert abs(rows.y[held].mean() - rows.y.mean()) < 0.05
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(999))


def test_a_sample_takes_whole_customers() -> None:
    customers = np.arange(1000) // 10
    chosen = customer_sample(customers, 200, seed=0)
    assert 200 <= chosen.sum() <= 220
    assert set(np.bincount(customers[chosen])) <= {0, 10}
    assert customer_sample(customers, 5000, seed=0).all()


def test_later_split_calibrate_only_where_outcome_windows_do_not_overlap() -> None:
    rows = planted_rows(60)
    times = np.repeat(np.arange(0, 360, 30), 5)
    split = later_split(replace(rows, times=times, window=60), snapshots=3)
    assert split is not None
    assert times[split[0]].max() + 60 <= times[split[1]].min()
    assert later_split(replace(rows, times=times, window=240), snapshots=3) is None
    assert later_split(rows, snapshots=3) is None


def test_the_level_follows_a_drift_of_the_base_rate() -> None:
    rows = planted_rows(6000)
    times = np.arange(6000) % 12 * 30
    rng = np.random.default_rng(0)
    y = np.where(times >= 240, np.maximum(rows.y, rng.random(6000) < 0.3), rows.y).astype(float)
    aware = fit_risk(replace(rows, y=y, times=times, window=30), QUICK)
    unaware = fit_risk(rows.target(y), QUICK)
    assert aware.details["calibration"] == "later snapshots"
    late = times >= 270

    def ratio(fitted: RiskFit) -> float:
        return float(expit(fitted.model.log_odds(rows.X[late])).sum() / y[late].sum())

    assert ratio(aware) == pytest.approx(1.0, abs=0.05)
    assert ratio(unaware) < 0.9


@dataclass(frozen=True)
class Known:
    """A candidate that knows the truth: its probabilities need no mending at any time."""

    def log_odds(self, X: FloatArray) -> FloatArray:
        return true_log_odds(X)


def test_timid_probabilities_are_mended_by_the_folds_where_the_early_fit_shows_no_fault() -> None:
    rows = planted_rows(6000)
    rows = replace(rows, times=np.arange(6000) % 12 * 30, window=30)
    timid = Proposal("timid", lambda _: cast("Candidate", Known()), 0.5 * true_log_odds(rows.X), {})
    found, source, snapshots = calibrate(timid, rows, QUICK)
    assert (source, snapshots) == ("later snapshots", 3)
    assert found.slope == pytest.approx(2.0, abs=0.15)


def test_a_level_that_only_chance_moved_is_left_alone() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=3000)
    y = (rng.random(3000) < expit(truth)).astype(float)
    assert fit_level(truth, y, np.arange(3000)) == IDENTITY
    assert fit_level(truth - 1, y, np.arange(3000)).intercept == pytest.approx(1.0, abs=0.1)


def test_a_level_is_found_where_the_rows_are_told_apart_so_well_that_their_log_odds_are_huge() -> None:
    y = np.repeat([0.0, 1.0], [84, 6])
    far = np.where(y == 1, -60.0, -136.0)
    assert (far + fit_level(far, y, np.arange(90)).intercept > 0).tolist() == (y == 1).tolist()


def test_the_sigmoid_mends_overconfidence_and_leaves_good_probabilities_alone() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=5000)
    y = (rng.random(5000) < expit(truth)).astype(float)
    customers = np.arange(5000)
    mended = fit_sigmoid(3 * truth + 1, y, customers)
    assert mended.slope == pytest.approx(1 / 3, abs=0.05)
    assert mended.intercept == pytest.approx(-1 / 3, abs=0.1)
    assert fit_sigmoid(truth, y, customers) == IDENTITY


def test_two_shapes_of_trees_are_averaged_where_that_is_better_and_a_final_fit_keeps_them() -> None:
    rows = planted_rows(2500, seed=4)
    other = QUICK.trees[0].model_copy(update={"name": "other", "leaves": 4, "depth": 2, "column_share": 0.5})
    fitted = fit_risk(rows, QUICK.model_copy(update={"trees": (*QUICK.trees, other)}))
    single = {
        shape.name: fit_risk(rows, QUICK.model_copy(update={"trees": (shape,)})) for shape in (*QUICK.trees, other)
    }
    assert fitted.scores["lightgbm"] <= min(found.scores["lightgbm"] for found in single.values())
    many = fit_risk(rows, QUICK.model_copy(update={"trees": (*QUICK.trees, other), "bag_rows": 0}))
    assert "+" not in str(many.details["lightgbm.shape"])


def test_trees_with_thresholds_by_chance_join_the_best_of_the_others_where_the_pair_is_better() -> None:
    """The risk rises along a diagonal, which steps of two kinds approach better; the twin only errs again."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(1500, 8))
    rows = Rows(X, (rng.random(1500) < expit(2 * X.sum(axis=1) - 1)).astype(float), np.arange(1500))
    usual = TreeShape(name="usual", leaves=8, depth=3, rate=0.1, leaf_rows=20, column_share=0.7)
    twin = usual.model_copy(update={"name": "twin", "rate": 0.09})
    chance = TreeShape(
        name="chance", leaves=31, depth=8, rate=0.15, leaf_rows=4, column_share=1.0, l2=1.0, extra_trees=True
    )

    def fitted(*shapes: TreeShape) -> RiskFit:
        return fit_risk(rows, QUICK.model_copy(update={"trees": shapes, "max_trees": 300}))

    found = fitted(usual, twin, chance)
    assert found.details["lightgbm.shape"] == "usual+chance"
    assert found.scores["lightgbm"] < min(fitted(shape).scores["lightgbm"] for shape in (usual, twin, chance))


def test_a_blend_that_gains_no_more_than_chance_is_the_better_member_alone() -> None:
    rows = planted_rows(400, seed=6, signal=False)
    fitted = fit_risk(rows, QUICK)
    assert fitted.details["blend.lightgbm_share"] in (0.0, 1.0)
