"""What happens in one month: faults, complaints, contacts. Drawn the same way for the records and the futures."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.arrays import Bools, Ints, Reals, choice, normal, uniform
from pipeline.simulator.crowd import Crowd, Moment
from pipeline.simulator.people import Traits
from pipeline.simulator.scenario import ACTIONS, Desk, Scenario
from pipeline.simulator.state import hazards

DEEPEST = 3.0  # a slide goes no further than spending of 5 %
GIVE_UP_DAYS = 120.0  # an answer that never comes is mourned this long
AFTER_FAULT = (0.12, 0.68, 0.0, 0.15, 0.03, 0.0, 0.02)  # shares over CAUSES
UNPROVOKED = (0.3, 0.05, 0.22, 0.1, 0.23, 0.0, 0.1)
HABITUAL = (0.05, 0.05, 0.05, 0.0, 0.05, 0.7, 0.1)


@dataclass(frozen=True)
class Complaints:
    """The complaints of one month. `who` are positions of customers; hours count from the opening."""

    who: Ints
    after_fault: Bools
    large: Bools
    habitual: Bools
    share: Reals  # of the month that had passed at the opening
    grade: Ints  # 1 to 5
    handler: Ints
    hours: Reals  # to resolution; infinite when it never comes
    overrun: Reals  # log of hours over the limit of the grade, 0 to 3


@dataclass(frozen=True)
class Contacts:
    """The contacts of one month. Arm: 0 treated, 1 control (chosen, then left alone), -1 not randomised."""

    who: Ints
    action: Ints
    arm: Ints


@dataclass(frozen=True)
class Month:
    """All that happened to every customer in one month."""

    severity: Ints  # of the fault: 0 none, 1 small, 2 large
    complaints: Complaints
    contacts: Contacts
    late: Bools
    sliding: Bools
    slide: Reals  # log of the fall in spend during the month; the hazard follows in the next, so the records can warn
    revenue: Reals  # expected of the month


def happen(now: Moment, crowd: Crowd, rng: np.random.Generator) -> Month:
    """Draw the events of one month."""
    severity = _faults(now, crowd.traits, rng)
    sliding, slide = _slide(now.scenario, crowd, rng)
    return Month(
        severity=severity,
        complaints=_complaints(now, crowd, severity, rng),
        contacts=_contacts(now, crowd, rng),
        late=uniform(rng, len(severity)) < crowd.traits.lateness * (1 + crowd.state.slide),
        sliding=sliding,
        slide=slide,
        revenue=_expected_revenue(now, crowd.traits, slide),
    )


def _slide(scenario: Scenario, crowd: Crowd, rng: np.random.Generator) -> tuple[Bools, Reals]:
    """Who is sliding back this month, and how far; the dissatisfied begin more often."""
    sliding, state, n = scenario.sliding, crowd.state, len(crowd)
    start = sliding.start_rate * np.exp(-0.4 * (crowd.traits.satisfaction + state.mood))
    draw = uniform(rng, n)
    now = np.where(state.sliding, draw >= sliding.stop_rate, draw < start)
    deeper = np.minimum(state.slide + sliding.step * (0.5 + uniform(rng, n)), DEEPEST)
    return now, np.where(now, deeper, (1 - sliding.recovery) * state.slide).astype(np.float32)


def _expected_revenue(now: Moment, traits: Traits, slide: Reals) -> Reals:
    """Expected revenue of the month for a customer who stays, returns taken off."""
    spending = now.scenario.spending
    level = traits.spend * now.company.season[now.month] * (1 - spending.return_rate)
    prices = now.company.price_index[now.month][traits.price_group]
    revenue: Reals = level * prices * np.exp(-spending.slide_in_bill * slide)
    return revenue


def _faults(now: Moment, traits: Traits, rng: np.random.Generator) -> Ints:
    draw, rate = uniform(rng, len(traits.region)), now.company.fault_rate[now.month][traits.region]
    severity: Ints = (draw < rate).astype(np.int64)
    severity += draw < rate * now.scenario.trouble.large_share
    return severity


def _complaints(now: Moment, crowd: Crowd, severity: Ints, rng: np.random.Generator) -> Complaints:
    desk, who = now.scenario.desk, _complainers(now, crowd, severity, rng)
    n = len(who)
    grade = choice(rng, desk.grade_shares, n) + 1
    handler = rng.integers(0, desk.handlers, n)
    hours = _hours(desk, grade, now.company.busy[now.month] * now.company.handler_speed[handler], rng)
    return Complaints(
        who=who,
        after_fault=severity[who] > 0,
        large=severity[who] > 1,
        habitual=crowd.traits.habitual[who] & (severity[who] == 0),
        share=uniform(rng, n),
        grade=grade,
        handler=handler,
        hours=hours,
        overrun=np.clip(np.log(hours / limits(desk, grade)), 0, 3),
    )


def _complainers(now: Moment, crowd: Crowd, severity: Ints, rng: np.random.Generator) -> Ints:
    """Who speaks up: after a fault by temper and severity, without one out of habit or ill feeling."""
    trouble, traits = now.scenario.trouble, crowd.traits
    feeling = np.exp(-trouble.mood_on_complaints * (traits.satisfaction + crowd.state.mood))
    idle = np.where(traits.habitual, trouble.habitual_rate, trouble.unprovoked_rate * feeling)
    voiced = np.minimum(traits.voice * (0.45 + 0.4 * severity), 0.95)
    return np.flatnonzero(uniform(rng, len(crowd)) < np.where(severity > 0, voiced, idle))


def limits(desk: Desk, grade: Ints) -> Reals:
    """Hours to resolution that the grade allows."""
    allowed: Reals = np.array(desk.limit_hours, dtype=np.float32)[grade - 1]
    return allowed


def _hours(desk: Desk, grade: Ints, factor: Reals, rng: np.random.Generator) -> Reals:
    n = len(grade)
    hours = desk.speed * limits(desk, grade) * factor * np.exp(desk.log_sd * normal(rng, n))
    return np.where(uniform(rng, n) < desk.never_share, np.float32(np.inf), hours)


def causes(complaints: Complaints, rng: np.random.Generator) -> Ints:
    """The true cause of each complaint, as a code into `CAUSES`; it does not feed back on the customer."""
    n = len(complaints.who)
    drawn = np.where(complaints.after_fault, choice(rng, AFTER_FAULT, n), choice(rng, UNPROVOKED, n))
    return np.where(complaints.habitual, choice(rng, HABITUAL, n), drawn)


def _contacts(now: Moment, crowd: Crowd, rng: np.random.Generator) -> Contacts:
    """The legacy policy: it goes where trouble shows, partly at random, and keeps a control group."""
    policy, traits, state = now.scenario.policy, crowd.traits, crowd.state
    last = (state.months_left == 1) & (traits.term > 1)
    aggrieved, fading = policy.follows_complaints & (state.complaint > 0.3), state.slide > 0.3
    eager = np.exp(0.9 * aggrieved + 1.2 * last + 0.6 * fading)
    if policy.follows_risk:
        hazard = hazards(now.scenario, traits, state, now.day).sum(axis=0)
        eager = (hazard / hazard.mean()) ** policy.follows_risk
    chance = np.minimum(policy.rate * eager, 0.4) * traits.reachable
    who = np.flatnonzero(uniform(rng, len(last)) < chance)
    rule = np.select([aggrieved[who], last[who], fading[who]], [2, 1, 3], 0)
    n = len(who)
    action = np.where(rng.random(n) < policy.random_actions, rng.integers(0, len(ACTIONS), n), rule)
    arm = np.where(rng.random(n) < policy.randomised_share, rng.random(n) >= policy.treated_share, -1)
    return Contacts(who, action, arm.astype(np.int64))
