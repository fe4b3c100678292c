"""Who does each chosen action, on which day, in which slot.

Rows are booked in the order of their net benefit. An action that takes time goes to the agent who has most of its
quota left (quotas share the work so that nobody's scarce skill is spent on what others can do) and has room; an action
that takes nobody's time is spread over the days by the channel's capacity alone. A sequence is booked whole or not at
all, its second step on a day after the pause.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.planning.diary import Diary
from pipeline.planning.offers import Offer, offers
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
        self.closed: set[int] = set()
        self.untimed: dict[int, list[Appointment]] = {}
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
        booked = None if number in self.closed else self._all_steps(self.offers[number])
        if booked is None:
            self.closed.add(number)
        return booked

    def _all_steps(self, offer: Offer) -> Appointments | None:
        first = self._room(offer.steps[0])
        if first is None:
            return None
        if len(offer.steps) == 1:
            return (self._book(offer.steps[0], first),)
        then = self._room(offer.steps[1], self.diary.first_day_after(first.day, offer.pause_days))
        if then is None:
            return None
        return self._book(offer.steps[0], first), self._book(offer.steps[1], then)

    def _room(self, number: int, first: int = 0) -> "_Room | None":
        """Where an action fits, on the first day from `first` on.

        Its agents are asked in the order in which they should take it.
        """
        action = self.settings.actions[number]
        if action.minutes <= 0:
            left = np.flatnonzero(self.diary.contacts_left[action.channel][first:])
            return _Room(first + int(left[0]), None) if len(left) else None
        for agent in sorted(self.pools[number], key=lambda one: (-self.shares[number, one], one)):
            day = self.diary.earliest(agent, action.minutes, action.channel, first)
            if day is not None:
                return _Room(day, agent)
        return None

    def _book(self, number: int, room: "_Room") -> Appointment:
        action = self.settings.actions[number]
        if room.agent is None:
            self.diary.contacts_left[action.channel][room.day] -= 1
            return self._each_day(number)[room.day]
        self.shares[number, room.agent] -= action.minutes
        slot = self.diary.book(room.agent, room.day, action.minutes, action.channel)
        return Appointment(self.settings.agents[room.agent].name, slot.starts.date(), slot_text(slot))

    def _untimed(self, number: int, rows: int) -> list[Appointment]:
        """Day by day as far as the channel goes."""
        left = self.diary.contacts_left[self.settings.actions[number].channel]
        days = np.repeat(np.arange(len(left)), left)[:rows]
        left -= np.bincount(days, minlength=len(left))
        each = self._each_day(number)
        return [each[day] for day in days]

    def _each_day(self, number: int) -> list[Appointment]:
        """An action that takes nobody's time, by day; its owner is the channel's, or the first agent who serves it."""
        if number not in self.untimed:
            action, diary = self.settings.actions[number], self.diary
            agents = self.settings.performers(action)
            owner = self.settings.channels[action.channel].owner or self.settings.agents[agents[0]].name
            slots = [f"{diary.opening(day):%H:%M}" for day in range(len(diary.days))]
            self.untimed[number] = [Appointment(owner, *one) for one in zip(diary.days, slots, strict=True)]
        return self.untimed[number]


class _Room(NamedTuple):
    """A day on which an action fits, and the agent who takes it; None where it takes nobody's time."""

    day: int
    agent: int | None


def _shares(action: Ints, settings: PlanSettings, diary: Diary, pools: list[Pool]) -> npt.NDArray[np.float64]:
    minutes = np.array([one.minutes for one in settings.actions])
    total = np.bincount(action, minlength=len(minutes)) * minutes
    return quotas(total, pools, diary.free.sum(axis=1) if len(diary.free) else np.zeros(0))
