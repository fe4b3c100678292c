"""What happened before, as an agent has to know it: the last complaints, and what was promised or given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any

import pandas as pd

from pipeline.planning.known import KnownTables

COMPLAINTS_SHOWN, PROMISES_SHOWN = 2, 3
WORDS_SHOWN = 200  # characters of what the customer wrote
ACCEPTED = "accepted"


@dataclass(frozen=True)
class Complaint:
    """One complaint; what is not known is None. `words` are the customer's own, shortened."""

    complaint_id: str
    opened_at: datetime
    about: str | None
    resolved_at: datetime | None
    satisfied: bool | None
    handled_by: str | None
    words: str | None = None


@dataclass(frozen=True)
class Promise:
    """Something the customer was given or agreed to: `what` is an action, or `amount` a compensation."""

    when: datetime
    what: str | None
    amount: float | None
    by: str | None


@dataclass(frozen=True)
class Past:
    """The latest complaints and promises of a customer, newest first."""

    complaints: tuple[Complaint, ...] = ()
    promises: tuple[Promise, ...] = ()


def pasts(known: KnownTables, customers: Iterable[str]) -> Mapping[str, Past]:
    """The past of each of some customers as it was known at the snapshot."""
    complaints, promises = _complaints(known.complaints, customers), _promises(known, customers)
    names = {*complaints, *promises}
    return {name: Past(tuple(complaints.get(name, ())), tuple(promises.get(name, ()))) for name in names}


def _records(table: pd.DataFrame | None, customers: Iterable[str], by: str) -> list[dict[str, Any]]:
    """Rows of some customers, newest first."""
    if table is None or table.empty:
        return []
    rows = table[table["customer_id"].isin(set(customers))].sort_values(by, ascending=False, kind="stable")
    return [{str(name): _known(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _known(value: Any) -> Any:
    if not isinstance(value, str | list) and pd.isna(value):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def _complaints(table: pd.DataFrame | None, customers: Iterable[str]) -> dict[str, list[Complaint]]:
    found: dict[str, list[Complaint]] = {}
    for row in _records(table, customers, "opened_at"):
        own = found.setdefault(row["customer_id"], [])
        if len(own) < COMPLAINTS_SHOWN:
            own.append(_complaint(row))
    return found


def _complaint(row: Mapping[str, Any]) -> Complaint:
    about = row.get("cause") or row.get("topic")
    satisfied = row.get("satisfied")
    return Complaint(
        str(row["complaint_id"]),
        row["opened_at"],
        about,
        row.get("resolved_at"),
        None if satisfied is None else bool(satisfied),
        row.get("handled_by"),
        shorten(str(row["text"]), WORDS_SHOWN, placeholder=" …") if row.get("text") else None,
    )


def _promises(known: KnownTables, customers: Iterable[str]) -> dict[str, list[Promise]]:
    """Compensations of complaints, and offers the customer accepted."""
    found: dict[str, list[Promise]] = {}
    for row in _records(known.complaints, customers, "opened_at"):
        if (row.get("compensation") or 0) > 0:
            when = row.get("resolved_at") or row["opened_at"]
            promise = Promise(when, None, float(row["compensation"]), row.get("handled_by"))
            found.setdefault(row["customer_id"], []).append(promise)
    for row in _records(known.contacts, customers, "occurred_at"):
        if str(row.get("outcome") or "").lower() == ACCEPTED:
            promise = Promise(row["occurred_at"], row.get("action") or row.get("channel"), None, row.get("agent"))
            found.setdefault(row["customer_id"], []).append(promise)
    newest = {name: sorted(all_, key=lambda one: one.when, reverse=True) for name, all_ in found.items()}
    return {name: all_[:PROMISES_SHOWN] for name, all_ in newest.items()}
