"""A slow and obvious pandas implementation of the core features, written from their meaning and not from their SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from features.schema import TableShape

Row = Mapping[str, Any]


def known_rows(
    rows: Sequence[Row], shape: TableShape, who: str, as_of: datetime, announced: bool = False
) -> pd.DataFrame:
    """What was known of one customer: rows known before as_of (and happened, unless announced), late values masked."""
    found = []
    for row in rows:
        at = row[shape.time or ""]
        known = row.get("known_at") or at
        if row["customer_id"] == who and known < as_of and (announced or at < as_of):
            late = {c for c, source in shape.late.items() if row[source] is None or row[source] >= as_of}
            found.append({c: None if c in late else row.get(c) for c in shape.columns} | {"at": at})
    return pd.DataFrame(found, columns=[*shape.columns, "at"], dtype=object)


def transactions(rows: Sequence[Row], shape: TableShape, who: str, as_of: datetime) -> dict[str, float | None]:
    """Recency, frequency, money and rhythm."""
    known = known_rows(rows, shape, who, as_of)
    returned = [
        str(kind).lower() == "return" or (amount is not None and amount < 0)
        for kind, amount in zip(known["kind"], known["amount"], strict=True)
    ]
    bought = known[~pd.Series(returned, index=known.index, dtype=bool)]
    moments = sorted(set(bought["at"]))
    gaps = [_days(later - earlier) for earlier, later in pairwise(moments)]
    month = bought[bought["at"] >= as_of - timedelta(days=30)]
    earlier = known[(known["at"] >= as_of - timedelta(days=60)) & (known["at"] < as_of - timedelta(days=30))]
    return {
        "count": len(bought),
        "count_30d": len(month),
        "moments": len(moments),
        "amount": sum(a for a in known["amount"] if a is not None),
        "amount_before_30d": sum(a for a in earlier["amount"] if a is not None),
        "returns": sum(returned),
        "days_since_last": _days(as_of - max(moments)) if moments else None,
        "gap_median_days": float(pd.Series(gaps).median()) if gaps else None,
        "gap_max_days": max(gaps, default=None),
        "products": len(set(bought["product"]) - {None}),
    }


def complaints(rows: Sequence[Row], shape: TableShape, who: str, as_of: datetime) -> dict[str, float | None]:
    """Frequency and decayed load."""
    known = known_rows(rows, shape, who, as_of)
    ages = [_days(as_of - at) for at in known["at"]]
    return {
        "count": len(ages),
        "count_90d": sum(age <= 90 for age in ages),
        "count_before_30d": sum(30 < age <= 60 for age in ages),
        "load_half_life_30": sum(0.5 ** (age / 30) for age in ages),
        "count_cause_a_365d": sum(age <= 365 and cause == "a" for age, cause in zip(ages, known["cause"], strict=True)),
        "escalations": sum(
            bool(flag) or at is not None for flag, at in zip(known["escalated"], known["escalated_at"], strict=True)
        ),
    }


def resolution(rows: Sequence[Row], shape: TableShape, who: str, as_of: datetime) -> dict[str, float | None]:
    """Hours to the resolution, and what is open."""
    known = known_rows(rows, shape, who, as_of)
    hours, waiting = [], []
    for row in known.to_dict("records"):
        resolved, reopened = row["resolved_at"], row["reopened_at"]
        if resolved is not None and resolved >= row["at"]:
            hours.append(_days(resolved - row["at"]) * 24)
        if resolved is None or (reopened is not None and reopened > resolved):
            waiting.append(_days(as_of - row["at"]) * 24)
    return {
        "open_now": len(waiting),
        "open_hours_oldest": max(waiting, default=None),
        "resolve_hours_median": float(pd.Series(hours).median()) if hours else None,
        "resolve_hours_max": max(hours, default=None),
    }


def contracts(rows: Sequence[Row], shape: TableShape, who: str, as_of: datetime) -> dict[str, float | None]:
    """Cover, its end, payment."""
    known = known_rows(rows, shape, who, as_of, announced=True).to_dict("records")
    begun = [row for row in known if row["at"] <= as_of]
    ends = [row["ended_at"] or row["ends_at"] or datetime.max for row in known]
    running = [row for row, end in zip(known, ends, strict=True) if row["at"] <= as_of <= end]
    last = max(ends, default=datetime.max)
    return {
        "count": len(begun),
        "running": len(running),
        "next_known": float(len(begun) < len(known)),
        "days_to_end": None if last == datetime.max else _days(last - as_of),
        "unpaid": sum(row["paid_at"] is None for row in begun),
        "price_sum": sum(row["price"] for row in begun if row["price"] is not None),
    }


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


ORACLES = {"transactions": transactions, "complaints": complaints, "resolution": resolution, "contracts": contracts}
SOURCES = {"resolution": "complaints"}
