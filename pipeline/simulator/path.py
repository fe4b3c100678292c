"""The one course of events that is recorded: who joins, what happens to them, who leaves and comes back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.simulator.arrays import Bools, Doubles, Ints
from pipeline.simulator.company import Company
from pipeline.simulator.crowd import Crowd, Moment
from pipeline.simulator.dynamics import advance
from pipeline.simulator.events import Month, happen
from pipeline.simulator.people import Attributes, Traits, attributes, traits
from pipeline.simulator.state import State, exits, fresh, hazards, put

WARM_UP_MONTHS = 6


@dataclass(frozen=True)
class Customers:
    """The customers of one partition. `joined` is the month of joining, -1 for those there before the start."""

    first: int  # number of the first customer in the company
    known: Attributes
    traits: Traits
    joined: Ints
    joined_share: Doubles  # of the joining month that had passed
    tenure: Doubles  # months before the start; 0 for later ones


@dataclass(frozen=True)
class Step:
    """One month of the customers who were there at its start. Arrays run over `who` (positions in the partition)."""

    now: Moment
    who: Ints
    crowd: Crowd
    events: Month
    leaves: Bools
    leave_share: Doubles  # of the month that had passed when they left; infinite for those who stay
    leave_type: Ints
    back: Bools  # came back on the first day of this month

    @property
    def month(self) -> int:
        """The number of the month."""
        return self.now.month

    @property
    def traits(self) -> Traits:
        """What drives those who are there."""
        return self.crowd.traits

    @property
    def state(self) -> State:
        """Where they stood at the start of the month."""
        return self.crowd.state


def recruit(company: Company, first: int, n: int, rng: np.random.Generator) -> Customers:
    """Draw `n` customers, the first of whom has number `first` in the company."""
    scenario, months = company.scenario, company.calendar.months
    known = attributes(scenario, n, rng)
    people = scenario.population
    there = rng.random(n) < people.already_customers_share
    tenure = np.where(there, 1 + rng.exponential(12 * people.prior_tenure_years, n), 0.0)
    joined = np.where(there, -1, rng.integers(0, months, n))
    return Customers(first, known, traits(scenario, known, rng), joined, rng.random(n), tenure)


def walk(company: Company, customers: Customers, rng: np.random.Generator) -> Iterator[Step]:
    """One step a month, and a last one at the end of the records, of which only the state counts."""
    everyone = customers.traits
    state = _settled(company, everyone, fresh(everyone, customers.tenure.astype(np.float32), rng), rng)
    here, left = customers.joined < 0, np.zeros(len(customers.joined), dtype=bool)
    for month in range(company.calendar.months + 1):
        back = left & (rng.random(len(left)) < company.scenario.return_rate)
        state = _begin(everyone, state, back, rng)
        here, left = here | back, left & ~back
        who = np.flatnonzero(here)
        step = _step(Moment(company, month), who, Crowd(everyone.take(who), state.take(who)), back[who], rng)
        yield step
        state = put(state, who, advance(step.now, step.crowd, step.events, rng))
        gone = who[step.leaves]
        here[gone], left[gone] = False, True
        state = _begin(everyone, state, customers.joined == month, rng)
        here |= customers.joined == month


def _settled(company: Company, everyone: Traits, state: State, rng: np.random.Generator) -> State:
    """The state after some months in which nobody leaves, so that the records do not begin with an untroubled world.

    Those who join later get a fresh state when they do.
    """
    for month in range(WARM_UP_MONTHS):
        now, crowd = Moment(company, month), Crowd(everyone, state)
        state = advance(now, crowd, happen(now, crowd, rng), rng)
    day = np.float32(Moment(company, WARM_UP_MONTHS).day)
    return replace(state, open_until=np.maximum(state.open_until - day, 0))


def _begin(everyone: Traits, state: State, starting: Bools, rng: np.random.Generator) -> State:
    """The state with those who join or come back at the beginning of their relation."""
    who = np.flatnonzero(starting)
    return put(state, who, fresh(everyone.take(who), np.zeros(len(who), dtype=np.float32), rng))


def _step(now: Moment, who: Ints, crowd: Crowd, back: Bools, rng: np.random.Generator) -> Step:
    leave = exits(hazards(now.scenario, crowd.traits, crowd.state, now.day))
    cumulative, draw = np.cumsum(leave, axis=0), rng.random(len(who))
    leaves = draw < cumulative[-1]
    return Step(
        now=now,
        who=who,
        crowd=crowd,
        events=happen(now, crowd, rng),
        leaves=leaves,
        leave_share=np.where(leaves, rng.random(len(who)), np.inf),
        leave_type=(draw >= cumulative[:-1]).sum(axis=0),
        back=back,
    )
