"""Status and label as one would work them out by hand, a customer and a snapshot at a time: the oracle of the SQL.

It takes plain rows (dicts) and knows nothing of `History`: what was known at t is asked here once more, row by row.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from features.schema import DEFECTION_TYPES
from models.outcome_kinds import Backslide, Cancel, ContractEnd, GivenColumn, Lapse, Outcome, Rhythm

TIME = {"transactions": "occurred_at", "contracts": "starts_at", "defections": "occurred_at"}
Rows = list[dict[str, Any]]
Label = dict[str, Any]


class Customer:
    """The rows of one customer, and what of them was known at t."""

    def __init__(self, tables: Mapping[str, Sequence[Mapping[str, Any]]], who: str, t: datetime) -> None:
        self.t = t
        self.all: dict[str, Rows] = {
            name: [dict(row) for row in rows if row["customer_id"] == who] for name, rows in tables.items()
        }
        self.known = {name: [self._as_known(r) for r in self.all[name] if known_at(name, r) < t] for name in TIME}

    def _as_known(self, row: dict[str, Any]) -> dict[str, Any]:
        ended = row.get("ended_at")
        return row | {"ended_at": ended if ended is not None and ended < self.t else None}

    def first_seen(self) -> datetime | None:
        joined = [r["joined_at"] for r in self.all["customers"] if r.get("joined_at") and r["joined_at"] < self.t]
        events = [r[TIME[name]] for name in ("transactions", "contracts") for r in self.known[name]]
        return joined[0] if joined else min((at for at in events if at <= self.t), default=None)

    def purchases(self, known: bool = True) -> list[datetime]:
        rows = (self.known if known else self.all)["transactions"]
        times = sorted(r["occurred_at"] for r in rows if is_purchase(r))
        return [at for at in times if at < self.t] if known else times


def known_at(table: str, row: Mapping[str, Any]) -> datetime:
    return row.get("known_at") or row[TIME[table]]


def is_purchase(row: Mapping[str, Any]) -> bool:
    return row["amount"] > 0 if row.get("kind") is None else row["kind"] != "return"


def midnight(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day)


def uncovered_from(outcome: ContractEnd, contract: Mapping[str, Any], defections: Rows) -> datetime:
    """The day after the last covered one."""
    end = contract.get("ended_at") or (None if outcome.ends_recorded else contract.get("ends_at"))
    if end is None:
        end = min((r["occurred_at"] for r in defections if r["occurred_at"] >= contract["starts_at"]), default=None)
    return datetime.max if end is None else midnight(end) + timedelta(days=1)


def limit_days(outcome: Rhythm, days: Sequence[datetime]) -> int:
    gaps = pd.Series([(later - earlier).days for earlier, later in pairwise(days)])
    limit = math.ceil(round(float(gaps.quantile(outcome.quantile)), 6))
    return min(max(limit, outcome.floor_days), outcome.cap_days)


def status(outcome: Outcome, customer: Customer) -> str:
    begun, gone = standing(outcome, customer)
    if gone:
        return "defected"
    seen, t = customer.first_seen(), customer.t
    tenure = max(outcome.min_tenure_days, outcome.baseline_days if isinstance(outcome, Backslide) else 0)
    needs_seen = tenure > 0 or isinstance(outcome, Cancel | GivenColumn)
    young = needs_seen and (seen is None or seen > t - timedelta(days=tenure))
    return "too_new" if young or not begun else "at_risk"


def standing(outcome: Outcome, customer: Customer) -> tuple[bool, bool]:
    """Begun, gone."""
    t, known, bought = customer.t, customer.known, customer.purchases()
    match outcome:
        case Cancel():
            left = max((r["occurred_at"] for r in known["defections"] if r["occurred_at"] < t), default=None)
            signed = [min(r["starts_at"], known_at("contracts", r)) for r in known["contracts"]]
            return True, left is not None and not any(at > left for at in [*bought, *signed])
        case ContractEnd():
            begun = [r for r in known["contracts"] if midnight(r["starts_at"]) <= t]
            left_rows = [r for r in known["defections"] if r["occurred_at"] < t]
            return bool(begun), bool(begun) and all(uncovered_from(outcome, r, left_rows) <= t for r in begun)
        case Lapse():
            return bool(bought), bool(bought) and bought[-1] < t - timedelta(days=outcome.active_days)
        case Rhythm():
            days = sorted({midnight(at) for at in bought})
            enough = len(days) >= outcome.min_purchases
            return enough, enough and t > days[-1] + timedelta(days=limit_days(outcome, days))
        case Backslide():
            recent = [at for at in bought if at >= t - timedelta(days=outcome.baseline_days)]
            money = baseline(outcome, customer)
            enough = len(recent) >= outcome.min_purchases and money > 0 and money >= outcome.min_amount
            return enough, bool(bought) and not recent
        case GivenColumn():
            return True, False


def baseline(outcome: Backslide, customer: Customer) -> float:
    since, t = customer.t - timedelta(days=outcome.baseline_days), customer.t
    return sum(r["amount"] for r in customer.known["transactions"] if since <= r["occurred_at"] < t)


def label(outcome: Outcome, customer: Customer) -> Label:
    opens = customer.t + timedelta(days=outcome.gap_days)
    closes = opens + timedelta(days=outcome.horizon_days)
    sold = [r["amount"] for r in customer.all["transactions"] if opens <= r["occurred_at"] < closes]
    found: Label = {"status": status(outcome, customer), "revenue": float(sum(sold))}
    left = leaving(outcome, customer, opens, closes)
    defected = None if found["status"] != "at_risk" or left < opens else left < closes
    kind = recorded_type(outcome, customer, left) if defected else None
    return found | {"defected": defected, "defected_at": left if defected else None, "type": kind}


def leaving(outcome: Outcome, customer: Customer, opens: datetime, closes: datetime) -> datetime:
    """When the customer leaves; datetime.max: never, datetime.min: before anybody knew."""
    never, t = datetime.max, customer.t
    match outcome:
        case Cancel():
            unknown = [r for r in customer.all["defections"] if max(r["occurred_at"], known_at("defections", r)) >= t]
            return min((r["occurred_at"] for r in unknown), default=never)
        case ContractEnd():
            return end_of_cover(outcome, customer)
        case Lapse():
            return never if any(opens <= at < closes for at in customer.purchases(known=False)) else opens
        case Rhythm():
            return end_of_rhythm(outcome, customer)
        case Backslide():
            spend = sum(r["amount"] for r in customer.all["transactions"] if opens <= r["occurred_at"] < closes)
            share = (1 - outcome.drop_share) * outcome.horizon_days / outcome.baseline_days
            return opens if spend < share * baseline(outcome, customer) else never
    raise NotImplementedError(outcome.kind)


def end_of_cover(outcome: ContractEnd, customer: Customer) -> datetime:
    """Go from covered day to covered day, beginning with the last one up to t, until a step is too long."""
    last_day = customer.t + timedelta(days=2 * outcome.known_after_days)
    days = covered_days(outcome, customer, last_day)
    so_far = [day for day in days if day <= customer.t]
    if not so_far:
        return datetime.min
    at = so_far[-1]
    for day in (day for day in days if day > at):
        if (day - at).days - 1 > outcome.grace_days:
            break
        at = day
    return at + timedelta(days=1) if at < midnight(last_day) else datetime.max


def covered_days(outcome: ContractEnd, customer: Customer, last_day: datetime) -> list[datetime]:
    days: set[datetime] = set()
    for row in customer.all["contracts"]:
        until = min(uncovered_from(outcome, row, customer.all["defections"]), last_day + timedelta(days=1))
        days |= set(pd.date_range(midnight(row["starts_at"]), until, inclusive="left").to_pydatetime())
    return sorted(days)


def end_of_rhythm(outcome: Rhythm, customer: Customer) -> datetime:
    known = sorted({midnight(at) for at in customer.purchases()})
    if len(known) < outcome.min_purchases:
        return datetime.max
    limit = timedelta(days=limit_days(outcome, known))
    last = known[-1]
    for at in sorted({midnight(at) for at in customer.purchases(known=False)}):
        if at > last + limit:
            break
        last = max(last, at)
    return last + limit


def recorded_type(outcome: Outcome, customer: Customer, left: datetime) -> str:
    since = left - timedelta(days=outcome.horizon_days)
    until = customer.t + timedelta(days=outcome.known_after_days)
    rows = [r for r in customer.all["defections"] if since <= r["occurred_at"] < until]
    ranked = sorted((abs(r["occurred_at"] - left), type_of(outcome, r) or "~", r["occurred_at"]) for r in rows)
    return "unknown" if not ranked or ranked[0][1] == "~" else ranked[0][1]


def type_of(outcome: Outcome, row: Mapping[str, Any]) -> str | None:
    if row.get("type") in DEFECTION_TYPES and row["type"] != "unknown":
        return str(row["type"])
    reason = row.get("reason")
    return outcome.reasons.get(reason, None) if reason else None
