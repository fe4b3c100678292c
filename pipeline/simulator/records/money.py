"""Purchases, returns, charges; metered use, price notices, reminders for late payment."""

import numpy as np

from pipeline.simulator.arrays import Ints, Reals
from pipeline.simulator.company import Company
from pipeline.simulator.path import Customers, Step
from pipeline.simulator.records.people import joined_at
from pipeline.simulator.records.table import Coded, Table, pick
from pipeline.simulator.scenario import Spending

KINDS = ("purchase", "return")
PRODUCTS = ("grocery", "clothing", "home", "electronics", "beauty", "toys", "sports", "books")
CHARGES = ("basic", "plus", "max")
RETURN_AFTER_FAULT = 0.6
RETURN_WITHIN_DAYS = 20
NOTICED, FALSE_ALARMS = 0.97, 0.01  # of faults, and of customer-months without one
BILL_NOISE, MARGIN_NOISE = 0.08, 0.05


def transactions(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """The month's money: of those who were there at its start, and the first purchase of those who joined in it."""
    first = _first_purchases(company, customers, step.month, rng)
    if company.scenario.spending.purchases_per_month == 0:
        return [first, _charges(company, customers, step, rng)]
    buyer, bought = _purchases(company, step, rng)
    return [first, bought, _returns(company, step, buyer, bought, rng)]


def _first_purchases(company: Company, customers: Customers, month: int, rng: np.random.Generator) -> Table:
    who = np.flatnonzero(customers.joined == month)
    traits, spending = customers.traits.take(who), company.scenario.spending
    share = 1 - customers.joined_share[who]
    if spending.purchases_per_month > 0:
        share = 1 / np.maximum(traits.purchase_rate, 0.05)
    amount = traits.spend * share * company.price_index[month][traits.price_group]
    rows: Table = {"customer": who, "occurred_at": joined_at(company, customers)[who], "goods": traits.price_group}
    return _rows(spending, rows, amount.astype(np.float32), rng)


def _charges(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> Table:
    """One charge a month, on the customer's own day of the month."""
    day = ((customers.first + step.who) * 37 % 28) / 31
    when = company.calendar.moment(step.month, day)
    rows: Table = {"customer": step.who, "occurred_at": when, "goods": step.traits.price_group}
    return pick(_rows(company.scenario.spending, rows, step.events.revenue, rng), day < step.leave_share)


def _purchases(company: Company, step: Step, rng: np.random.Generator) -> tuple[Ints, Table]:
    """Free purchases, and the position in the step of each buyer. Regular buyers come about equally often."""
    traits, n = step.traits, len(step.who)
    rate = traits.purchase_rate * np.exp(-step.events.slide)
    count = np.where(traits.regular, np.floor(rate + rng.random(n)), rng.poisson(rate)).astype(np.int64)
    buyer = np.repeat(np.arange(n), count)
    share = rng.random(len(buyer))
    scatter = company.scenario.spending.basket_log_sd
    basket = (step.events.revenue / np.maximum(rate, 1e-6))[buyer] / (1 - company.scenario.spending.return_rate)
    amount = basket * np.exp(scatter * rng.standard_normal(len(buyer)) - scatter**2 / 2)
    goods = (step.who[buyer] + rng.integers(0, 3, len(buyer))) % len(PRODUCTS)
    when = company.calendar.moment(step.month, share)
    rows: Table = {"customer": step.who[buyer], "occurred_at": when, "goods": goods}
    bought, kept = (
        _rows(company.scenario.spending, rows, amount.astype(np.float32), rng),
        share < step.leave_share[buyer],
    )
    return buyer[kept], pick(bought, kept)


def _returns(company: Company, step: Step, buyer: Ints, bought: Table, rng: np.random.Generator) -> Table:
    """Returned goods, with negative amounts so that sums are net; more of them after a fault."""
    # The base rate makes room for the returns that faults bring, so that the mean stays as stated.
    faulty = step.events.severity[buyer] > 0
    chance = np.where(faulty, RETURN_AFTER_FAULT, company.scenario.spending.return_rate / 3)
    back = rng.random(len(buyer)) < chance
    rows, buyer = pick(bought, back), buyer[back]
    wait = (rng.random(len(buyer)) * RETURN_WITHIN_DAYS * 86_400).astype("timedelta64[s]")
    rows["occurred_at"] = np.asarray(rows["occurred_at"]) + wait
    rows |= {name: -np.asarray(rows[name]) for name in ("amount", "margin")}
    rows["kind"] = Coded(np.ones(len(buyer), dtype=np.int64), KINDS)
    gone = step.leaves[buyer]  # those who leave this month bring nothing back
    return pick(rows, ~gone & (np.asarray(rows["occurred_at"]) < company.calendar.starts[step.month + 1]))


def _rows(spending: Spending, rows: Table, amount: Reals, rng: np.random.Generator) -> Table:
    """`rows` (customer, occurred_at, codes of goods) with money and the fixed columns."""
    free, n = spending.purchases_per_month > 0, len(amount)
    noise = 0.0 if free else BILL_NOISE
    paid = np.round(amount * np.exp(noise * rng.standard_normal(n) - noise**2 / 2), 2).astype(np.float64)
    share = spending.margin_share * (1 + MARGIN_NOISE * rng.standard_normal(n))
    return {
        "customer": rows["customer"],
        "occurred_at": rows["occurred_at"],
        "amount": paid,
        "margin": np.round(paid * share, 2),
        "product": Coded(np.asarray(rows["goods"]), PRODUCTS if free else CHARGES),
        "category": Coded(np.zeros(n, dtype=np.int64), ("goods" if free else "charge",)),
        "kind": Coded(np.zeros(n, dtype=np.int64), KINDS),
    }


def usage(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """A month's use, noted on its last day, and the faults that the network itself noticed."""
    if not company.scenario.spending.metered:
        return []
    n, state = len(step.who), step.state
    log = np.log(step.traits.spend) - step.events.slide + 0.12 * (step.traits.satisfaction + state.mood)
    units = np.exp(log - 0.1 * step.events.severity + 0.15 * rng.standard_normal(n))
    noticed = np.where(rng.random(n) < NOTICED, step.events.severity, 0) + (rng.random(n) < FALSE_ALARMS)
    rows: Table = {
        "customer": step.who,
        "occurred_at": company.calendar.moment(step.month, np.full(n, 0.98)),
        "units": np.round(units, 1).astype(np.float64),
        "faults": noticed.astype(np.int64),
    }
    return [pick(rows, ~step.leaves)]


def price_notices(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """The letter that tells of a price rise, with the rise in percent."""
    rise = company.price_rise[step.month][step.traits.price_group]
    share = 0.1 * rng.random(len(rise))
    rows: Table = {
        "customer": step.who,
        "occurred_at": company.calendar.moment(step.month, share),
        "increase_percent": np.round(100 * rise, 2).astype(np.float64),
    }
    return [pick(rows, (rise > 0) & (share < step.leave_share))]


def reminders(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """A reminder for each late payment."""
    if not company.scenario.terms.exist:
        return []
    late = np.flatnonzero(step.events.late)
    share = 0.3 + 0.7 * rng.random(len(late))
    rows: Table = {
        "customer": step.who[late],
        "occurred_at": company.calendar.moment(step.month, share),
        "days_late": (5 + rng.exponential(12, len(late))).astype(np.int64),
    }
    return [pick(rows, share < step.leave_share[late])]
