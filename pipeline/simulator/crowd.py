"""The two things most of the simulator speaks about: a month of the company, and some of its customers in it."""

from dataclasses import dataclass

from pipeline.simulator.arrays import Ints
from pipeline.simulator.company import Company
from pipeline.simulator.people import Traits
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.state import State


@dataclass(frozen=True)
class Moment:
    """The start of a month of the company."""

    company: Company
    month: int

    @property
    def scenario(self) -> Scenario:
        """The parameters of the company."""
        return self.company.scenario

    @property
    def day(self) -> float:
        """Days since the start of the company."""
        return self.company.calendar.day_number(self.month)

    @property
    def days(self) -> float:
        """Days of the month."""
        return float(self.company.calendar.days[self.month])


@dataclass
class Crowd:
    """Customers at a moment: what drives them for life, and where they stand."""

    traits: Traits
    state: State

    def __len__(self) -> int:
        return len(self.state.slide)

    def take(self, index: Ints) -> "Crowd":
        """The customers at `index` (repeats allowed)."""
        return Crowd(self.traits.take(index), self.state.take(index))
