"""Puts the decisions into the diary: what found a slot is carried out, best first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.planning.candidates import Candidates
from pipeline.planning.decide import Decision
from pipeline.planning.diary import Diary
from pipeline.planning.first_fit import preferred
from pipeline.planning.problem import Ints
from pipeline.planning.schedule import Appointments, Scheduler
from pipeline.planning.segments import Bools, Bound
from pipeline.planning.settings import PlanSettings


@dataclass(frozen=True)
class Placed:
    """Positions of customers in the score table, best first.

    `offers` are carried out at their `appointments`; `unplaced` were chosen and found no slot; `control` are the
    hold-out's rows. `action` (customers,) is what each of them is offered.
    """

    offers: Ints
    appointments: list[Appointments]
    unplaced: Ints
    control: Ints
    action: Ints

    def mask(self, rows: Ints) -> npt.NDArray[np.bool_]:
        """Positions as a mask over all customers."""
        found = np.zeros(len(self.action), dtype=bool)
        found[rows] = True
        return found


def place(
    decision: Decision, pairs: Candidates, bounds: tuple[Bound, ...], first: Bools, settings: PlanSettings, diary: Diary
) -> Placed:
    """Book the treated arm's choices in the order of their net benefit, then fill what is left of days and budget.

    Those in a moment of truth (`first`, customers) are booked before the others, so they get the earlier slots. Whole
    actions do not always fit into whole days, so a few choices find no slot; their time goes to whoever's offer fits
    and is worth most, as far as the segments' caps go.
    """
    chosen = _best_first(np.flatnonzero((decision.action >= 0) & ~decision.held), decision.action, pairs)
    control = _best_first(np.flatnonzero((decision.action >= 0) & decision.held), decision.action, pairs)
    chosen = chosen[np.argsort(~first[chosen], kind="stable")]
    scheduler = Scheduler(settings, diary, decision.action[chosen])
    slots = scheduler.all(decision.action[chosen])
    booked = {int(row): slot for row, slot in zip(chosen, slots, strict=True) if slot is not None}
    action = decision.action.copy()
    if len(booked) < len(chosen):
        _Filler(booked, action, settings, scheduler, bounds).fill(decision, pairs)
    offered = _best_first(np.array(sorted(booked), dtype=np.int64), action, pairs)
    unplaced = np.array([row for row in chosen if row not in booked], dtype=np.int64)
    return Placed(offered, [booked[int(row)] for row in offered], unplaced, control, action)


class _Filler:
    """Offers what still fits to customers of the treated arm who have nothing; changes `booked` and `action`."""

    def __init__(
        self,
        booked: dict[int, Appointments],
        action: Ints,
        settings: PlanSettings,
        scheduler: Scheduler,
        bounds: tuple[Bound, ...],
    ) -> None:
        self.booked, self.action, self.scheduler = booked, action, scheduler
        self.costs = [offer.cost for offer in scheduler.offers]
        spent = sum(self.costs[action[row]] for row in booked)
        self.budget = np.inf if settings.budget is None else settings.budget - spent
        rows = np.array(list(booked), dtype=np.int64)
        self.room = {n: b.size - int(b.member[rows].sum()) for n, b in enumerate(bounds) if not b.floor}
        self.bounds = bounds

    def fill(self, decision: Decision, pairs: Candidates) -> None:
        """Best first; an offer that fits nowhere once is closed, because it never fits again."""
        opened = list(range(len(self.costs)))
        while opened:
            rows = np.array([row for row in decision.rows.tolist() if row not in self.booked], dtype=np.int64)
            picked = preferred(pairs.worth, rows, opened)
            wanted = np.flatnonzero(picked >= 0)
            order = wanted[np.argsort(-pairs.worth[rows[wanted], picked[wanted]], kind="stable")]
            closed = self._down(rows[order].tolist(), picked[order].tolist())
            if closed is None:
                return
            opened.remove(closed)

    def _down(self, rows: list[int], picked: list[int]) -> int | None:
        """Book in order until an offer no longer fits; that offer, None when all are through."""
        for row, number in zip(rows, picked, strict=True):
            inside = [n for n in self.room if self.bounds[n].member[row]]
            if any(self.room[n] < 1 for n in inside):
                continue
            slots = self.scheduler.one(number) if self.costs[number] <= self.budget else None
            if slots is None:
                return number
            self.booked[row], self.action[row] = slots, number
            self.budget -= self.costs[number]
            for n in inside:
                self.room[n] -= 1
        return None


def _best_first(rows: Ints, action: Ints, pairs: Candidates) -> Ints:
    return rows[np.argsort(-pairs.net[rows, action[rows]], kind="stable")]
