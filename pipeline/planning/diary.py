"""The staff's diary: minutes free by agent and day, contacts left by channel and day, and the booking of slots."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.planning.settings import Agent, PlanSettings

Floats = npt.NDArray[np.float64]
Part = Literal["morning", "afternoon"]
EPSILON = 1e-9  # minutes
LAST_MINUTE = 24 * 60 - 1  # of a day, after midnight: a slot ends on the day on which it begins


@dataclass(frozen=True)
class Slot:
    """An appointment: who, when. `overload` where nobody had time left and it had to be booked all the same."""

    agent: int
    starts: datetime
    ends: datetime
    overload: bool = False


class Diary:
    """Free time of the planning period: its working days from the snapshot on, or from the start if that is later.

    Of the snapshot's own day what is left counts; a day that is over is none of them.
    Slots of an agent follow one another from the start of the day, except those booked for a part of the day
    (`earliest_in`): they are set aside, and what follows goes around them.
    """

    def __init__(self, settings: PlanSettings, as_of: datetime) -> None:
        first = max(settings.start or as_of.date(), as_of.date())
        self.settings = settings
        self.start = max(as_of, datetime.combine(first, datetime.min.time()))
        closes = settings.week.opening_minute + settings.week.minutes_per_day
        days = settings.week.days(first, settings.period_days)
        self.days = [day for day in days if _begin(day, settings, as_of) < closes]
        self.begins = np.array([_begin(day, settings, as_of) for day in self.days])
        self.length = np.array([[_minutes(agent, day, settings) for day in self.days] for agent in settings.agents])
        self.length = self.length.reshape(len(settings.agents), len(self.days))
        self.closing = closes - self.begins
        self.length = np.minimum(self.length, self.closing)
        self.taken = np.zeros_like(self.length)
        self.upto = np.zeros_like(self.length)  # minutes after the day's beginning at which the next slot starts
        self.aside: dict[tuple[int, int], list[tuple[float, float]]] = {}
        self.contacts_left = {
            name: np.full(len(self.days), channel.capacity_per_day) for name, channel in settings.channels.items()
        }

    @property
    def first_moment(self) -> datetime:
        """The first moment of the plan at which anybody could work; the plan's beginning where nobody ever does."""
        worked = np.flatnonzero((self.length > 0).any(axis=0))
        return self._at(int(worked[0]), 0.0) if len(worked) else self.start

    def first_day(self, agents: Sequence[int]) -> int:
        """The first day on which one of `agents` works, however busy; one past the last where none ever does."""
        worked = np.flatnonzero((self.length[list(agents)] > 0).any(axis=0))
        return int(worked[0]) if len(worked) else len(self.days)

    @property
    def free(self) -> Floats:
        """Minutes still free, shape (agents, days)."""
        return np.asarray(np.maximum(self.length - self.taken, 0.0))

    def earliest(self, agent: int, minutes: float, channel: str, first: int = 0) -> int | None:
        """The first day, from `first` on, on which the agent has `minutes` free and the channel a contact left."""
        for day in self._open_days(agent, minutes, channel, first):
            if self._next(agent, day, minutes) + minutes <= self.closing[day] + EPSILON:
                return day
        return None

    def earliest_in(self, part: Part, agent: int, minutes: float, channel: str) -> tuple[int, float] | None:
        """The first day and beginning (minutes into the day) of a free slot that lies within a part of the day."""
        for day in self._open_days(agent, minutes, channel):
            noon = max(self.settings.week.noon_minute - float(self.begins[day]), 0.0)
            least, most = (0.0, noon) if part == "morning" else (noon, float(self.closing[day]))
            begins = self._next(agent, day, minutes, least)
            if begins + minutes <= most + EPSILON:
                return day, begins
        return None

    def _open_days(self, agent: int, minutes: float, channel: str, first: int = 0) -> list[int]:
        open_days = (self.length[agent] - self.taken[agent] >= minutes - EPSILON) & (self.contacts_left[channel] > 0)
        open_days[:first] = False
        found: list[int] = np.flatnonzero(open_days).tolist()
        return found

    def _next(self, agent: int, day: int, minutes: float, least: float = 0.0) -> float:
        """Where the next slot begins: after what is booked, around what is set aside."""
        begins = max(float(self.upto[agent, day]), least)
        for start, end in sorted(self.aside.get((agent, day), ())):
            if begins < end - EPSILON and start < begins + minutes - EPSILON:
                begins = end
        return begins

    def moment(self, day: int, minutes: float) -> datetime:
        """The time of a day so many minutes after its beginning."""
        return self._at(day, minutes)

    def would_end(self, agent: int, day: int, minutes: float) -> datetime:
        """When the next slot of `minutes` on that day would be over."""
        return self._at(day, self._next(agent, day, minutes) + minutes)

    def book(self, agent: int, day: int, minutes: float, channel: str) -> Slot:
        """Take the agent's next slot of a day on which there is room."""
        begins = self._next(agent, day, minutes)
        self.upto[agent, day] = begins + minutes
        return self._taken(agent, day, begins, minutes, channel)

    def book_at(self, agent: int, day: int, begins: float, minutes: float, channel: str) -> Slot:
        """Set a slot found by `earliest_in` aside."""
        self.aside.setdefault((agent, day), []).append((begins, begins + minutes))
        return self._taken(agent, day, begins, minutes, channel)

    def _taken(self, agent: int, day: int, begins: float, minutes: float, channel: str) -> Slot:
        self.taken[agent, day] += minutes
        self.contacts_left[channel][day] -= 1
        starts = self._at(day, begins)
        return Slot(agent, starts, starts + timedelta(minutes=minutes))

    def squeeze_in(self, served: Mapping[int, str], minutes: float, before: datetime | None = None) -> Slot | None:
        """Book although everything is full: what is owed is owed. The slot begins with the day, beside the others.

        It goes to the least busy of the agents in `served` (agent: their channel) on the first day one of them works;
        None when that day begins at or after `before`, or none of them works in the period.
        """
        agents = list(served)
        for day in np.flatnonzero((self.length[agents] > 0).any(axis=0)).tolist():
            starts = self._last_resort(day, minutes)
            if before is not None and starts >= before:
                return None
            if starts >= self.start:
                agent = min((a for a in agents if self.length[a, day] > 0), key=lambda a: (self.taken[a, day], a))
                return self._beside(agent, day, starts, minutes, served[agent])
        return None

    def _last_resort(self, day: int, minutes: float) -> datetime:
        """The day's beginning, or so much earlier that the slot ends on the same day."""
        return self._at(day, min(0.0, LAST_MINUTE - minutes - float(self.begins[day])))

    def _beside(self, agent: int, day: int, starts: datetime, minutes: float, channel: str) -> Slot:
        self.taken[agent, day] += minutes
        self.upto[agent, day] += minutes
        self.contacts_left[channel][day] = max(0, self.contacts_left[channel][day] - 1)
        return Slot(agent, starts, starts + timedelta(minutes=minutes), overload=True)

    def first_day_after(self, day: int, pause_days: int) -> int:
        """The first working day at least so many calendar days after another; one past the last where there is none."""
        return bisect_left(self.days, self.days[day] + timedelta(days=pause_days))

    def opening(self, day: int) -> datetime:
        """When work begins on a day."""
        return self._at(day, 0.0)

    def _at(self, day: int, minutes: float) -> datetime:
        midnight = datetime.combine(self.days[day], datetime.min.time())
        return midnight + timedelta(minutes=float(self.begins[day] + minutes))


def part_of_day(moment: datetime, settings: PlanSettings) -> Part:
    """The part of the day in which something happened."""
    return "morning" if moment.hour * 60 + moment.minute < settings.week.noon_minute else "afternoon"


def _begin(day: date, settings: PlanSettings, as_of: datetime) -> float:
    """Minutes after midnight: the opening, or on the snapshot's own day not before the snapshot."""
    passed = as_of - datetime.combine(as_of.date(), datetime.min.time())
    minutes = ceil(passed / timedelta(minutes=1)) if day == as_of.date() else 0
    return float(max(settings.week.opening_minute, minutes))


def _minutes(agent: Agent, day: date, settings: PlanSettings) -> float:
    return agent.hours_per_day * 60 if settings.week.works(day, agent.weekdays) else 0.0
