"""The customer file."""

import numpy as np

from pipeline.simulator import people as names
from pipeline.simulator.arrays import Doubles, Ints, Times
from pipeline.simulator.company import Company
from pipeline.simulator.path import Customers
from pipeline.simulator.records.table import Coded, Table

DAYS_A_MONTH = 30.4375


def joined_at(company: Company, customers: Customers) -> Times:
    """When each customer joined, also before the start of the records."""
    when = company.calendar
    before = when.starts[0] - (customers.tenure * DAYS_A_MONTH * 86_400).astype("timedelta64[s]")
    return np.where(customers.joined < 0, before, when.moment(customers.joined, customers.joined_share))


def customer_file(company: Company, customers: Customers, rng: np.random.Generator) -> Table:
    """One row a customer; attributes of the other kind of customer are NULL."""
    known = customers.known
    return {
        "customer": np.arange(len(known.enterprise)),
        "joined_at": joined_at(company, customers),
        "kind": Coded(known.enterprise.astype(np.int64), ("individual", "enterprise")),
        "region": Coded(known.region, names.REGIONS),
        "city": Coded(known.region, names.CITIES),
        "scale": Coded(known.scale, names.SCALES),
        "industry": Coded(known.industry, names.INDUSTRIES),
        "headcount": _number(known.headcount),
        "way_of_buying": Coded(known.buying, names.BUYING),
        "occupation": Coded(known.occupation, names.OCCUPATIONS),
        "income_band": Coded(known.income, names.INCOMES),
        "birth_date": _birth_dates(company, known.age, rng),
        "gender": Coded(known.gender, names.GENDERS),
        "family": Coded(known.family, names.FAMILIES),
        "preferred_channel": Coded(known.channel, names.CHANNELS),
        "consent": known.consent,
        "do_not_contact": known.do_not_contact,
    }


def _number(values: Ints) -> Doubles:
    return np.where(values < 0, np.nan, values).astype(np.float64)


def _birth_dates(company: Company, age: Ints, rng: np.random.Generator) -> Times:
    days = (age * 365.25 + rng.integers(0, 365, len(age))).astype("timedelta64[D]")
    dates = company.calendar.starts[0].astype("datetime64[D]") - days
    return np.where(age < 0, np.datetime64("NaT", "D"), dates)
