"""The choice as a problem: at most one action a customer, limits on what the actions use together.

What an action uses (money, minutes, contacts) depends on the action alone, so prices of the limits turn the problem
into one small decision a customer: take the action whose worth less the priced use is largest, or none.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NOBODY = -1


@dataclass(frozen=True)
class Problem:
    """`worth` (customers, actions), -inf where not allowed; `use` (limits, actions) >= 0; `limits` (limits,) >= 0."""

    worth: Floats
    use: Floats
    limits: Floats

    @property
    def customers(self) -> int:
        """Number of customers."""
        return len(self.worth)

    @property
    def actions(self) -> int:
        """Number of actions."""
        return len(self.use.T)


@dataclass(frozen=True)
class Priced:
    """What the best decisions at given prices yield.

    `bound` is never below the best objective (Lagrangian duality); `best` (customers,) is the priced worth of the best
    decision of each, 0 for none; `used` (limits,) is what these decisions use together.
    """

    bound: float
    best: Floats
    used: Floats


def at_prices(problem: Problem, prices: Floats) -> Priced:
    """The relaxed problem in which limits may be broken at `prices` (limits,) >= 0 a unit."""
    charge = prices @ problem.use
    best = np.zeros(problem.customers)
    chosen = np.full(problem.customers, NOBODY, dtype=np.int16)
    for action in range(problem.actions):
        priced = problem.worth[:, action] - charge[action]
        np.copyto(chosen, action, where=priced > best)
        np.maximum(best, priced, out=best)
    bound = float(best.sum() + prices @ problem.limits)
    return Priced(bound, best, used(problem, chosen))


def used(problem: Problem, chosen: npt.NDArray[np.integer]) -> Floats:
    """What a choice (customers,) of actions uses of each limit, shape (limits,)."""
    counts = np.bincount(chosen[chosen >= 0], minlength=problem.actions)
    return np.asarray(problem.use @ counts.astype(np.float64))


def objective(problem: Problem, chosen: npt.NDArray[np.integer]) -> float:
    """Worth of a choice, money."""
    rows = np.flatnonzero(chosen >= 0)
    return float(problem.worth[rows, chosen[rows]].sum())


def tolerance(problem: Problem) -> Floats:
    """How far rounding may push a sum over its limit, shape (limits,)."""
    return np.asarray(1e-9 * np.maximum(1.0, np.abs(problem.limits)))


def first_fit(problem: Problem, preference: Floats, order: Ints) -> Ints:
    """Go through customers in `order`; each gets the action they prefer most among those that still fit.

    `preference` (customers, actions) is -inf where an action is not wanted. What does not fit once never fits again, so
    each pass over the rest closes one action: at most actions + 1 passes. Returns the choice, shape (customers,).
    """
    chosen = np.full(problem.customers, NOBODY, dtype=np.int64)
    left = problem.limits + tolerance(problem)
    opened = [action for action, use in enumerate(problem.use.T) if (use <= left).all()]
    rest = order
    while opened and len(rest):
        picked = preferred(preference, rest, opened)
        fitting = _prefix_that_fits(problem.use, picked, left)
        chosen[rest[:fitting]] = picked[:fitting]
        counts = np.bincount(picked[:fitting][picked[:fitting] >= 0], minlength=problem.actions)
        left = left - problem.use @ counts
        if fitting == len(rest):
            break
        opened.remove(int(picked[fitting]))
        rest = rest[fitting:]
    return chosen


def preferred(preference: Floats, rows: Ints, opened: list[int]) -> Ints:
    """The action each of `rows` prefers most among the `opened` ones, -1 where they want none of them."""
    best = np.full(len(rows), -np.inf)
    picked = np.full(len(rows), NOBODY, dtype=np.int64)
    for action in opened:
        values = preference[rows, action]
        np.copyto(picked, action, where=values > best)
        np.maximum(best, values, out=best)
    return picked


def _prefix_that_fits(use: Floats, picked: Ints, left: Floats) -> int:
    """How many of the picks, in order, fit into what is left."""
    padded = np.hstack([use, np.zeros((len(use), 1))])  # the last column is NOBODY's use
    fitting = len(picked)
    for row, room in zip(padded, left, strict=True):
        spent = np.cumsum(row[picked[:fitting]])
        fitting = min(fitting, int(np.searchsorted(spent, room, side="right")))
    return fitting
