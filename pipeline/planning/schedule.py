"""Who does each chosen action, on which day, in which slot.

Rows are booked in the order of their net benefit. An action that takes time goes to the agent who has most of its
quota left (quotas share the work so that nobody's scarce skill is spent on what others can do) and has room; an action
that takes nobody's time is spread over the days by the channel's capacity alone. A sequence is booked whole or not at
all, its second step on a day after the pause.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.planning.diary import Diary
from pipeline.planning.offers import offers
from pipeline.planning.owners import slot_text
from pipeline.planning.settings import PlanSettings
from pipeline.planning.staffing import Pool, action_pools, quotas

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Appointment:
    """Owner, day and slot of a row of the plan."""

    owner: str
    date: date
    slot: str


Appointments: TypeAlias = tuple[Appointment, ...]


class Scheduler:
    """Books offers into the diary; what does not fit once never fits later, because time is only taken."""

    def __init__(self, settings: PlanSettings, diary: Diary, chosen: Ints) -> None:
        """`chosen`: the positions of all offers that are going to be booked, from which the quotas follow."""
        self.settings, self.diary, self.offers = settings, diary, offers(settings)
        self.pools = action_pools(settings)
        steps = np.array([step for number in chosen.tolist() for step in self.offers[number].steps], dtype=np.int64)
        self.shares = _shares(steps, settings, diary, self.pools)

    def all(self, chosen: Ints) -> list[Appointments | None]:
        """Book rows whose offers are given by position, first come, first served.

        One entry a row; None where no slot was left (time is left over in pieces shorter than the action). Sequences
        go first, because they need two days.
        """
        found: list[Appointments | None] = [None] * len(chosen)
        pair = np.array([len(offer.steps) > 1 for offer in self.offers])
        timed = np.array([any(action.minutes > 0 for action in offer.actions) for offer in self.offers])
        for kind in (pair, timed & ~pair):
            for row in np.flatnonzero(kind[chosen]).tolist():
                found[row] = self.one(int(chosen[row]))
        for number in np.flatnonzero(~timed & ~pair).tolist():
            rows = np.flatnonzero(chosen == number)
            for place, appointment in zip(rows.tolist(), self._untimed(number, len(rows)), strict=False):
                found[place] = (appointment,)
        return found

    def one(self, number: int) -> Appointments | None:
        """Book one offer; None when there is no room for it any more."""
        offer = self.offers[number]
        if len(offer.steps) == 1:
            booked = self._step(offer.steps[0])
            return None if booked is None else (booked,)
        first = self._first_day(offer.steps[0])
        if first is None:
            return None
        after = self.diary.first_day_after(first, offer.pause_days)
        if self._first_day(offer.steps[1], after) is None:
            return None
        steps = [self._step(offer.steps[0]), self._step(offer.steps[1], after)]
        return tuple(step for step in steps if step is not None)

    def _first_day(self, number: int, first: int = 0) -> int | None:
        """The day on which `_step` would book the action."""
        action = self.settings.actions[number]
        if action.minutes > 0:
            return next((day for _, day in self._free(number, first)), None)
        left = np.flatnonzero(self.diary.contacts_left[action.channel][first:])
        return first + int(left[0]) if len(left) else None

    def _step(self, number: int, first: int = 0) -> Appointment | None:
        """Book one action on the first day, from `first` on, that has room for it."""
        if self.settings.actions[number].minutes > 0:
            return self._timed(number, first)
        return next(iter(self._untimed(number, 1, first)), None)

    def _free(self, number: int, first: int) -> Iterator[tuple[int, int]]:
        """Agents in the order in which they should take the action, with the first day on which they can."""
        action = self.settings.actions[number]
        for agent in sorted(self.pools[number], key=lambda one: (-self.shares[number, one], one)):
            day = self.diary.earliest(agent, action.minutes, action.channel, first)
            if day is not None:
                yield agent, day

    def _timed(self, number: int, first: int) -> Appointment | None:
        action = self.settings.actions[number]
        for agent, day in self._free(number, first):
            self.shares[number, agent] -= action.minutes
            slot = self.diary.book(agent, day, action.minutes, action.channel)
            return Appointment(self.settings.agents[agent].name, slot.starts.date(), slot_text(slot))
        return None

    def _untimed(self, number: int, rows: int, first: int = 0) -> list[Appointment]:
        """Day by day as far as the channel goes; the owner is the channel's, or the first agent who serves it."""
        action = self.settings.actions[number]
        agents = self.settings.performers(action)
        owner = self.settings.channels[action.channel].owner or self.settings.agents[agents[0]].name
        left = self.diary.contacts_left[action.channel]
        days = np.repeat(np.arange(first, len(left)), left[first:])[:rows]
        left -= np.bincount(days, minlength=len(left))
        each = [Appointment(owner, day, f"{self.diary.opening(n):%H:%M}") for n, day in enumerate(self.diary.days)]
        return [each[day] for day in days]


def _shares(action: Ints, settings: PlanSettings, diary: Diary, pools: list[Pool]) -> npt.NDArray[np.float64]:
    minutes = np.array([one.minutes for one in settings.actions])
    total = np.bincount(action, minlength=len(minutes)) * minutes
    return quotas(total, pools, diary.free.sum(axis=1) if len(diary.free) else np.zeros(0))
