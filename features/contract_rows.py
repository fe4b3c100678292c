"""Contracts as known at the snapshot: their cover, what came before each, and which one is current."""

from collections.abc import Mapping
from functools import partial

from features.aggregates import at_least, days_between
from features.history import History, quoted
from features.spec import Feature

SOURCE = "contracts"
STARTED = "hf_started"
OVER = "hf_started AND NOT hf_running"
FOREVER = "TIMESTAMP '9999-12-31'"
IN_ORDER = "PARTITION BY rid ORDER BY event_at, contract_id"
CURRENT_FIRST = "PARTITION BY rid ORDER BY hf_started DESC, hf_until DESC, event_at DESC, contract_id DESC"
number = partial(Feature, source=SOURCE, unit="contracts", empty="0", where=STARTED)
case = partial(Feature, source=SOURCE)


def contract_rows(history: History, compared: Mapping[str, str]) -> str:
    """SQL for the known contracts, announced ones included, with the columns below.

    hf_started, hf_running: begun by as_of; begun and not over. hf_until: end of cover (the real one once known, else as
    signed; far away for an open end). hf_days, hf_per_day: length as signed, price for each of its days. hf_position:
    1 for the customer's first. hf_pause_days: whole days without cover before it. hf_current: the contract begun whose
    cover lasts longest, so a running one where there is one. `compared` adds the value of the contract before, by new
    name.
    """
    numbered = _in_order(_with_cover(history), {**compared, **_terms(history)})
    pause = at_least(f"floor({days_between('hf_covered', 'event_at')}) - 1", 0)
    current = f"hf_started AND row_number() OVER ({CURRENT_FIRST}) = 1"
    return f"SELECT *, {pause} AS hf_pause_days, {current} AS hf_current FROM ({numbered})"


def has_end(history: History) -> bool:
    """Whether the table says until when a contract was signed."""
    return history.has(SOURCE, "ends_at")


def _with_cover(history: History) -> str:
    ends = [column for column in ("ended_at", "ends_at") if history.has(SOURCE, column)]
    until = f"coalesce({', '.join([*ends, FOREVER])})"
    length = at_least(days_between("event_at", "ends_at"), 1) if has_end(history) else "NULL::DOUBLE"
    per_day = f"price / ({length})" if history.has(SOURCE, "price") else "NULL::DOUBLE"
    started = "event_at <= as_of"
    return (
        f"SELECT *, {until} AS hf_until, {started} AS hf_started, {started} AND {until} >= as_of AS hf_running, "
        f"{length} AS hf_days, {per_day} AS hf_per_day FROM ({history.rows(SOURCE, announced=True)})"
    )


def _terms(history: History) -> dict[str, str]:
    """Canonical terms that features compare with those of the contract before, by the name of the earlier value."""
    terms = {f"hf_previous_{c}": c for c in ("price", "plan", "auto_renew") if history.has(SOURCE, c)}
    return {**terms, "hf_previous_days": "hf_days", "hf_previous_per_day": "hf_per_day"}


def _in_order(rows: str, compared: Mapping[str, str]) -> str:
    earlier = "".join(f", lag({quoted(column)}) OVER w AS {quoted(name)}" for name, column in compared.items())
    covered = "max(hf_until) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS hf_covered"
    return f"SELECT *, row_number() OVER w AS hf_position, {covered}{earlier} FROM ({rows}) WINDOW w AS ({IN_ORDER})"
