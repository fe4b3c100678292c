"""Who is at risk at a snapshot: from history alone, so that training and scoring ask exactly the same question.

Everything is read through `features.history.History`: rows and late values that were not known strictly before the
snapshot are not there. `models.outcomes` builds labels for those who are at risk here.
"""

from features.errors import ConfigError, MissingColumnError
from features.history import History
from features.schema import TableShape
from models.outcome_kinds import Backslide, Cancel, ContractEnd, GivenColumn, Lapse, Outcome, Rhythm

STATUSES = ("at_risk", "defected", "too_new")

NEVER = "TIMESTAMP 'infinity'"


def status_sql(outcome: Outcome, history: History) -> str:
    """SQL for the status of every row of `snapshots`: rid, status (at_risk, defected, too_new).

    too_new: not a customer yet in the sense of the kind, or for fewer than `min_tenure_days`. Who has already
    defected is `defected` however young.

    Raises:
        ConfigError: a table that the kind needs is not there.
        MissingColumnError: a column that it needs is not there.
    """
    require(outcome, history)
    seen, young = "", ""
    if _asks_first_seen(outcome, history):
        seen = f"\nLEFT JOIN ({first_seen_sql(history)}) f ON f.rid = s.rid"
        young = f" OR f.seen_at IS NULL OR f.seen_at > s.as_of - INTERVAL {_tenure_days(outcome)} DAY"
    return f"""SELECT s.rid, CASE
  WHEN k.gone THEN 'defected'
  WHEN NOT coalesce(k.begun, FALSE){young} THEN 'too_new'
  ELSE 'at_risk' END AS status
FROM snapshots s
LEFT JOIN ({_standing_sql(outcome, history)}) k ON k.rid = s.rid{seen}"""


def require(outcome: Outcome, history: History) -> None:
    """Refuse an outcome whose tables or columns are not there."""
    match outcome:
        case Cancel():
            _require_columns(outcome.kind, history, "defections")
        case ContractEnd(ends_recorded=True):
            _require_columns(outcome.kind, history, "contracts", "ended_at")
        case ContractEnd():
            _require_columns(outcome.kind, history, "contracts")
            _require_some_end(history)
        case GivenColumn():
            named = (outcome.column, outcome.reason_column, outcome.money_column)
            _require_columns(outcome.kind, history, "customers", *(name for name in named if name))
        case _:
            _require_columns(outcome.kind, history, "transactions")


def first_seen_sql(history: History) -> str:
    """SQL for the time from which a customer is one: rid, seen_at, the joining date, and where unknown the first event.

    Defections do not count as events here. Customers without either have no row.
    """
    joined = "SELECT NULL::BIGINT AS rid, NULL::TIMESTAMP AS seen_at WHERE FALSE"
    if history.has("customers", "joined_at"):
        joined = f"SELECT rid, joined_at AS seen_at FROM ({history.rows('customers')}) WHERE joined_at IS NOT NULL"
    # events are joined for the undated only: for all, that is most of the work where everybody has a joining date
    parts = ["SELECT * FROM joined"] + [
        f"SELECT u.rid, min(event_at) FROM undated u JOIN ({history.rows(table, announced=True)}) e ON e.rid = u.rid "
        "WHERE event_at <= e.as_of GROUP BY u.rid"
        for table in _event_tables(history)
    ]
    return f"""WITH joined AS MATERIALIZED ({joined}),
undated AS MATERIALIZED (SELECT s.rid FROM snapshots s ANTI JOIN joined j ON j.rid = s.rid)
SELECT rid, min(seen_at) AS seen_at FROM ({" UNION ALL ".join(parts)}) GROUP BY rid"""


def is_purchase(shape: TableShape) -> str:
    """SQL that tells a purchase from a return in `transactions`: by `kind`, and without it by the sign of `amount`."""
    if not shape.has("kind"):
        return "amount > 0"
    return "CASE WHEN kind IS NULL THEN amount > 0 ELSE lower(trim(kind)) <> 'return' END"


