"""Differences between arms, and beliefs about odds, against hand-made and simulated cases."""

import numpy as np
import pytest

from models.odds import Beta, Counts, posterior
from models.trial import benefit_strata, difference


def arms(treated: list[float], control: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(treated + control), np.r_[np.ones(len(treated), bool), np.zeros(len(control), bool)]


def test_without_strata_it_is_the_plain_difference_of_means() -> None:
    found = difference(*arms([1.0, 0.0, 1.0, 0.0], [1.0, 1.0]))
    assert (found.mean_treated, found.mean_control, found.difference) == (0.5, 1.0, -0.5)


def test_strata_take_away_what_the_arms_differ_in_before_the_contact() -> None:
    y, treated = arms([1.0] * 90 + [0.0] * 10, [1.0] * 10 + [0.0] * 90)
    strata = y.astype(np.int64)
    assert difference(y, treated).difference == pytest.approx(0.8)
    assert difference(y, treated, strata).difference == pytest.approx(0.0)


def test_strata_weigh_as_the_treated_do() -> None:
    y, treated = arms([1.0] * 30 + [0.0] * 10, [0.0] * 30 + [0.0] * 30)
    strata = np.r_[np.zeros(30), np.ones(10), np.zeros(30), np.ones(30)].astype(np.int64)
    assert difference(y, treated, strata).difference == pytest.approx(0.75)


def test_a_stratum_with_one_arm_joins_its_neighbour() -> None:
    y, treated = arms([1.0, 0.0, 0.0], [0.0, 1.0])
    found = difference(y, treated, np.array([0, 1, 2, 1, 1]))
    assert found.difference == pytest.approx(1 / 3 - 1 / 2)


def test_an_empty_arm_leaves_the_difference_unknown() -> None:
    found = difference(*arms([1.0, 0.0], []))
    assert np.isnan(found.difference) and not found.claimed
    assert found.mean_treated == 0.5


@pytest.mark.parametrize("binary", [True, False])
def test_intervals_hold_the_truth_about_as_often_as_they_say(binary: bool) -> None:
    rng, hits, runs = np.random.default_rng(1), 0, 400
    for _ in range(runs):
        benefit = rng.random(600)
        treated = rng.random(600) < 0.8
        chance = 0.05 + 0.3 * benefit - 0.1 * treated * benefit
        y = (rng.random(600) < chance).astype(float)
        found = difference(y, treated, benefit_strata(benefit, treated), binary=binary)
        hits += found.low < -0.1 * benefit[treated].mean() < found.high
    assert 0.92 <= hits / runs <= 0.985


def test_no_event_in_either_arm_is_not_taken_for_certainty() -> None:
    nobody = arms([0.0] * 60, [0.0] * 40)
    found = difference(*nobody, binary=True)
    assert found.difference == 0.0
    assert found.low < -0.03 and found.high > 0.03
    assert difference(*nobody).low == 0.0  # without being told that it counts events


def test_strata_by_benefit_hold_about_as_many_controls_each() -> None:
    rng = np.random.default_rng(0)
    benefit, treated = rng.exponential(1, 3000), rng.random(3000) < 0.9
    controls = np.bincount(benefit_strata(benefit, treated)[~treated])
    assert len(controls) == 10 and controls.max() - controls.min() <= 2


def test_few_controls_make_one_stratum() -> None:
    assert set(benefit_strata(np.arange(30.0), np.arange(30) > 5)) == {0}


def test_odds_stay_without_evidence() -> None:
    prior = Beta(3, 7)
    assert posterior(prior, []) == prior
    assert posterior(prior, [Counts(10, 1, 0, 0), Counts(500, 0, 500, 0)]) == prior


def test_much_evidence_overrules_the_prior() -> None:
    found = posterior(Beta(9, 1), [Counts(100_000, 8_000, 100_000, 10_000)])
    assert found.mean == pytest.approx(0.2, abs=0.01)


def test_evidence_of_plans_with_different_risks_is_not_mixed() -> None:
    """Each plan halves its own risk; pooled counts would say that contacting quadruples it."""
    plans = [Counts(10_000, 2_000, 1_000, 400), Counts(1_000, 5, 10_000, 100)]
    assert posterior(Beta(1, 1), plans).mean == pytest.approx(0.5, abs=0.03)


def test_an_action_that_drives_away_ends_near_zero_odds() -> None:
    assert posterior(Beta(2, 8), [Counts(2_000, 300, 2_000, 200)]).mean < 0.03


@pytest.mark.parametrize("treated_left", [20_000, 0])
def test_much_evidence_against_an_end_leaves_the_belief_as_narrow_as_it_says(treated_left: int) -> None:
    """At the end the likelihood is exp(-slope x distance), so Beta(2, 2) becomes a Gamma(2, slope) of the distance."""
    found = posterior(Beta(2, 2), [Counts(100_000, treated_left, 100_000, 5_000)])
    near, far = (found.a, found.b) if treated_left else (found.b, found.a)
    slope = 20_000 - 80_000 * 0.05 / 0.95 if treated_left else 100_000 * 0.05
    assert near == pytest.approx(2, rel=0.02)
    assert far == pytest.approx(slope, rel=0.02)


def test_the_belief_narrows_around_the_truth_as_often_as_it_says() -> None:
    rng, hits, runs = np.random.default_rng(2), 0, 150
    for _ in range(runs):
        kept = rng.beta(2, 6)
        told = Counts(800, int(rng.binomial(800, 0.2 * (1 - kept))), 300, int(rng.binomial(300, 0.2)))
        low, high = posterior(Beta(2, 6), [told]).interval()
        hits += low < kept < high
    assert hits / runs >= 0.9
