"""The choice as a problem: at most one offer a customer, limits on what the offers use, bounds by segment.

What an offer uses (money, minutes, contacts) depends on the offer alone, and what counts towards a segment on the
customer alone. So prices of the limits turn the problem into one small decision a customer: take the offer whose worth
less the priced use is largest, less the toll of the customer's segments (a floor's toll is a bonus), or none.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Signs = npt.NDArray[np.int8]

NOBODY = -1


def _no_segments() -> Signs:
    return np.zeros((0, 0), dtype=np.int8)


@dataclass(frozen=True)
class Problem:
    """At most one option a customer.

    `worth` (customers, options) > 0, -inf where not allowed; `use` (uses, options) >= 0; `limits` (uses + segments,).
    `member` (segments, customers) is 1 for the members of a segment with a cap, -1 for those of one with a floor, 0
    else. `limits` hold the limits of the uses, then the segments': the cap, or the floor with a minus.
    """

    worth: Floats
    use: Floats
    limits: Floats
    member: Signs = field(default_factory=_no_segments)

    @property
    def customers(self) -> int:
        """Number of customers."""
        return len(self.worth)

    @property
    def actions(self) -> int:
        """Number of options."""
        return len(self.use.T)

    @property
    def uses(self) -> int:
        """Number of limits that are not about segments."""
        return len(self.use)

    @property
    def floors(self) -> Ints:
        """Positions of the floors among the limits."""
        return np.asarray(self.uses + np.flatnonzero((self.member < 0).any(axis=1) | (self.limits[self.uses :] < 0)))

    def of(self, rows: Ints, worth: Floats, limits: Floats) -> "Problem":
        """The problem of some of the customers, with their own `worth` and limits."""
        return Problem(worth, self.use, limits, self.member[:, rows] if len(self.member) else self.member)


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
    charge = prices[: problem.uses] @ problem.use
    toll = tolls(problem, prices)
    best = np.zeros(problem.customers)
    chosen = np.full(problem.customers, NOBODY, dtype=np.int16)
    for option in range(problem.actions):
        priced = problem.worth[:, option] - charge[option] - toll
        np.copyto(chosen, option, where=priced > best)
        np.maximum(best, priced, out=best)
    bound = float(best.sum() + prices @ problem.limits)
    return Priced(bound, best, used(problem, chosen))


def tolls(problem: Problem, prices: Floats) -> Floats | float:
    """What contacting each customer costs at the prices of their segments, shape (customers,); 0 without segments."""
    priced = np.flatnonzero(prices[problem.uses :])
    if not len(priced):
        return 0.0
    toll = np.zeros(problem.customers)
    for row in priced:
        toll += prices[problem.uses + row] * problem.member[row]
    return toll


def net_of_prices(problem: Problem, prices: Floats) -> Floats:
    """Worth of each pair less what it uses at the prices, shape (customers, options)."""
    toll = tolls(problem, prices)
    own = toll[:, None] if isinstance(toll, np.ndarray) else toll
    return np.asarray(problem.worth - prices[: problem.uses] @ problem.use - own)


def used(problem: Problem, chosen: npt.NDArray[np.integer]) -> Floats:
    """What a choice (customers,) of options uses of each limit, shape (limits,); floors count with a minus."""
    counts = np.bincount(chosen[chosen >= 0], minlength=problem.actions)
    spent = problem.use @ counts.astype(np.float64)
    if not len(problem.member):
        return np.asarray(spent)
    contacted = chosen >= 0
    return np.concatenate([spent, [float(row[contacted].sum(dtype=np.int64)) for row in problem.member]])


def feasible(problem: Problem, chosen: npt.NDArray[np.integer]) -> bool:
    """Whether a choice keeps every limit, cap and floor."""
    return bool((used(problem, chosen) <= problem.limits + tolerance(problem)).all())


def objective(problem: Problem, chosen: npt.NDArray[np.integer]) -> float:
    """Worth of a choice."""
    rows = np.flatnonzero(chosen >= 0)
    return float(problem.worth[rows, chosen[rows]].sum())


def tolerance(problem: Problem) -> Floats:
    """How far rounding may push a sum over its limit, shape (limits,)."""
    return np.asarray(1e-9 * np.maximum(1.0, np.abs(problem.limits)))
