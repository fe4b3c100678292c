"""The choice against brute force on tiny cases, and its promises on random ones."""

from itertools import product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.planning.choose import choose
from pipeline.planning.problem import Problem, objective, tolerance, used


@st.composite
def problems(draw: st.DrawFn, customers: int = 5) -> Problem:
    """Whole numbers make ties and exactly reached limits likely."""
    rows = draw(st.integers(0, customers))
    actions, limits = draw(st.integers(1, 3)), draw(st.integers(0, 3))
    cell = st.one_of(st.just(-np.inf), st.integers(1, 9).map(float), st.floats(0.01, 20))
    use = st.one_of(st.just(0.0), st.integers(1, 5).map(float), st.floats(0.0, 5.0))
    worth = np.array([[draw(cell) for _ in range(actions)] for _ in range(rows)]).reshape(rows, actions)
    uses = np.array([[draw(use) for _ in range(actions)] for _ in range(limits)]).reshape(limits, actions)
    sizes = [draw(st.one_of(st.integers(0, 8).map(float), st.floats(0, 12))) for _ in range(limits)]
    member, bounds = draw(segments(rows))
    return Problem(worth, uses, np.array([*sizes, *bounds]), member)


@st.composite
def segments(draw: st.DrawFn, rows: int) -> tuple[Any, list[float]]:
    """Members of up to two caps and two floors, which may overlap and may be out of reach."""
    signs = draw(st.lists(st.sampled_from([1, -1, -1]), max_size=3))
    inside = [[draw(st.booleans()) for _ in range(rows)] for _ in signs]
    member = np.array(inside, dtype=np.int8).reshape(len(signs), rows) * np.array(signs, dtype=np.int8)[:, None]
    return member, [sign * float(draw(st.integers(0 if sign > 0 else 1, 4))) for sign in signs]


def best_by_trying_all(problem: Problem) -> tuple[tuple[float, ...], float]:
    """What of the floors can be reached, the first one first, and the largest worth of the plans that reach it."""
    best: tuple[tuple[float, ...], float] = ((), -1.0)
    floors = problem.floors
    for options in product(range(-1, problem.actions), repeat=problem.customers):
        chosen = np.array(options, dtype=np.int64)
        spent = used(problem, chosen)
        fits = spent <= problem.limits + tolerance(problem)
        fits[floors] = True
        if np.isfinite(objective(problem, chosen)) and fits.all():
            reached = tuple(np.minimum(-spent[floors], -problem.limits[floors]).tolist())
            best = max(best, (reached, objective(problem, chosen)))
    return best


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_choice_is_worth_as_much_as_the_best_of_all_choices(problem: Problem) -> None:
    choice = choose(problem)
    reached, best = best_by_trying_all(problem)
    assert (-choice.limits[problem.floors]).tolist() == list(reached)
    assert abs(choice.objective - best) <= 1e-6 * max(1.0, best)
    assert choice.bound >= best - 1e-6


@settings(max_examples=150, deadline=None)
@given(problems(customers=30), st.sampled_from([0, 100_000]))
def test_no_limit_is_broken_and_the_bound_holds_on_either_way_to_prices(problem: Problem, linear_pairs: int) -> None:
    choice = choose(problem, linear_pairs=linear_pairs)
    assert (used(problem, choice.action) <= choice.limits + tolerance(problem)).all()
    assert (np.delete(choice.limits, problem.floors) == np.delete(problem.limits, problem.floors)).all()
    assert choice.objective == objective(problem, choice.action)
    assert np.isfinite(choice.objective)
    assert choice.bound >= choice.objective
    assert (choice.prices >= 0).all()


@settings(max_examples=60, deadline=None)
@given(problems(customers=8))
def test_cutting_planes_and_the_linear_programme_lead_to_the_same_worth(problem: Problem) -> None:
    one, other = choose(problem), choose(problem, linear_pairs=0)
    assert abs(one.objective - other.objective) <= 1e-6 * max(1.0, one.objective)


@settings(max_examples=60, deadline=None)
@given(problems(customers=20))
def test_without_the_exact_step_the_choice_keeps_its_limits_and_its_bound(problem: Problem) -> None:
    quick, exact = choose(problem, core_pairs=0), choose(problem)
    assert (used(problem, quick.action) <= quick.limits + tolerance(problem)).all()
    if (quick.limits != exact.limits).any():
        return  # without the exact step a floor may seem out of reach
    assert quick.bound >= exact.objective - 1e-6
    assert quick.objective <= exact.objective + 1e-6 * max(1.0, exact.objective)


@settings(max_examples=40, deadline=None)
@given(problems(customers=12))
def test_the_same_problem_gives_the_same_choice(problem: Problem) -> None:
    one, other = choose(problem), choose(problem)
    assert (one.action == other.action).all()
    assert one.bound == other.bound
