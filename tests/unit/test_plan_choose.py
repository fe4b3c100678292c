"""The choice of actions at sizes that brute force cannot reach."""

import numpy as np
import pytest

from pipeline.planning.choose import choose, relative_gap
from pipeline.planning.first_fit import first_fit
from pipeline.planning.problem import Problem, tolerance, used


def many(customers: int, seed: int = 0) -> Problem:
    rng = np.random.default_rng(seed)
    cost = np.array([20.0, 12.0, 5.0, 1.0])
    worth = rng.gamma(0.5, 60, (customers, 1)) * rng.uniform(0.1, 0.5, (customers, 4)) - cost
    scale = customers / 20_000
    use = np.vstack([cost, [30.0, 15.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
    return Problem(np.where(worth > 0, worth, -np.inf), use, np.array([8000.0, 9000.0, 100.0]) * scale)


def test_a_large_problem_is_solved_to_a_tenth_of_a_percent() -> None:
    problem = many(60_000)
    choice = choose(problem)
    assert choice.method == "Lagrangian with repair"
    assert choice.gap <= 0.001
    assert (used(problem, choice.action) <= problem.limits + tolerance(problem)).all()


def test_a_limit_that_binds_has_a_price_and_one_with_room_has_none() -> None:
    choice = choose(many(2_000))
    assert choice.prices[0] > 0
    assert choice.prices[2] == 0


def test_the_price_of_the_budget_tells_what_more_of_it_is_worth() -> None:
    problem = many(2_000)
    more = Problem(problem.worth, problem.use, problem.limits + np.array([20.0, 0.0, 0.0]))
    gained = choose(more).objective - choose(problem).objective
    assert gained == pytest.approx(20 * choose(problem).prices[0], rel=0.05)


def test_customers_who_are_all_alike_fill_the_limit_exactly() -> None:
    problem = Problem(np.full((1_000, 2), 3.0), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([100.0, 250.0]))
    choice = choose(problem)
    assert np.bincount(choice.action + 1, minlength=3).tolist() == [650, 100, 250]
    assert choice.gap == pytest.approx(0.0, abs=1e-9)


def test_without_limits_everybody_gets_their_best_action() -> None:
    problem = Problem(np.array([[1.0, 2.0], [-np.inf, -np.inf], [5.0, -np.inf]]), np.zeros((0, 2)), np.zeros(0))
    assert choose(problem).action.tolist() == [1, -1, 0]


def test_nobody_to_choose_from_is_an_empty_choice_with_no_gap() -> None:
    choice = choose(Problem(np.zeros((0, 2)), np.ones((1, 2)), np.array([5.0])))
    assert (len(choice.action), choice.objective, choice.gap) == (0, 0.0, 0.0)


def test_limits_of_zero_leave_everybody_out() -> None:
    choice = choose(Problem(np.full((4, 1), 3.0), np.ones((1, 1)), np.array([0.0])))
    assert choice.action.tolist() == [-1] * 4
    assert choice.bound == pytest.approx(0.0, abs=1e-9)


def test_first_come_first_served_takes_the_next_best_action_when_the_best_is_used_up() -> None:
    problem = Problem(np.array([[9.0, 1.0]] * 3), np.eye(2), np.array([1.0, 1.0]))
    assert first_fit(problem, problem.worth, np.array([2, 0, 1])).tolist() == [1, -1, 0]


def test_the_gap_is_relative_to_the_bound() -> None:
    assert relative_gap(90.0, 100.0) == pytest.approx(0.1)
    assert relative_gap(0.0, 0.0) == 0.0