def uncovered_from(outcome: ContractEnd, shape: TableShape) -> str:
    """SQL for the first day after a contract's cover; `left_at` is the defection that ends an open-ended contract.

    The end is the last day that is covered, so cover stops a day later, at midnight.
    """
    ends = [] if outcome.ends_recorded else ["ends_at"]
    present = [column for column in ("ended_at", *ends) if shape.has(column)]
    last_day = f"coalesce({', '.join([*present, 'left_at'])})"
    return f"coalesce(date_trunc('day', {last_day}) + INTERVAL 1 DAY, {NEVER})"


def rhythm_sql(outcome: Rhythm, history: History) -> str:
    """SQL for the rhythm of those who purchased: rid, purchase_days, last_day, limit_days.

    Several purchases of a day are one: the gaps of no days between them are left out.
    """
    purchase = is_purchase(history.shapes["transactions"])
    gap = "date_diff('day', previous_at, event_at)"
    quantile = f"ceil(round(quantile_cont(gap_days, {outcome.quantile}) FILTER (WHERE gap_days > 0), 6))"
    return f"""SELECT rid, count(*) FILTER (WHERE gap_days > 0) + 1 AS purchase_days,
  date_trunc('day', max(event_at)) AS last_day,
  CAST(least(greatest({quantile}, {outcome.floor_days}), {outcome.cap_days}) AS INTEGER) AS limit_days,
  any_value(as_of) AS as_of
FROM (SELECT rid, as_of, event_at, {gap} AS gap_days
  FROM ({history.rows("transactions", previous=purchase)}) WHERE {purchase})
GROUP BY rid"""


def baseline_sql(outcome: Backslide, history: History) -> str:
    """SQL for the spend before the snapshot of those who bought: rid, purchases and spend in the baseline, bought."""
    shape = history.shapes["transactions"]
    recent = f"event_at >= as_of - INTERVAL {outcome.baseline_days} DAY"
    return f"""SELECT rid, count(*) FILTER (WHERE {recent} AND purchase) AS purchases,
  coalesce(sum(amount) FILTER (WHERE {recent}), 0) AS baseline, bool_or(purchase) AS bought
FROM (SELECT *, {is_purchase(shape)} AS purchase FROM ({history.rows("transactions")}))
GROUP BY rid"""


def _standing_sql(outcome: Outcome, history: History) -> str:
    """SQL for rid, begun (is or was a customer in the sense of the kind), gone (is one no longer)."""
    match outcome:
        case Cancel():
            return _after_cancelling(history)
        case ContractEnd():
            return _under_contract(outcome, history)
        case Lapse():
            return _lately_active(outcome, history)
        case Rhythm():
            silent = "last_day + to_days(limit_days) < as_of"
            enough = f"purchase_days >= {outcome.min_purchases}"
            return f"SELECT rid, {enough} AS begun, {enough} AND {silent} AS gone FROM ({rhythm_sql(outcome, history)})"
        case Backslide():
            enough = f"purchases >= {outcome.min_purchases} AND baseline > 0 AND baseline >= {outcome.min_amount}"
            baseline = baseline_sql(outcome, history)
            return f"SELECT rid, {enough} AS begun, bought AND purchases = 0 AS gone FROM ({baseline})"
        case GivenColumn():
            return "SELECT rid, TRUE AS begun, FALSE AS gone FROM snapshots"


