"""How the events of a month change where customers stand at the start of the next."""

import numpy as np

from pipeline.simulator.arrays import Ints, Reals, normal
from pipeline.simulator.crowd import Crowd, Moment
from pipeline.simulator.events import GIVE_UP_DAYS, Complaints, Month
from pipeline.simulator.people import Traits
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.state import State, response_now

# How much a complaint weighs in the load, by its circumstances. Answered on time it weighs least.
UNPROVOKED_WEIGHT, SMALL_WEIGHT, LARGE_WEIGHT, HABITUAL_WEIGHT = 0.6, 0.6, 1.5, 0.15
ON_TIME = 0.15
SMALL_FAULT, LARGE_FAULT = 1.0, 1.4
SLOW_WEIGHT = 0.6
MOOD_SD = 0.15


def advance(now: Moment, crowd: Crowd, events: Month, rng: np.random.Generator) -> State:
    """The state at the start of the next month for those who stay."""
    memory, traits, state = now.scenario.memory, crowd.traits, crowd.state
    silent, weight, slow, open_until = _grievances(now, state, events)
    rise = now.company.price_rise[now.month][traits.price_group]
    return State(
        purchases=state.purchases + _bought(now.scenario, traits, events),
        mood=_mood(now.scenario, state, silent + slow, rng),
        fault=memory.fault * state.fault + silent,
        complaint=memory.complaint * state.complaint + weight,
        slow=memory.slow * state.slow + slow,
        open_until=open_until,
        price=memory.price * state.price + 10 * rise,
        sliding=events.sliding,
        slide=events.slide,
        late=memory.late * state.late + events.late,
        months_left=np.where(state.months_left > 1, state.months_left - 1, traits.term),
        boost=_boost(now.scenario, crowd, events),
    )


def _grievances(now: Moment, state: State, events: Month) -> tuple[Reals, Reals, Reals, Reals]:
    """Silent faults, new complaint load, new slowness, and until when a complaint is open."""
    complaints, n = events.complaints, len(state.fault)
    silent = np.array([0.0, SMALL_FAULT, LARGE_FAULT], dtype=np.float32)[events.severity]
    silent[complaints.who] = 0.0
    weight, slow = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
    weight[complaints.who] = complaint_weight(complaints)
    slow[complaints.who] = complaints.overrun * np.where(complaints.habitual, HABITUAL_WEIGHT, SLOW_WEIGHT)
    opened = now.day + complaints.share * now.days
    until = state.open_until.copy()
    end = opened + np.minimum(complaints.hours / 24, GIVE_UP_DAYS)
    until[complaints.who] = np.maximum(until[complaints.who], end.astype(np.float32))
    return silent, weight, slow, until


def complaint_weight(complaints: Complaints) -> Reals:
    """How heavily each complaint loads on the relation."""
    fault = np.where(complaints.large, LARGE_WEIGHT, SMALL_WEIGHT)
    weight = np.where(complaints.after_fault, fault, UNPROVOKED_WEIGHT)
    weight = np.where(complaints.habitual, HABITUAL_WEIGHT, weight)
    load: Reals = (weight * np.where(complaints.overrun > 0, 1.0, ON_TIME)).astype(np.float32)
    return load


def _mood(scenario: Scenario, state: State, trouble: Reals, rng: np.random.Generator) -> Reals:
    fall, memory = np.float32(scenario.trouble.mood_fall), np.float32(scenario.memory.mood)
    mood: Reals = memory * state.mood - fall * trouble + np.float32(MOOD_SD) * normal(rng, len(trouble))
    return mood


def _bought(scenario: Scenario, traits: Traits, events: Month) -> Reals:
    if scenario.spending.purchases_per_month == 0:
        return np.ones(len(events.slide), dtype=np.float32)
    bought: Reals = traits.purchase_rate * np.exp(-events.slide)
    return bought


def _boost(scenario: Scenario, crowd: Crowd, events: Month) -> Reals:
    contacts = events.contacts
    given = contacts.arm != 1
    who, action = contacts.who[given], contacts.action[given]
    boost: Reals = np.float32(scenario.memory.contact) * crowd.state.boost
    boost[:, who] += effect_on_log(scenario, crowd.take(who), action)
    return boost


def effect_on_log(scenario: Scenario, crowd: Crowd, action: Ints) -> Reals:
    """What one action for each customer does to the log hazards at once, shape (4, n)."""
    effects = np.array(scenario.policy.effects, dtype=np.float32)[action].T
    responses = response_now(crowd.traits, crowd.state)
    effect: Reals = effects * responses[action, np.arange(len(action))]
    return effect
