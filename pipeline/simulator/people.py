"""Who the customers are: attributes that records show, and traits that nobody sees."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.arrays import Bools, Columns, Ints, Reals, choice, normal
from pipeline.simulator.scenario import Scenario

REGIONS = ("north", "south", "east", "west", "centre", "coast", "hills", "islands")
CITIES = ("Northgate", "Southport", "Eastfield", "Westbrook", "Midtown", "Seaview", "Highmoor", "Lantau")
SCALES = ("micro", "small", "medium", "large")
INDUSTRIES = ("manufacturing", "trade", "logistics", "finance", "health", "education", "public", "software")
BUYING = ("direct", "framework", "tender")
OCCUPATIONS = ("employee", "manual", "self_employed", "public_servant", "student", "retired", "none")
INCOMES = ("lowest", "low", "middle", "high", "highest")
FAMILIES = ("single", "couple", "with_children")
GENDERS = ("female", "male")
CHANNELS = ("phone", "email", "app", "letter")


@dataclass
class Attributes(Columns):
    """What the customer file holds, as codes; -1 where it does not apply to this kind of customer."""

    enterprise: Bools
    region: Ints
    scale: Ints
    industry: Ints
    headcount: Ints
    buying: Ints
    occupation: Ints
    income: Ints
    age: Ints
    gender: Ints
    family: Ints
    channel: Ints
    consent: Bools
    do_not_contact: Bools
    price_group: Ints
    term: Ints


@dataclass
class Traits(Columns):
    """What drives the customer. Hazard effects that never change are summed up in `standing`, by type."""

    satisfaction: Reals
    price_sensitivity: Reals
    voice: Reals
    habitual: Bools
    lateness: Reals
    spend: Reals
    purchase_rate: Reals
    regular: Bools
    standing: Reals
    response: Reals
    reachable: Bools
    region: Ints
    price_group: Ints
    term: Ints


def attributes(scenario: Scenario, n: int, rng: np.random.Generator) -> Attributes:
    """Draw the customer file."""
    people = scenario.population
    enterprise = rng.random(n) < people.enterprise_share
    scale = choice(rng, (0.4, 0.35, 0.18, 0.07), n)
    headcount = np.maximum(1, rng.lognormal(1.2 + 1.5 * scale, 0.5)).astype(np.int64)
    age = np.clip(rng.normal(45, 16, n), 18, 92).astype(np.int64)
    occupation = np.where(age > 66, 5, choice(rng, (0.38, 0.2, 0.12, 0.12, 0.1, 0.0, 0.08), n))
    terms = scenario.terms
    return Attributes(
        enterprise=enterprise,
        region=rng.integers(0, people.regions, n),
        scale=np.where(enterprise, scale, -1),
        industry=np.where(enterprise, rng.integers(0, len(INDUSTRIES), n), -1),
        headcount=np.where(enterprise, headcount, -1),
        buying=np.where(enterprise, choice(rng, (0.55, 0.3, 0.15), n), -1),
        occupation=np.where(enterprise, -1, occupation),
        income=np.where(enterprise, -1, choice(rng, (0.2,) * 5, n)),
        age=np.where(enterprise, -1, age),
        gender=np.where(enterprise, -1, rng.integers(0, 2, n)),
        family=np.where(enterprise, -1, choice(rng, (0.35, 0.3, 0.35), n)),
        channel=choice(rng, (0.45, 0.25, 0.25, 0.05), n),
        consent=rng.random(n) < 0.85,
        do_not_contact=rng.random(n) < 0.03,
        price_group=rng.integers(0, people.price_groups, n),
        term=np.array(terms.months)[choice(rng, terms.shares, n)] if terms.exist else np.zeros(n, np.int64),
    )


def traits(scenario: Scenario, known: Attributes, rng: np.random.Generator) -> Traits:
    """Draw what drives each customer, partly readable from the customer file."""
    n = len(known.enterprise)
    spending, sensitivity = scenario.spending, _price_sensitivity(scenario, known, rng)
    level = np.log(spending.monthly_median) + spending.log_sd * normal(rng, n)
    level += np.where(known.enterprise, np.log(spending.enterprise_factor) + 0.5 * (known.scale - 1), 0.0)
    satisfaction = normal(rng, n)
    pace = rng.gamma(2.5, 1 / 2.5, n)
    if spending.purchases_per_month > 0:  # who buys twice as often spends twice as much
        level += np.log(pace)
    return Traits(
        satisfaction=satisfaction,
        price_sensitivity=sensitivity,
        voice=rng.beta(4, 4, n).astype(np.float32) * np.float32(2 * scenario.trouble.report_rate),
        habitual=rng.random(n) < scenario.population.habitual_share,
        lateness=(rng.beta(0.6, 2.4, n) * 5 * scenario.terms.late_payment_rate).astype(np.float32),
        spend=np.exp(level).astype(np.float32),
        purchase_rate=(spending.purchases_per_month * pace).astype(np.float32),
        regular=rng.random(n) < 0.4,
        standing=_standing(scenario, known, satisfaction, rng),
        response=_response(known, sensitivity),
        reachable=~known.do_not_contact,
        region=known.region,
        price_group=known.price_group,
        term=known.term,
    )


def _price_sensitivity(scenario: Scenario, known: Attributes, rng: np.random.Generator) -> Reals:
    """About 1 on average; low income bands react more to prices."""
    shown = scenario.population.income_price_correlation
    income = np.where(known.income < 0, 0.0, (2 - known.income) / np.sqrt(2))
    hidden = np.sqrt(1 - shown**2) * normal(rng, len(income))
    sensitivity: Reals = np.exp(0.5 * (shown * income + hidden) - 0.125).astype(np.float32)
    return sensitivity


def _standing(scenario: Scenario, known: Attributes, satisfaction: Reals, rng: np.random.Generator) -> Reals:
    """The part of the log hazard by type, shape (4, n), that stays the same for life."""
    hazard, n = scenario.hazard, len(satisfaction)
    common = hazard.satisfaction * satisfaction + hazard.unseen_log_sd * normal(rng, n)
    standing = np.array(hazard.base, dtype=np.float32)[:, None] + common
    moving = (known.age >= 0) & (known.age < 32) & (known.family == 0)
    standing[3] += hazard.moving * (1.6 * moving + 0.8 * (known.age > 75))
    standing[0] += np.where(known.income >= 0, 0.25 * (2 - known.income), 0.0)
    return standing.astype(np.float32)


def _response(known: Attributes, sensitivity: Reals) -> Reals:
    """How fully each customer responds to each action, shape (4, n); below zero the action drives away."""
    call = np.choose(known.channel, [1.0, 0.2, -0.9, 0.3])
    upgrade = np.where(known.enterprise, 1.0, np.where(known.age < 40, 0.8, -0.3))
    return np.stack([call, np.minimum(sensitivity, 2.0), np.ones(len(call)), upgrade]).astype(np.float32)
