"""Choose at most one offer a customer so that the plan is worth most within its limits.

Prices of the limits give an upper bound. Customers in the order of what they are worth at these prices, each taking
the best offer that still fits, give a plan. Every pair that could not be part of a better plan is then ruled out by
the gap between the two (reduced-cost fixing), and HiGHS solves what is left exactly, if it is small enough. The result
depends on the input alone: no clock, no random numbers.

A floor that cannot be reached is lowered to what can be reached, in the order of the floors: first as much as possible
of the first one, then of the second, and the plan worth most under these.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from pipeline.planning.first_fit import first_fit
from pipeline.planning.prices import best_prices, constraint_matrix
from pipeline.planning.problem import (
    NOBODY,
    Floats,
    Ints,
    Priced,
    Problem,
    feasible,
    net_of_prices,
    objective,
    tolerance,
    used,
)
from pipeline.planning.silence import silent_stdout

LINEAR_PAIRS = 20_000  # pairs up to which prices come from one linear programme; above, cutting planes are faster
CORE_PAIRS = 20_000  # undecided pairs up to which the rest is solved exactly
# Search limits, counted in nodes and not in seconds, so that the plan is the same on every machine. The more pairs are
# undecided the more a node costs: 5,000 near ties took 14 s for a hundredth of a per cent.
NODES, FEWEST_NODES, NODE_PAIRS = 2_000, 50, 1_000_000
GOOD_ENOUGH = 1e-7  # relative gap at which nothing more is tried
CLOSE = (
    1e-5  # relative gap at which nothing more is tried for problems above LINEAR_PAIRS: a search costs minutes there
)


@dataclass(frozen=True)
class Choice:
    """The plan as chosen.

    `action` (customers,) is the position of the offer, -1 for none; `objective` and `bound` are sums of worth, `gap`
    their relative distance; `prices` (limits,) is what one more unit of each limit is worth; `method` names the way.
    `limits` are those of the problem with the floors that can be reached.
    """

    action: Ints
    objective: float
    bound: float
    prices: Floats
    method: str
    limits: Floats

    @property
    def gap(self) -> float:
        """(bound - objective) / bound, 0 when both are 0."""
        return relative_gap(self.objective, self.bound)


def relative_gap(value: float, bound: float) -> float:
    """How far `value` may be below the best, as a share of the bound."""
    return max(0.0, (bound - value) / bound) if bound > 0 else 0.0


def choose(problem: Problem, linear_pairs: int = LINEAR_PAIRS, core_pairs: int = CORE_PAIRS) -> Choice:
    """The best choice found, with a bound that no choice can exceed. Empty problems give an empty choice."""
    choice = _choose(problem, linear_pairs, core_pairs)
    if choice is not None:
        return choice
    lowered = _with_floors_in_reach(problem, linear_pairs, core_pairs)
    choice = _choose(lowered, linear_pairs, core_pairs)
    if choice is not None:
        return choice
    # What reached the floors one by one was found by searching; a search for all of them at once may still miss.
    without = _with_floors(lowered, {int(floor): 0.0 for floor in lowered.floors})
    return replace(_surely(without, linear_pairs, core_pairs), limits=without.limits)


def _surely(problem: Problem, linear_pairs: int, core_pairs: int) -> Choice:
    choice = _choose(problem, linear_pairs, core_pairs)
    assert choice is not None, "without floors nobody is a plan too"
    return choice


def _with_floors_in_reach(problem: Problem, linear_pairs: int, core_pairs: int) -> Problem:
    """Floors in their order, each at most as high as the earlier ones allow."""
    found = _with_floors(problem, {int(floor): 0.0 for floor in problem.floors})
    for floor in problem.floors.tolist():
        member = problem.member[floor - problem.uses] != 0
        # Everybody else counts so little that all of them together weigh less than one member.
        weight = np.where(member, 1.0, 0.5 / (problem.customers + 1))
        count = np.where(np.isfinite(problem.worth), weight[:, None], -np.inf)
        most = _choose(Problem(count, problem.use, found.limits, problem.member), linear_pairs, core_pairs)
        reached = 0.0 if most is None else float(member[most.action >= 0].sum())
        found = _with_floors(found, {floor: min(reached, -problem.limits[floor])})
    return found


def _with_floors(problem: Problem, sizes: dict[int, float]) -> Problem:
    limits = problem.limits.copy()
    for floor, size in sizes.items():
        limits[floor] = -size
    return replace(problem, limits=limits)


def _choose(problem: Problem, linear_pairs: int, core_pairs: int) -> Choice | None:
    """The best choice found; None where none was found that reaches the floors."""
    prices, priced = best_prices(problem, linear_pairs)
    action = _repaired(problem, prices, priced)
    kept = feasible(problem, action)
    value = objective(problem, action) if kept else -np.inf
    # max: two sums of the same numbers can differ in the last bit
    choice = Choice(action, value, max(priced.bound, value), prices, "Lagrangian with repair", problem.limits)
    close = CLOSE if np.isfinite(problem.worth).sum() > linear_pairs else GOOD_ENOUGH
    if not kept or choice.gap > close:
        choice = _polished(problem, choice, priced, core_pairs)
    return choice if np.isfinite(choice.objective) else None


def _repaired(problem: Problem, prices: Floats, priced: Priced) -> Ints:
    """A choice within the limits: at the prices, and from the same order by plain worth; the better of the two."""
    order = np.argsort(-priced.best, kind="stable")
    allowed = np.asarray(np.isfinite(problem.worth).any(axis=1), dtype=bool)
    order = order[allowed[order]]
    tried = [first_fit(problem, wish, order) for wish in (net_of_prices(problem, prices), problem.worth)]
    return max(tried, key=lambda one: (feasible(problem, one), objective(problem, one)))


@dataclass(frozen=True)
class _Core:
    """What is still undecided: `undecided` customers with `options`; `fixed` holds everybody else's decision."""

    fixed: Ints
    undecided: Ints
    options: npt.NDArray[np.bool_]


