"""Factors on the risk: found where planted, whatever the risk; shrunk to nothing where there is nothing."""

from typing import Any

import numpy as np
import pytest

from models.arrays import FloatArray, IntArray
from models.relative import ANY, Change, Leavers, RelativeEffects, Scale, fit_relative
from pipeline.learning.whole_trial import log_odds

ACTIONS, KINDS, COLUMNS = 2, 2, 4


def leavers(rows: int, factor: Any, seed: int = 0, share: float = 0.5) -> Leavers:
    """A trial whose risk rises with column 0; `factor(X, action, kind)` multiplies it where contacted.

    Column 1 is a category of three levels.
    """
    rng = np.random.default_rng(seed)
    X = rng.random((rows, COLUMNS))
    X[:, 1] = rng.integers(0, 3, rows)
    action, kind = rng.integers(0, ACTIONS, rows), rng.integers(0, KINDS, rows)
    treated = rng.random(rows) < share
    risk = 0.1 + 0.3 * X[:, 0]
    left = rng.random(rows) < np.where(treated, risk * factor(X, action, kind), risk)
    odds = np.full(rows, np.log(share / (1 - share)))
    return Leavers(X, action, kind, treated, odds, (1,)).take(left)


def cell(action: IntArray, kind: IntArray) -> FloatArray:
    return np.where((action == 0) & (kind == 1), 0.4, 1.0)


def test_the_factor_of_an_action_on_a_type_is_found_and_the_others_stay_near_one() -> None:
    found = fit_relative(leavers(30_000, lambda X, a, k: cell(a, k)), ACTIONS, KINDS)
    factor = np.exp(found.cells[:, :KINDS])
    assert factor[0, 1] == pytest.approx(0.4, abs=0.06)
    assert factor[0, 0] == pytest.approx(1, abs=0.1) and factor[1] == pytest.approx([1, 1], abs=0.1)
    assert found.changes == ()


def test_a_small_hold_out_changes_nothing_but_the_precision() -> None:
    found = fit_relative(leavers(60_000, lambda X, a, k: cell(a, k), share=0.9), ACTIONS, KINDS)
    assert np.exp(found.cells[0, 1]) == pytest.approx(0.4, abs=0.08)


@pytest.mark.parametrize("seed", range(5))
def test_where_contacts_do_nothing_the_factors_are_nearly_one(seed: int) -> None:
    found = fit_relative(leavers(8_000, lambda X, a, k: 1.0, seed), ACTIONS, KINDS)
    assert np.abs(found.cells).max() < 0.15


def test_few_contacts_are_drawn_to_each_other_by_more_than_many() -> None:
    few, many = (fit_relative(leavers(rows, lambda X, a, k: cell(a, k), 3), ACTIONS, KINDS) for rows in (1_500, 40_000))
    assert np.ptp(few.cells[:, :KINDS]) < np.ptp(many.cells[:, :KINDS])


def test_a_category_that_turns_the_effect_around_is_found_for_its_action_alone() -> None:
    def factor(X: FloatArray, action: IntArray, kind: IntArray) -> FloatArray:
        return np.where(action == 1, np.where(X[:, 1] == 2, 1.5, 0.6), 1.0)

    rows = leavers(20_000, factor, 1)
    found = fit_relative(rows, ACTIONS, KINDS, first=(1,))
    assert [(one.scale.column, one.action) for one in found.changes] == [(1, 1)]
    log = found.log_factor(np.array([[0.5, 0.0, 0.5, 0.5], [0.5, 2.0, 0.5, 0.5]]))
    assert np.exp(log[:, 1, 0]) == pytest.approx([0.6, 1.5], rel=0.2)
    assert log[0, 0, 0] == log[1, 0, 0]


def test_a_number_that_fades_the_effect_is_found_by_its_rank() -> None:
    found = fit_relative(leavers(20_000, lambda X, a, k: 0.4 + 0.9 * X[:, 2], 2), ACTIONS, KINDS)
    assert (2, ANY) in [(one.scale.column, one.action) for one in found.changes]
    low, high = found.log_factor(np.array([[0.5, 0, 0.05, 0.5], [0.5, 0, 0.95, 0.5]]))[:, 0, 0]
    assert low < -0.4 < 0 < high


def test_what_is_kept_is_the_risk_times_what_the_factor_takes_off_by_type() -> None:
    effects = RelativeEffects(np.log([[0.5, 1.0, 0.8]]))
    kept = effects.kept(np.zeros((1, 1)), np.array([0.4]), np.array([[0.6, 0.3]]))
    assert kept[0, 0] == pytest.approx(0.4 * (0.6 * 0.5 + 0.3 * 0 + 0.1 * 0.2))


def test_ranks_and_levels_are_those_of_the_trial_and_the_missing_counts_as_the_middle() -> None:
    X = np.column_stack([np.arange(101.0), np.tile([0.0, 1.0, np.nan], 34)[:101]])
    new = np.array([[-5.0, 0.0], [50.0, 1.0], [500.0, 7.0], [np.nan, np.nan]])
    assert Scale.of(X, 0, False).design(new)[:, 0] == pytest.approx([-1, 0, 1, 0], abs=0.02)
    assert Scale.of(X, 1, True).design(new).tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]
    assert Scale.of(np.ones((9, 1)), 0, False).design(np.ones((2, 1))).shape == (2, 0)


def test_what_is_read_back_gives_the_same_bits() -> None:
    change = Change(Scale(0, grid=(0.0, 0.1, 0.7)), ANY, (0.3,))
    effects = RelativeEffects(np.array([[0.1, -0.2]]), (change, Change(Scale(1, levels=2), 0, (0.1, -0.1))))
    X = np.array([[0.05, 1.0], [0.9, 0.0]])
    again = RelativeEffects.from_dict(effects.to_dict())
    assert np.array_equal(again.log_factor(X), effects.log_factor(X))


def test_the_odds_of_being_drawn_are_those_of_the_action_at_that_moment() -> None:
    treated = np.tile([True, False], 2_000)
    treated[2_000:] = np.arange(2_000) % 10 > 0
    odds = np.exp(log_odds(np.zeros(4_000, dtype=np.int64), np.repeat([0, 1], 2_000), treated))
    assert odds[0] == pytest.approx(1, abs=0.05) and odds[-1] == pytest.approx(9, rel=0.05)
