"""Who does each chosen action, on which day, in which slot.

Rows are booked in the order of their net benefit. An action that takes time goes to the agent who has most of its
quota left (quotas share the work so that nobody's scarce skill is spent on what others can do) and has room; an action
that takes nobody's time is spread over the days by the channel's capacity alone.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pipeline.planning.diary import Diary, Slot
from pipeline.planning.owners import slot_text
from pipeline.planning.settings import Action, PlanSettings
from pipeline.planning.staffing import Pool, action_pools, quotas

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Appointment:
    """Owner, day and slot of a row of the plan."""

    owner: str
    date: date
    slot: str


def schedule(action: Ints, settings: PlanSettings, diary: Diary) -> list[Appointment | None]:
    """Book rows whose actions are given by position, most beneficial first; the diary is filled.

    One entry a row; None where no slot was left (time is left over in pieces shorter than the action).
    """
    found: list[Appointment | None] = [None] * len(action)
    pools = action_pools(settings)
    shares = _shares(action, settings, diary, pools)
    for row, number in enumerate(action):
        if settings.actions[number].minutes > 0:
            found[row] = _timed(int(number), settings, diary, shares, pools[number])
    for position, one in enumerate(settings.actions):
        if one.minutes == 0:
            rows = np.flatnonzero(action == position)
            for place, appointment in zip(rows.tolist(), _untimed(one, len(rows), settings, diary), strict=False):
                found[place] = appointment
    return found


def _shares(action: Ints, settings: PlanSettings, diary: Diary, pools: list[Pool]) -> npt.NDArray[np.float64]:
    minutes = np.array([one.minutes for one in settings.actions])
    total = np.bincount(action, minlength=len(minutes)) * minutes
    return quotas(total, pools, diary.free.sum(axis=1) if len(diary.free) else np.zeros(0))


def _timed(
    number: int, settings: PlanSettings, diary: Diary, shares: npt.NDArray[np.float64], pool: Pool
) -> Appointment | None:
    action = settings.actions[number]
    for agent in sorted(pool, key=lambda one: (-shares[number, one], one)):
        day = diary.earliest(agent, action.minutes, action.channel)
        if day is not None:
            shares[number, agent] -= action.minutes
            slot = diary.book(agent, day, action.minutes, action.channel)
            return _appointment(slot, settings)
    return None


def _appointment(slot: Slot, settings: PlanSettings) -> Appointment:
    return Appointment(settings.agents[slot.agent].name, slot.starts.date(), slot_text(slot))


def _untimed(action: Action, rows: int, settings: PlanSettings, diary: Diary) -> list[Appointment]:
    """Day by day as far as the channel goes; the owner is the channel's, or the first agent who serves it."""
    agents = settings.performers(action)
    owner = settings.channels[action.channel].owner or settings.agents[agents[0]].name
    left = diary.contacts_left[action.channel]
    days = np.repeat(np.arange(len(left)), left)[:rows]
    left -= np.bincount(days, minlength=len(left))
    return [Appointment(owner, diary.days[day], f"{diary.opening(day):%H:%M}") for day in days]
