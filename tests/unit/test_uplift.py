"""Rankings by effect: the figures by hand, learners on planted effects, nothing where nothing is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.uplift import (
    LEARNERS,
    EffectModel,
    TrialRows,
    UpliftShape,
    calibrate,
    choose_ranking,
    fit_effect,
)
from models.uplift_metrics import UpliftRanking, uplift_scores

SMALL = UpliftShape(trees=30, leaf_rows=50, column_share=1.0)


def trial(rows: int, effect: Any, seed: int = 0, base: Any = 0.3, gain: int = 1, contacted: float = 0.5) -> TrialRows:
    """Columns are uniform; `effect` and `base` (functions of them, or numbers) are chances of the event."""
    rng = np.random.default_rng(seed)
    X = rng.random((rows, 3))
    treated = rng.random(rows) < contacted
    chance, shift = (part(X) if callable(part) else np.full(rows, part) for part in (base, effect))
    event = (rng.random(rows) < chance + treated * shift).astype(np.float64)
    return TrialRows(np.asfortranarray(X), event, treated, np.arange(rows), gain)


def test_a_perfect_ranking_has_a_qini_of_one_and_its_reverse_is_worse_than_chance() -> None:
    rows = trial(500, 0.2)
    perfect = rows.event * (2.0 * rows.treated - 1)
    assert UpliftRanking.of(rows.event, rows.treated, perfect).qini() == pytest.approx(1.0)
    assert UpliftRanking.of(rows.event, rows.treated, -perfect).qini() < -0.3


def test_equal_scores_are_no_ranking() -> None:
    rows = trial(500, 0.2)
    found = UpliftRanking.of(rows.event, rows.treated, np.zeros(500))
    assert found.qini() == pytest.approx(0.0)
    effect = rows.event[rows.treated].mean() - rows.event[~rows.treated].mean()
    helped_first = np.argsort(rows.event * (1 - 2.0 * rows.treated), kind="stable")
    for order in (np.arange(500), helped_first, helped_first[::-1]):
        some = UpliftRanking.of(rows.event[order], rows.treated[order], np.zeros(500))
        assert some.uplift_at(0.3) == pytest.approx(effect)


def test_equal_scores_on_the_border_count_by_the_share_of_them_inside() -> None:
    """Two rows above all others, then four alike, of which half are inside."""
    gain, treated = np.array([1.0, 0, 1, 0, 0, 1]), np.array([True, False, True, True, False, False])
    score = np.array([2.0, 2, 1, 1, 1, 1])
    for order in (np.arange(6), np.array([1, 0, 5, 4, 3, 2])):
        some = UpliftRanking.of(gain[order], treated[order], score[order])
        assert some.uplift_at(4 / 6) == pytest.approx(1.5 / 2 - 0.5 / 2)


def test_the_curve_of_four_rows_by_hand() -> None:
    """Best first: treated with gain, control without, treated without, control with gain."""
    gain, treated = np.array([1.0, 0.0, 0.0, 1.0]), np.array([True, False, True, False])
    found = UpliftRanking.of(gain, treated, np.array([4.0, 3.0, 2.0, 1.0]))
    rows, curve = found._curve(None)
    assert rows.tolist() == [0, 1, 2, 3, 4]
    assert curve.tolist() == [0, 1, 1, 1, 0]
    assert found.uplift_at(0.5) == pytest.approx(1.0)
    assert found.auuc() == pytest.approx(3 / 4 / 2)


def test_weights_count_as_copies_do() -> None:
    rows = trial(200, 0.2)
    score, weights = rows.X[:, 0], np.random.default_rng(1).integers(0, 3, 200).astype(float)
    copies = np.repeat(np.arange(200), weights.astype(int))
    weighted = UpliftRanking.of(rows.event, rows.treated, score).qini(weights)
    copied = UpliftRanking.of(rows.event[copies], rows.treated[copies], score[copies]).qini()
    assert weighted == pytest.approx(copied)


def test_intervals_stand_around_the_figures() -> None:
    rows = trial(2000, lambda X: 0.4 * (X[:, 0] > 0.7), seed=1)
    found = uplift_scores(rows.event, rows.treated, rows.X[:, 0], rows.customers, replicates=50)
    assert set(found) == {"qini", "auuc", "uplift_30"}
    assert all(one.low < one.value < one.high for one in found.values())
    assert found["uplift_30"].low < 0.4 < found["uplift_30"].high
    assert found["qini"].low > 0


@pytest.mark.parametrize("name", ["t_learner", "x_learner", "dr_learner", "shift"])
def test_learners_of_effects_find_whom_contact_helps(name: str) -> None:
    rows, other = (trial(4000, lambda X: 0.3 * (X[:, 0] > 0.5), seed) for seed in (1, 2))
    score = LEARNERS[name](rows, SMALL).score(other.X)
    assert score[other.X[:, 0] > 0.6].mean() > score[other.X[:, 0] < 0.4].mean() + 0.15


def test_the_x_learner_trusts_the_part_that_rests_on_the_larger_arm() -> None:
    """With few controls, what is learned from the treated rests on a poor model of the controls."""

    def base(X: np.ndarray) -> np.ndarray:
        return 0.1 + 0.7 * (X[:, 0] > 0.5) * (X[:, 1] > 0.5)

    found = LEARNERS["x_learner"](trial(3000, 0.1, base=base, contacted=0.8), SMALL)
    X = np.random.default_rng(9).random((4000, 3))
    right, swapped = (
        np.sqrt(np.mean((one.score(X) - 0.1) ** 2)) for one in (found, replace(found, weights=found.weights[::-1]))
    )
    assert right < 0.85 * swapped


def test_events_to_be_prevented_count_as_losses() -> None:
    rows = trial(4000, lambda X: -0.25 * (X[:, 1] > 0.5), gain=-1)
    score = LEARNERS["t_learner"](rows, SMALL).score(rows.X)
    assert score[rows.X[:, 1] > 0.6].mean() > 0.15 > score[rows.X[:, 1] < 0.4].mean()


def test_the_response_model_is_chosen_where_contact_moves_those_who_move_anyway() -> None:
    def base(X: np.ndarray) -> np.ndarray:
        return 0.02 + 0.5 * X[:, 0] ** 3

    rows = trial(3000, lambda X: 0.15 * base(X), base=base)
    choice, _ = choose_ranking([rows], {"small": SMALL}, folds=3)
    assert choice.name.partition("/")[0] in ("response", "shift")
    assert choice.scores["response/small"] > choice.scores["dr_learner/small"]


def test_a_learner_of_effects_is_chosen_where_the_risk_says_nothing_of_them() -> None:
    rows = trial(4000, lambda X: 0.3 * (X[:, 0] > 0.5) * (X[:, 1] > 0.5), base=lambda X: 0.6 - 0.5 * X[:, 0])
    choice, _ = choose_ranking([rows], {"small": SMALL}, folds=3)
    assert not choice.name.startswith("response")


def test_calibrated_effects_are_about_the_planted_ones() -> None:
    rows = trial(6000, lambda X: 0.3 * (X[:, 0] > 0.5) - 0.1, seed=1)
    choice, unseen = choose_ranking([rows], {"small": SMALL}, folds=3)
    effect = fit_effect(choice.name, choice.shape, rows, unseen[choice.name][0]).effect(rows.X)
    high = rows.X[:, 0] > 0.5
    assert effect[high].mean() == pytest.approx(0.2, abs=0.05)
    assert effect[~high].mean() == pytest.approx(-0.1, abs=0.05)


def test_a_ranking_that_says_nothing_leaves_the_mean_effect() -> None:
    rows = trial(3000, 0.1)
    noise = np.random.default_rng(5).random(3000)
    worth = calibrate(rows, noise)
    assert np.ptp(worth.effect(noise)) < 0.05
    assert worth.effect(noise).mean() == pytest.approx(0.1, abs=0.05)


@pytest.mark.parametrize("name", list(LEARNERS))
def test_models_read_back_give_the_same_bits(name: str) -> None:
    rows = trial(800, 0.2)
    model = EffectModel(LEARNERS[name](rows, SMALL), calibrate(rows, rows.X[:, 0]))
    assert np.array_equal(EffectModel.load(model.dump()).effect(rows.X), model.effect(rows.X))