def _core(problem: Problem, choice: Choice, priced: Priced) -> _Core:
    """Rule out each decision whose regret at the prices exceeds the gap: no better plan contains it."""
    slack = choice.bound - choice.objective + 1e-9 * max(1.0, abs(choice.bound))
    regret = priced.best[:, None] - net_of_prices(problem, choice.prices)
    possible = np.isfinite(regret) & (regret <= slack)
    nothing = priced.best <= slack
    several = possible.sum(axis=1) + nothing > 1
    fixed = np.where(possible.any(axis=1) & ~several, possible.argmax(axis=1), NOBODY)
    undecided = np.flatnonzero(several)
    return _Core(fixed, undecided, possible[undecided])


def _polished(problem: Problem, choice: Choice, priced: Priced, core_pairs: int) -> Choice:
    core = _core(problem, choice, priced)
    if not 0 < core.options.sum() <= core_pairs:
        return choice
    room = problem.limits - used(problem, core.fixed)
    upper = np.ones(len(room), dtype=bool)
    upper[problem.floors] = False
    if (room < -tolerance(problem))[upper].any():
        return choice
    worth = np.where(core.options, problem.worth[core.undecided], -np.inf)
    part = problem.of(core.undecided, worth, np.where(upper, np.maximum(room, 0.0), room))
    return _with_core(problem, choice, core, part)


def _with_core(problem: Problem, choice: Choice, core: _Core, part: Problem) -> Choice:
    picked, bound = _exact(part, accepted=GOOD_ENOUGH * max(choice.objective, 0.0))
    certain = objective(problem, core.fixed)
    bound = min(choice.bound, max(certain + bound, choice.objective))
    action, value = choice.action, choice.objective
    if picked is not None:
        better = core.fixed.copy()
        better[core.undecided] = picked
        if feasible(problem, better) and objective(problem, better) >= value:
            action, value = better, objective(problem, better)
    method = "HiGHS on what the prices left undecided"
    return replace(choice, action=action, objective=value, bound=max(bound, value), method=method)


def _nodes(pairs: int) -> int:
    return int(np.clip(NODE_PAIRS // pairs, FEWEST_NODES, NODES))


def _exact(part: Problem, accepted: float) -> tuple[Ints | None, float]:
    """The best choice of a small problem and the bound proved for it; `accepted` is the absolute gap to stop at."""
    rows, actions = np.nonzero(np.isfinite(part.worth))
    value = part.worth[rows, actions]
    upper = np.concatenate([np.ones(part.customers), part.limits])
    with silent_stdout():
        solved = milp(
            -value,
            constraints=LinearConstraint(constraint_matrix(part, rows, actions), -np.inf, upper),
            integrality=np.ones(len(value)),
            bounds=Bounds(0, 1),
            options={"node_limit": _nodes(len(value)), "mip_rel_gap": accepted / max(float(value.sum()), 1e-12)},
        )
    bound = np.inf if solved.mip_dual_bound is None else -float(solved.mip_dual_bound)
    if solved.x is None:
        return None, bound
    picked = np.full(part.customers, NOBODY, dtype=np.int64)
    taken = np.flatnonzero(solved.x > 0.5)
    picked[rows[taken]] = actions[taken]
    return picked, bound
