"""Prices of the limits: the dual of the choice, by linear programme for small problems and by cutting planes above.

The dual function is convex and piecewise linear in few prices (one a limit); one evaluation is one pass over the
pairs. Cutting planes (Kelley 1960) within a trust region around the best prices so far start from the exact prices of
a sample, so a handful of passes closes the gap.
"""

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from pipeline.planning.problem import Floats, Ints, Priced, Problem, at_prices

SAMPLE_CUSTOMERS = 4_000
MAX_PASSES = 60
ENOUGH = 1e-7  # relative gap between the dual and its model at which prices are good enough


def best_prices(problem: Problem, linear_pairs: int) -> tuple[Floats, Priced]:
    """Prices (limits,) >= 0 that make the bound smallest, and the relaxed solution there."""
    pairs = int(np.isfinite(problem.worth).sum())
    if not pairs or not len(problem.limits):
        prices = np.zeros(len(problem.limits))
        return prices, at_prices(problem, prices)
    if pairs <= linear_pairs:
        prices = linear_prices(problem)
        return prices, at_prices(problem, prices)
    return _cutting_planes(problem, linear_prices(_sample(problem)))


def bound_at(problem: Problem, start: Floats) -> float:
    """The smallest bound found from prices that were best for slightly other limits, money."""
    return _cutting_planes(problem, start)[1].bound


def linear_prices(problem: Problem) -> Floats:
    """Shadow prices of the linear relaxation (HiGHS), money a unit of each limit, shape (limits,)."""
    rows, actions = np.nonzero(np.isfinite(problem.worth))
    solved = linprog(
        -problem.worth[rows, actions],
        A_ub=constraint_matrix(problem, rows, actions),
        b_ub=np.concatenate([np.ones(problem.customers), problem.limits]),
        bounds=(0, None),
        method="highs",
    )
    if solved.x is None:  # floors out of reach; any prices give a bound
        return np.zeros(len(problem.limits))
    prices: Floats = np.maximum(-solved.ineqlin.marginals[problem.customers :], 0.0)
    return prices


def constraint_matrix(problem: Problem, rows: Ints, actions: Ints) -> sparse.csr_matrix:
    """One row a customer (at most one action), then one a limit; one column a pair."""
    pairs = np.arange(len(rows))
    once = sparse.csr_matrix((np.ones(len(rows)), (rows, pairs)), shape=(problem.customers, len(rows)))
    parts = [once, sparse.csr_matrix(problem.use[:, actions])]
    if len(problem.member):
        parts.append(sparse.csr_matrix(problem.member[:, rows].astype(np.float64)))
    return sparse.vstack(parts).tocsr()


def _sample(problem: Problem) -> Problem:
    """Evenly spaced customers in the order of what their best action is worth, limits scaled along."""
    active = np.flatnonzero(np.isfinite(problem.worth).any(axis=1))
    order = active[np.argsort(problem.worth[active].max(axis=1), kind="stable")]
    rows = order[np.linspace(0, len(order) - 1, min(SAMPLE_CUSTOMERS, len(order))).astype(int)]
    return problem.of(rows, problem.worth[rows], problem.limits * (len(rows) / len(active)))


def _cutting_planes(problem: Problem, start: Floats) -> tuple[Floats, Priced]:
    centre, best = start, at_prices(problem, start)
    slopes, offsets = [], []
    radius, prices, found = 0.05, start, best
    for _ in range(MAX_PASSES):
        slope = problem.limits - found.used
        slopes.append(slope)
        offsets.append(found.bound - slope @ prices)
        prices, model = _lowest_of_model(np.array(slopes), np.array(offsets), centre, radius)
        if best.bound - model <= ENOUGH * max(1.0, abs(best.bound)) * min(1.0, radius / 0.05):
            break
        found = at_prices(problem, prices)
        better = found.bound < best.bound
        if better:
            centre, best = prices, found
        radius = min(radius * 2, 1.0) if better else radius / 2
    return centre, best


def _lowest_of_model(slopes: Floats, offsets: Floats, centre: Floats, radius: float) -> tuple[Floats, float]:
    """Lowest point of the highest cut, each price within `radius` of the centre (relative, and up from zero)."""
    limits = len(centre)
    reach = radius * np.maximum(centre, centre.max() * 0.1 + 1e-6)
    solved = linprog(
        np.r_[np.zeros(limits), 1.0],
        A_ub=np.hstack([slopes, -np.ones((len(slopes), 1))]),
        b_ub=-offsets,
        bounds=[(max(0.0, c - r), c + r) for c, r in zip(centre, reach, strict=True)] + [(None, None)],
        method="highs",
    )
    if solved.x is None:  # the cuts nearly coincide: nothing better to find
        return centre, np.inf
    return solved.x[:limits], float(solved.fun)