def _after_cancelling(history: History) -> str:
    """Gone: nothing bought or signed since the last cancellation."""
    signed = "coalesce(e.known_at, e.event_at)" if history.has("contracts", "known_at") else "e.event_at"
    left = f"SELECT rid, max(event_at) AS left_at FROM ({history.rows('defections')}) GROUP BY rid"
    back = ["SELECT NULL::BIGINT AS rid WHERE FALSE"]
    if history.has("transactions"):
        back.append(f"SELECT l.rid FROM l JOIN ({_purchases(history)}) e ON e.rid = l.rid WHERE e.event_at > l.left_at")
    if history.has("contracts"):
        # a contract signed before the cancellation, but starting after it, is no return
        contracts = history.rows("contracts", announced=True)
        later = f"least(e.event_at, {signed}) > l.left_at"
        back.append(f"SELECT l.rid FROM l JOIN ({contracts}) e ON e.rid = l.rid WHERE {later}")
    return f"""WITH l AS MATERIALIZED ({left})
SELECT s.rid, TRUE AS begun, l.rid IS NOT NULL AND s.rid NOT IN ({" UNION ALL ".join(back)}) AS gone
FROM snapshots s LEFT JOIN l ON l.rid = s.rid"""


def _under_contract(outcome: ContractEnd, history: History) -> str:
    """Begun: a contract has started; gone: none of the known ones covers the snapshot."""
    contracts = history.rows("contracts", announced=True)
    ended = "SELECT *, NULL::TIMESTAMP AS left_at FROM c"
    if history.has("defections"):
        left = f"SELECT rid, event_at AS left_at FROM ({history.rows('defections')})"
        ended = f"SELECT c.*, d.left_at FROM c ASOF LEFT JOIN ({left}) d ON d.rid = c.rid AND c.event_at <= d.left_at"
    until = uncovered_from(outcome, history.shapes["contracts"])
    return f"""WITH c AS ({contracts}), ended AS ({ended})
SELECT rid, TRUE AS begun, NOT bool_or(as_of < {until}) AS gone
FROM ended WHERE date_trunc('day', event_at) <= as_of GROUP BY rid"""


def _lately_active(outcome: Lapse, history: History) -> str:
    silent = f"max(event_at) < any_value(as_of) - INTERVAL {outcome.active_days} DAY"
    return f"SELECT rid, TRUE AS begun, {silent} AS gone FROM ({_purchases(history)}) GROUP BY rid"


def _purchases(history: History) -> str:
    purchase = is_purchase(history.shapes["transactions"])
    rows = history.rows("transactions")
    return f"SELECT rid, as_of, event_at FROM ({rows}) WHERE {purchase}"


def _asks_first_seen(outcome: Outcome, history: History) -> bool:
    """Kinds with a table of their own find the customer there; where nothing dates a customer, all are old enough."""
    if isinstance(outcome, GivenColumn) and not outcome.min_tenure_days:
        return history.has("customers", "joined_at")
    dated = history.has("customers", "joined_at") or bool(_event_tables(history))
    return dated and (isinstance(outcome, Cancel) or _tenure_days(outcome) > 0)


def _tenure_days(outcome: Outcome) -> int:
    """A baseline needs a customer who has been there for its whole length."""
    return max(outcome.min_tenure_days, outcome.baseline_days if isinstance(outcome, Backslide) else 0)


def _event_tables(history: History) -> list[str]:
    """Tables whose rows tell that somebody is a customer."""
    return [name for name, shape in history.shapes.items() if shape.time and name != "defections"]


def _require_columns(kind: str, history: History, table: str, *columns: str) -> None:
    where = f"outcome of kind {kind}"
    if not history.has(table):
        known = ", ".join(history.tables) or "none"
        raise ConfigError("needs a table that is not there", where=where, value=table, fix=f"Tables given: {known}.")
    for column in columns:
        if not history.has(table, column):
            raise MissingColumnError(column, where=f"{where}, table {table}", present=history.columns(table))


def _require_some_end(history: History) -> None:
    ends = history.has("contracts", "ends_at") or history.has("contracts", "ended_at") or history.has("defections")
    if not ends:
        raise ConfigError(
            "nothing says when a contract ends",
            where="outcome of kind contract_end",
            fix="Give contracts.ends_at, contracts.ended_at or a table defections.",
        )
