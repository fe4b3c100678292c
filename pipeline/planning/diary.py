"""The staff's diary: minutes free by agent and day, contacts left by channel and day, and the booking of slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from pipeline.planning.settings import Agent, PlanSettings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Slot:
    """An appointment: who, when. `overload` where nobody had time left and it had to be booked all the same."""

    agent: int
    starts: datetime
    ends: datetime
    overload: bool = False


class Diary:
    """Free time of the planning period. Slots of an agent follow one another from the start of the day."""

    def __init__(self, settings: PlanSettings, as_of: datetime) -> None:
        first = settings.start or as_of.date()
        self.settings = settings
        self.start = max(as_of, datetime.combine(first, datetime.min.time()))
        self.days = settings.week.days(first, settings.period_days)
        self.begins = np.array([_begin(day, settings, as_of) for day in self.days])
        self.length = np.array([[_minutes(agent, day, settings) for day in self.days] for agent in settings.agents])
        self.length = self.length.reshape(len(settings.agents), len(self.days))
        closes = settings.week.opening_minute + settings.week.minutes_per_day
        self.length = np.minimum(self.length, np.maximum(closes - self.begins, 0.0))
        self.taken = np.zeros_like(self.length)
        self.contacts_left = {
            name: np.full(len(self.days), channel.capacity_per_day) for name, channel in settings.channels.items()
        }

    @property
    def first_moment(self) -> datetime:
        """The first moment of the plan at which anybody could work; the plan's first day where nobody ever does."""
        return self._at(0, 0.0) if self.days else self.start

    @property
    def free(self) -> Floats:
        """Minutes still free, shape (agents, days)."""
        return np.asarray(np.maximum(self.length - self.taken, 0.0))

    def earliest(self, agent: int, minutes: float, channel: str) -> int | None:
        """The first day on which the agent has `minutes` free and the channel a contact left."""
        open_days = (self.length[agent] - self.taken[agent] >= minutes - 1e-9) & (self.contacts_left[channel] > 0)
        return int(open_days.argmax()) if open_days.any() else None

    def would_end(self, agent: int, day: int, minutes: float) -> datetime:
        """When a slot of `minutes` on that day would be over."""
        return self._at(day, self.taken[agent, day] + minutes)

    def book(self, agent: int, day: int, minutes: float, channel: str) -> Slot:
        """Take the agent's next slot of a day on which there is room."""
        starts = self._at(day, self.taken[agent, day])
        self.taken[agent, day] += minutes
        self.contacts_left[channel][day] -= 1
        return Slot(agent, starts, starts + timedelta(minutes=minutes))

    def squeeze_in(self, agents: Sequence[int], minutes: float, channel: str | None) -> Slot | None:
        """Book although everything is full: what is owed is owed.

        It goes to the least busy of `agents` on the first day one of them works; None when no day of the period is
        worked by any of them.
        """
        working = self.length[list(agents)] > 0
        if not working.any():
            return None
        day = int(working.any(axis=0).argmax())
        agent = min((a for a in agents if self.length[a, day] > 0), key=lambda a: (self.taken[a, day], a))
        starts = self._at(day, 0.0)
        self.taken[agent, day] += minutes
        left = self.contacts_left[channel or self.settings.agents[agent].channels[0]]
        left[day] = max(0, left[day] - 1)
        return Slot(agent, starts, starts + timedelta(minutes=minutes), overload=True)

    def opening(self, day: int) -> datetime:
        """When work begins on a day."""
        return self._at(day, 0.0)

    def _at(self, day: int, minutes: float) -> datetime:
        midnight = datetime.combine(self.days[day], datetime.min.time())
        return midnight + timedelta(minutes=float(self.begins[day] + minutes))


def _begin(day: date, settings: PlanSettings, as_of: datetime) -> float:
    """Minutes after midnight: the opening, or on the snapshot's own day not before the snapshot."""
    passed = as_of.hour * 60 + as_of.minute if day == as_of.date() else 0
    return float(max(settings.week.opening_minute, passed))


def _minutes(agent: Agent, day: date, settings: PlanSettings) -> float:
    return agent.hours_per_day * 60 if settings.week.works(day, agent.weekdays) else 0.0
