"""First come, first served: a choice within the limits from an order of the customers."""

import numpy as np

from pipeline.planning.problem import NOBODY, Floats, Ints, Problem, tolerance


def first_fit(problem: Problem, preference: Floats, order: Ints) -> Ints:
    """Go through customers in `order`; each gets the offer they prefer most among those that still fit.

    `preference` (customers, options) is -inf where an offer is not wanted. Floors are served first, one after the
    other, each by its first members in the order; whether they are reached has to be checked afterwards. Returns the
    choice, shape (customers,).
    """
    filling = _Filling(problem, preference)
    for floor in problem.floors:
        filling.serve(order, int(floor))
    filling.take(order)
    return filling.chosen


class _Filling:
    """What is chosen so far, and what is left of the limits."""

    def __init__(self, problem: Problem, preference: Floats) -> None:
        self.problem, self.preference = problem, preference
        self.chosen = np.full(problem.customers, NOBODY, dtype=np.int64)
        room = problem.limits + tolerance(problem)
        self.left, self.caps = room[: problem.uses], room[problem.uses :]

    def serve(self, order: Ints, floor: int) -> None:
        """Contact the first members of a floor's segment until it is reached."""
        member = self.problem.member[floor - self.problem.uses]
        missing = -self.problem.limits[floor] - float((member[self.chosen != NOBODY] != 0).sum())
        if missing > 0:
            self.take(order[member[order] != 0], most=int(np.ceil(missing - 1e-9)))

    def take(self, order: Ints, most: int | None = None) -> None:
        """Give to customers in order, to at most `most` of them.

        What does not fit once never fits again, so each pass over the rest closes an offer or a segment.
        """
        rest = order[self.chosen[order] == NOBODY]
        opened = [option for option, use in enumerate(self.problem.use.T) if (use <= self.left).all()]
        while opened and len(rest) and most != 0:
            picked = preferred(self.preference, rest, opened)
            rest, picked = rest[picked != NOBODY], picked[picked != NOBODY]
            fitting = min(self._prefix_that_fits(rest, picked), len(rest) if most is None else most)
            self._give(rest[:fitting], picked[:fitting])
            most = None if most is None else most - fitting
            if fitting == len(rest):
                return
            rest, picked = rest[fitting:], picked[fitting:]
            full = self._full_segments(rest[0])
            if len(full):
                rest = rest[~(self.problem.member[full][:, rest] > 0).any(axis=0)]
            else:
                opened.remove(int(picked[0]))

    def _give(self, rows: Ints, picked: Ints) -> None:
        self.chosen[rows] = picked
        self.left = self.left - self.problem.use @ np.bincount(picked, minlength=self.problem.actions)
        for row, member in enumerate(self.problem.member):
            self.caps[row] -= np.maximum(member[rows], 0).sum()

    def _full_segments(self, row: int) -> Ints:
        """Segments with a cap that keep this customer out."""
        if not len(self.problem.member):
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero((self.problem.member[:, row] > 0) & (self.caps < 1))

    def _prefix_that_fits(self, rows: Ints, picked: Ints) -> int:
        """How many of the picks, in order, fit into what is left."""
        fitting = len(picked)
        for use, room in zip(self.problem.use, self.left, strict=True):
            fitting = _fit(use[picked[:fitting]], float(room), fitting)
        for member, room in zip(self.problem.member, self.caps, strict=True):
            fitting = _fit(np.maximum(member[rows[:fitting]], 0), float(room), fitting)
        return fitting


def _fit(use: Floats, room: float, most: int) -> int:
    if not use.any():  # without this a floor, which has no room at all, would stop everything
        return most
    return min(most, int(np.searchsorted(np.cumsum(use), room, side="right")))


def preferred(preference: Floats, rows: Ints, opened: list[int]) -> Ints:
    """The offer each of `rows` prefers most among the `opened` ones, -1 where they want none of them."""
    best = np.full(len(rows), -np.inf)
    picked = np.full(len(rows), NOBODY, dtype=np.int64)
    for option in opened:
        values = preference[rows, option]
        np.copyto(picked, option, where=values > best)
        np.maximum(best, values, out=best)
    return picked
