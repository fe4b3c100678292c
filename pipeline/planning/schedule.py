"""Who does each chosen action, on which day, in which slot.

Rows are booked in the order of their net benefit. An action that takes time goes to the agent who has most of its
quota left (quotas share the work so that nobody's scarce skill is spent on what others can do) and has room; an action
that takes nobody's time is spread over the days by the channel's capacity alone.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pipeline.planning.diary import Diary
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


class Scheduler:
    """Books actions into the diary; what does not fit once never fits later, because time is only taken."""

    def __init__(self, settings: PlanSettings, diary: Diary, chosen: Ints) -> None:
        """`chosen`: the positions of all actions that are going to be booked, from which the quotas follow."""
        self.settings, self.diary = settings, diary
        self.pools = action_pools(settings)
        self.shares = _shares(chosen, settings, diary, self.pools)

    def all(self, action: Ints) -> list[Appointment | None]:
        """Book rows whose actions are given by position, most beneficial first.

        One entry a row; None where no slot was left (time is left over in pieces shorter than the action).
        """
        found: list[Appointment | None] = [None] * len(action)
        timed = np.array([one.minutes > 0 for one in self.settings.actions])
        for row in np.flatnonzero(timed[action]).tolist():
            found[row] = self._timed(int(action[row]))
        for number in np.flatnonzero(~timed).tolist():
            rows = np.flatnonzero(action == number)
            for place, appointment in zip(rows.tolist(), self._untimed(number, len(rows)), strict=False):
                found[place] = appointment
        return found

    def one(self, number: int) -> Appointment | None:
        """Book one action; None when there is no room for it any more."""
        if self.settings.actions[number].minutes > 0:
            return self._timed(number)
        return next(iter(self._untimed(number, 1)), None)

    def _timed(self, number: int) -> Appointment | None:
        action = self.settings.actions[number]
        for agent in sorted(self.pools[number], key=lambda one: (-self.shares[number, one], one)):
            day = self.diary.earliest(agent, action.minutes, action.channel)
            if day is not None:
                self.shares[number, agent] -= action.minutes
                slot = self.diary.book(agent, day, action.minutes, action.channel)
                return Appointment(self.settings.agents[agent].name, slot.starts.date(), slot_text(slot))
        return None

    def _untimed(self, number: int, rows: int) -> list[Appointment]:
        """Day by day as far as the channel goes; the owner is the channel's, or the first agent who serves it."""
        action = self.settings.actions[number]
        agents = self.settings.performers(action)
        owner = self.settings.channels[action.channel].owner or self.settings.agents[agents[0]].name
        left = self.diary.contacts_left[action.channel]
        days = np.repeat(np.arange(len(left)), left)[:rows]
        left -= np.bincount(days, minlength=len(left))
        each = [Appointment(owner, day, f"{self.diary.opening(n):%H:%M}") for n, day in enumerate(self.diary.days)]
        return [each[day] for day in days]


def _shares(action: Ints, settings: PlanSettings, diary: Diary, pools: list[Pool]) -> npt.NDArray[np.float64]:
    minutes = np.array([one.minutes for one in settings.actions])
    total = np.bincount(action, minlength=len(minutes)) * minutes
    return quotas(total, pools, diary.free.sum(axis=1) if len(diary.free) else np.zeros(0))
