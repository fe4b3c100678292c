"""Contracts: they run from the first of a month to the first of another and are renewed, cut short, paid late."""

import numpy as np

from pipeline.simulator.arrays import Bools, Doubles, Ints, Times
from pipeline.simulator.company import Company
from pipeline.simulator.path import Customers, Step
from pipeline.simulator.records.people import joined_at
from pipeline.simulator.records.table import NEVER, Coded, Table, known_by

PLANS = ("basic", "plus", "max")
LATE_RENEWALS, LATE_BY_DAYS = 0.2, 10
UNPAID = 0.02


def contracts(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """The contracts that begin with this month; in the first month, those that run already."""
    if not company.scenario.terms.exist:
        return []
    state, traits, when, month = step.state, step.traits, company.calendar, step.month
    new = np.flatnonzero((state.months_left == traits.term) | (month == 0))
    who, term = step.who[new], traits.term[new]
    starts = _starts(company, customers, step, new)
    automatic = (term == 1) | (rng.random(len(new)) < 0.4)
    amount = traits.spend[new] * company.price_index[month][traits.price_group[new]]
    leave = _leave_times(company, step)[new]
    at_once = automatic | step.back[new] | _newcomers(customers, step, new) | (month == 0)
    signed = np.where(at_once, starts, _signed(company, month, starts, rng))
    return [
        {
            "customer": who,
            "starts_at": starts,
            # As signed: leaving early does not change it.
            "ends_at": when.first_of(month + state.months_left[new]),
            "known_at": np.where(signed < leave, signed, starts),
            "price": np.round(amount * term, 2).astype(np.float64),  # of the whole term
            "plan": Coded(traits.price_group[new], PLANS),
            "term_months": term,
            "auto_renew": automatic,
            "paid_at": _paid(company, starts, step.events.late[new], leave, rng),
        }
    ]


def _leave_times(company: Company, step: Step) -> Times:
    share = np.where(step.leaves, step.leave_share, 0.0)
    return np.where(step.leaves, company.calendar.moment(step.month, share), np.datetime64("2999-01-01", "s"))


def _newcomers(customers: Customers, step: Step, new: Ints) -> Bools:
    newcomers: Bools = (customers.joined[step.who[new]] == step.month - 1) & (step.month > 0)
    return newcomers


def _starts(company: Company, customers: Customers, step: Step, new: Ints) -> Times:
    when, joined = company.calendar, joined_at(company, customers)[step.who[new]]
    first = np.broadcast_to(when.starts[step.month], len(new))
    if step.month == 0:
        elapsed = step.traits.term[new] - step.state.months_left[new]
        return np.maximum(when.first_of(-elapsed), joined)
    return np.where(_newcomers(customers, step, new), joined, first)


def _signed(company: Company, month: int, starts: Times, rng: np.random.Generator) -> Times:
    """When a renewal is signed: in the last month of the old contract, by some in the days after its end."""
    n = len(starts)
    before = -rng.random(n) * company.calendar.days[max(month - 1, 0)]
    shift = np.where(rng.random(n) < LATE_RENEWALS, rng.random(n) * LATE_BY_DAYS, before)
    signed: Times = starts + (shift * 86_400).astype("timedelta64[s]")
    return signed


def _paid(company: Company, starts: Times, late: Bools, leave: Times, rng: np.random.Generator) -> Times:
    days: Doubles = 1 + rng.exponential(4, len(starts)) + np.where(late, 20 + rng.exponential(15, len(starts)), 0)
    paid = starts + (days * 86_400).astype("timedelta64[s]")
    never = (late & (rng.random(len(starts)) < 10 * UNPAID)) | (paid >= leave)
    return np.where(never, NEVER, paid)


def with_later_facts(table: Table, defections: Table, end: np.datetime64) -> Table:
    """Fill `renewed_at` from the contract that follows and `ended_at` from the defection that cut it short."""
    customer, starts, ends, known = (np.asarray(table[c]) for c in ("customer", "starts_at", "ends_at", "known_at"))
    renewed = np.full(len(starts), NEVER)
    follows = (customer[1:] == customer[:-1]) & (starts[1:] == ends[:-1])
    renewed[:-1] = np.where(follows, known[1:], NEVER)
    late = {
        "renewed_at": known_by(renewed, end),
        "ended_at": _cut_short(customer, starts, ends, defections),
        "paid_at": known_by(np.asarray(table["paid_at"]), end),
    }
    return {name: column for name, column in table.items() if name != "paid_at"} | late


def _cut_short(customer: Ints, starts: Times, ends: Times, defections: Table) -> Times:
    """The time of the defection, at the contract that was running then."""
    ended = np.full(len(starts), NEVER)
    who, when = np.asarray(defections["customer"]), np.asarray(defections["occurred_at"])
    running = np.searchsorted(_key(customer, starts), _key(who, when), side="right") - 1
    fits = (running >= 0) & (customer[running] == who) & (ends[running] > when)
    ended[running[fits]] = when[fits]
    return ended


def _key(customer: Ints, times: Times) -> Ints:
    """One number that sorts by customer, then by time."""
    return customer * 2**34 + times.astype("datetime64[s]").astype(np.int64)
