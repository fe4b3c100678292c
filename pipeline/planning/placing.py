"""Puts the decisions into the diary: what found a slot is carried out, best first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.planning.candidates import Candidates
from pipeline.planning.decide import Decision
from pipeline.planning.diary import Diary
from pipeline.planning.first_fit import preferred
from pipeline.planning.problem import Ints
from pipeline.planning.schedule import Appointment, Scheduler
from pipeline.planning.settings import PlanSettings


@dataclass(frozen=True)
class Placed:
    """Positions of customers in the score table, best first.

    `offers` are carried out at their `appointments`; `unplaced` were chosen and found no slot; `control` are the
    hold-out's rows. `action` (customers,) is what each of them is offered.
    """

    offers: Ints
    appointments: list[Appointment]
    unplaced: Ints
    control: Ints
    action: Ints

    def mask(self, rows: Ints) -> npt.NDArray[np.bool_]:
        """Positions as a mask over all customers."""
        found = np.zeros(len(self.action), dtype=bool)
        found[rows] = True
        return found


def place(decision: Decision, pairs: Candidates, settings: PlanSettings, diary: Diary) -> Placed:
    """Book the treated arm's choices in the order of their net benefit, then fill what is left of days and budget.

    Whole actions do not always fit into whole days, so a few choices find no slot; their time goes to whoever's action
    fits and is worth most.
    """
    chosen = _best_first(np.flatnonzero((decision.action >= 0) & ~decision.held), decision.action, pairs)
    control = _best_first(np.flatnonzero((decision.action >= 0) & decision.held), decision.action, pairs)
    scheduler = Scheduler(settings, diary, decision.action[chosen])
    slots = scheduler.all(decision.action[chosen])
    booked = {int(row): slot for row, slot in zip(chosen, slots, strict=True) if slot is not None}
    action = decision.action.copy()
    if len(booked) < len(chosen):
        _fill(booked, action, decision, pairs, settings, scheduler)
    offers = _best_first(np.array(sorted(booked), dtype=np.int64), action, pairs)
    unplaced = np.array([row for row in chosen if row not in booked], dtype=np.int64)
    return Placed(offers, [booked[int(row)] for row in offers], unplaced, control, action)


def _fill(
    booked: dict[int, Appointment],
    action: Ints,
    decision: Decision,
    pairs: Candidates,
    settings: PlanSettings,
    scheduler: Scheduler,
) -> None:
    """Offer what still fits to the customers of the treated arm who have nothing; changes `booked` and `action`."""
    costs = [one.cost for one in settings.actions]
    budget = np.inf if settings.budget is None else settings.budget - sum(costs[action[row]] for row in booked)
    opened = list(range(len(costs)))
    while opened:
        rows = np.array([row for row in decision.rows.tolist() if row not in booked], dtype=np.int64)
        picked = preferred(pairs.net, rows, opened)
        wanted = np.flatnonzero(picked >= 0)
        order = wanted[np.argsort(-pairs.net[rows[wanted], picked[wanted]], kind="stable")]
        closed = None
        for row, number in zip(rows[order].tolist(), picked[order].tolist(), strict=True):
            slot = scheduler.one(number) if costs[number] <= budget else None
            if slot is None:
                closed = number
                break
            booked[row], action[row] = slot, number
            budget -= costs[number]
        if closed is None:
            return
        opened.remove(closed)


def _best_first(rows: Ints, action: Ints, pairs: Candidates) -> Ints:
    return rows[np.argsort(-pairs.net[rows, action[rows]], kind="stable")]
