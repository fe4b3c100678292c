"""Outcomes on random companies: the future does not change a status, and the SQL agrees with the slow oracle."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.outcome_kinds import Backslide, Cancel, ContractEnd, GivenColumn, Lapse, Outcome, Rhythm
from tests.outcome_oracle import TIME, Customer, known_at, label, status
from tests.outcome_support import Company, Row

COMMON: dict[str, Any] = {"horizon_days": 12, "gap_days": 2, "reasons": {"dear": "price", "moved": "self"}}
OUTCOMES: list[Outcome] = [
    Cancel(**COMMON),
    Cancel(horizon_days=20, min_tenure_days=5),
    ContractEnd(grace_days=3, **COMMON),
    ContractEnd(grace_days=0, ends_recorded=True, horizon_days=12),
    Lapse(active_days=10, min_tenure_days=4, **COMMON),
    Rhythm(quantile=0.6, min_purchases=2, floor_days=2, cap_days=9, **COMMON),
    Backslide(baseline_days=15, min_purchases=1, min_amount=1, **COMMON),
    GivenColumn(column="churn", positive="Yes", min_tenure_days=3),
]
IDS = [f"{n}-{outcome.kind}" for n, outcome in enumerate(OUTCOMES)]

BEGIN, HALF_DAYS = datetime(2024, 1, 1), 120
WHO = [f"customer {n}" for n in range(40)]
COLUMNS = {
    "customers": ("customer_id", "joined_at", "churn"),
    "transactions": ("customer_id", "occurred_at", "known_at", "amount", "kind"),
    "contracts": ("customer_id", "contract_id", "starts_at", "ends_at", "known_at", "ended_at"),
    "defections": ("customer_id", "occurred_at", "known_at", "type", "reason"),
}
LATE = {"customers": "joined_at", "contracts": "ended_at"}

# hypothesis draws seeds and moments only: one big company costs hardly more to query than a small one
seeds = st.integers(0, 2**32 - 1)
moments = st.integers(10, HALF_DAYS - 30).map(lambda n: BEGIN + timedelta(hours=12 * n))


def random_company(random: Random) -> dict[str, list[Row]]:
    """Customers with a few events each, on half days: they often meet midnights, snapshots and edges of windows."""

    def moment() -> datetime:
        return BEGIN + timedelta(hours=12 * random.randrange(HALF_DAYS))

    def later(at: datetime, low: int, high: int, hours: int = 24) -> datetime | None:
        return at + timedelta(hours=hours * random.randint(low, high)) if random.random() < 0.6 else None

    def events(at: datetime, who: str) -> dict[str, Row]:
        told: Row = {"customer_id": who, "known_at": later(at, -20, 20, hours=12)}
        kind = random.choice([None, "purchase", "return"])
        given = {"type": random.choice([None, "service", "unknown", "odd"])}
        return {
            "transactions": {**told, "occurred_at": at, "amount": random.randint(-3, 9), "kind": kind},
            "contracts": {**told, "starts_at": at, "ends_at": later(at, 0, 25), "ended_at": later(at, -2, 30)},
            "defections": {
                **told,
                "occurred_at": at,
                **given,
                "reason": random.choice([None, "dear", "moved", "whim"]),
            },
        }

    customers: list[Row] = [
        {"customer_id": who, "joined_at": later(moment(), 0, 0), "churn": random.choice(["Yes", "No", None])}
        for who in WHO
    ]
    most = {"transactions": 10, "contracts": 4, "defections": 2}
    return {"customers": customers} | {
        name: [events(moment(), who)[name] for who in WHO for _ in range(random.randint(0, count))]
        for name, count in most.items()
    }


def without_the_future(found: Mapping[str, list[Row]], t: datetime) -> dict[str, list[Row]]:
    """The company when all that became known at t or later had not happened."""
    kept = {name: [row for row in found[name] if known_at(name, row) < t] for name in TIME}
    kept["customers"] = found["customers"]
    return kept | {name: [_changed(row, column, t, None) for row in kept[name]] for name, column in LATE.items()}


def with_another_future(found: Mapping[str, list[Row]], t: datetime) -> dict[str, list[Row]]:
    """The company when other things happened: late times are later, and at t everybody buys, signs and leaves."""
    others = {name: [row for row in found[name] if known_at(name, row) < t] for name in TIME}
    others["customers"] = found["customers"]
    for name, column in LATE.items():
        others[name] = [_changed(row, column, t, t + timedelta(days=3)) for row in others[name]]
    for name, time in TIME.items():
        news = {"amount": 7, "kind": "purchase", "type": "price", time: t}
        others[name] = others[name] + [{"customer_id": who, **_only(news, COLUMNS[name])} for who in WHO]
    return others


def _changed(row: Row, column: str, t: datetime, value: datetime | None) -> Row:
    """The row with another value where its own is not known at t."""
    return row if row[column] is None or row[column] < t else {**row, column: value}


def _only(row: Row, columns: tuple[str, ...]) -> Row:
    return {column: row.get(column) for column in columns if column in row}


@pytest.mark.parametrize("outcome", OUTCOMES, ids=IDS)
@settings(deadline=None, max_examples=8)
@given(seed=seeds, t=moments)
def test_no_status_changes_when_what_is_known_later_is_deleted_or_altered(
    outcome: Outcome, seed: int, t: datetime
) -> None:
    found, snapshots = random_company(Random(seed)), [(who, t) for who in WHO]
    expected = Company(found, snapshots, columns=COLUMNS).statuses(outcome)
    for other in (without_the_future(found, t), with_another_future(found, t)):
        assert Company(other, snapshots, columns=COLUMNS).statuses(outcome) == expected


@pytest.mark.parametrize("outcome", OUTCOMES, ids=IDS)
@settings(deadline=None, max_examples=8)
@given(seed=seeds, times=st.lists(moments, min_size=3, max_size=3, unique=True))
def test_status_and_label_agree_with_the_slow_oracle(outcome: Outcome, seed: int, times: list[datetime]) -> None:
    found, snapshots = random_company(Random(seed)), [(who, t) for t in times for who in WHO]
    company = Company(found, snapshots, columns=COLUMNS)
    people = [Customer(found, who, t) for who, t in snapshots]
    assert company.statuses(outcome) == [status(outcome, person) for person in people]
    if not isinstance(outcome, GivenColumn):
        expected = [label(outcome, person) for person in people]
        assert [{key: row[key] for key in expected[0]} for row in company.labels(outcome)] == expected
