"""Where each customer stands at the start of a month, and the hazard of defection that follows from it."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.arrays import Bools, Columns, Ints, Reals, uniform
from pipeline.simulator.people import Traits
from pipeline.simulator.scenario import TYPES, Scenario


@dataclass
class State(Columns):
    """Loads fade month by month (`Memory`); all are as known to the simulator just before the month begins."""

    purchases: Reals  # so far, also from before the records
    mood: Reals  # satisfaction, relative to the customer's own level
    fault: Reals  # failures suffered in silence
    complaint: Reals
    slow: Reals  # how far answers overran their limits
    open_until: Reals  # day number until which a complaint is open
    price: Reals  # recent price rises, in units of 10 %
    sliding: Bools
    slide: Reals  # log of the fall in spend
    late: Reals
    months_left: Ints  # of the contract, this month included; 0 without contract
    boost: Reals  # what contacts did to the log hazard, shape (4, n)


def fresh(traits: Traits, tenure_months: Reals, rng: np.random.Generator) -> State:
    """The state of customers who have been with the company for `tenure_months`."""
    n = len(tenure_months)
    zero = np.zeros(n, dtype=np.float32)
    rate = np.where(traits.purchase_rate > 0, traits.purchase_rate, 1).astype(np.float32)
    # Newcomers have a whole term ahead; the others are somewhere inside one.
    left = np.where(tenure_months > 0, np.ceil(uniform(rng, n) * traits.term), traits.term)
    return State(
        purchases=1 + rate * tenure_months, mood=zero, fault=zero, complaint=zero, slow=zero,
        open_until=zero, price=zero, sliding=zero > 0, slide=zero, late=zero,
        months_left=np.maximum(left, np.minimum(traits.term, 1)).astype(np.int64),
        boost=np.zeros((len(TYPES), n), dtype=np.float32),
    )  # fmt: skip


def put(into: State, index: Ints, part: State) -> State:
    """`into` with the customers at `index` replaced by those of `part`."""
    changed = into.map(np.copy)
    for name, array in vars(part).items():
        getattr(changed, name)[..., index] = array
    return changed


def hazards(scenario: Scenario, traits: Traits, state: State, day: float) -> Reals:
    """Hazard of defection in the month that starts on day number `day`, by type, shape (4, n)."""
    effect = scenario.hazard
    log: Reals = traits.standing + state.boost
    log += effect.prior_purchases * np.log1p(state.purchases) + _term_effect(scenario, traits, state)
    log += effect.satisfaction * state.mood + effect.slide * state.slide
    late = effect.late_payment * state.late
    log[0] += effect.price_rise * state.price * traits.price_sensitivity + late
    log[1] += effect.fault * state.fault
    log[2] += effect.fault / 2 * state.fault + effect.complaint * state.complaint
    log[2] += effect.slow * state.slow + effect.open_complaint * (state.open_until > day)
    log[3] += late
    np.exp(np.minimum(log, 0.0), out=log)
    return log


def _term_effect(scenario: Scenario, traits: Traits, state: State) -> Reals:
    terms = scenario.terms
    if not terms.exist:
        return np.zeros(len(state.slide), dtype=np.float32)
    inside = np.where(state.months_left > 1, terms.locked, terms.last_month)
    return np.where(traits.term > 1, inside, 0.0).astype(np.float32)


def exits(hazard: Reals) -> Reals:
    """Probability of leaving within the month by type, shape (4, n): competing exponential hazards."""
    total = hazard.sum(axis=0)
    leave: Reals = hazard * (-np.expm1(-total) / total)
    return leave


def response_now(traits: Traits, state: State) -> Reals:
    """Responsiveness to each action, shape (4, n). An apology without a cause reminds the customer of trouble."""
    grieved = (state.complaint > 0.2) | (state.fault > 0.2)
    response: Reals = traits.response.copy()
    response[2] = np.where(grieved, response[2], np.float32(-0.3))
    return response
