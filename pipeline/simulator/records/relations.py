"""Contacts by the retention team, and defections."""

import numpy as np

from pipeline.simulator.company import Company
from pipeline.simulator.path import Customers, Step
from pipeline.simulator.people import CHANNELS
from pipeline.simulator.records.table import NEVER, Coded, Table, known_by, pick
from pipeline.simulator.scenario import ACTIONS, TYPES

OUTCOMES = ("accepted", "declined", "unreached")
AGENTS = tuple(f"A{k:02d}" for k in range(1, 16))
# Sub-reasons by type; "went to a competitor" is a destination and appears under the type that caused it.
REASONS = (
    ("competitor_offer", "price_too_high", "discount_ended"),
    ("quality", "range", "coverage"),
    ("staff_attitude", "slow_resolution", "unresolved_problem"),
    ("moved", "deceased", "need_gone"),
)
TYPE_UNKNOWN = 0.12


def contacts(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """The month's contacts. Rows of the control arm were chosen and then left alone: no channel, no cost."""
    made, policy = step.events.contacts, company.scenario.policy
    n, share = len(made.who), rng.random(len(made.who))
    done = made.arm != 1
    at = company.calendar.moment(step.month, share)
    outcome_at = known_by(at + (rng.exponential(2, n) * 86_400).astype("timedelta64[s]"), company.calendar.end)
    outcome_at = np.where(done, outcome_at, NEVER)
    answered = rng.random(n) < 0.75
    liked = rng.random(n) < 0.35 + 0.15 * step.traits.response[made.action, made.who]
    outcome = np.where(answered, np.where(liked, 0, 1), 2)
    rows: Table = {
        "customer": step.who[made.who],
        "occurred_at": at,
        "channel": Coded(np.where(done, rng.choice([0, 0, 1, 2], n), -1), CHANNELS),
        "action": Coded(made.action, ACTIONS),
        "agent": Coded(np.where(done, rng.integers(0, len(AGENTS), n), -1), AGENTS),
        "cost": np.where(done, np.array(policy.costs)[made.action], 0.0),
        "outcome": Coded(np.where(np.isnat(outcome_at), -1, outcome), OUTCOMES),
        "outcome_at": outcome_at,
        "arm": Coded(made.arm, ("treat", "control")),
    }
    return [pick(rows, share < step.leave_share[made.who])]


def defections(company: Company, customers: Customers, step: Step, rng: np.random.Generator) -> list[Table]:
    """Those who left this month, with the reason they gave, if they gave one."""
    who = np.flatnonzero(step.leaves)
    kind, told = step.leave_type[who], rng.random(len(who)) >= TYPE_UNKNOWN
    reason = 3 * kind + rng.integers(0, 3, len(who))
    return [
        {
            "customer": step.who[who],
            "occurred_at": company.calendar.moment(step.month, step.leave_share[who]),
            "reason": Coded(np.where(told, reason, -1), tuple(r for group in REASONS for r in group)),
            "type": Coded(np.where(told, kind, len(TYPES)), (*TYPES, "unknown")),
        }
    ]
