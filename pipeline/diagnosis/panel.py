"""The panel: one row a customer and period, with what happened. Every rate of the diagnosis is a count over it.

Row p of a customer stands at the start of period p, for everyone seen before it; p = -1 is the period before the
first one shown, p = number of periods is the end of the last, and the highest p is the moment of the diagnosis.

`base`   a customer at the start, whose leaving can be told
`gone`   of the base, left in the period
`here`   is a customer at the start (base, or inside a break of cover that was bridged)
`back`   of those not here at the start, or gone: here at the end, and seen before
`fresh`  here at the start, and not seen, or not yet a customer in the sense of the outcome, a period before
Where the outcome is that nothing happens in its own window (`lapse`, `backslide`), leaving is counted once: the row
after it is no base until the customer has bought again.
"""

from collections.abc import Mapping
from itertools import pairwise

import duckdb

from features.history import History, quoted
from features.levels import literal
from models.at_risk import first_seen_sql, is_purchase
from models.outcome_kinds import Backslide, GivenColumn, Outcome
from models.outcomes import label_sql
from pipeline.diagnosis.labels import label
from pipeline.diagnosis.periods import MONTHS, has_own_window, period_at
from pipeline.diagnosis.scope import Scope

TENURE_YEARS = (1, 3, 5)


def build_panel(con: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """Create `who` (a row a customer), `labels`, `money` and `panel` in a partition's connection."""
    if scope.flat:
        _flat(con, scope)
        return
    con.execute(_boundaries(scope))
    con.execute(_moment(scope))
    con.execute(f"CREATE TABLE who AS {_who(scope)}")
    con.execute(
        "CREATE OR REPLACE TABLE snapshots AS SELECT row_number() OVER () AS rid, w.customer_id, b.opens AS as_of, "
        "b.p, b.m, b.closes FROM who w JOIN boundaries b ON w.seen_at < b.opens"
    )
    label(con, scope, _outcome(scope))
    con.execute(f"CREATE TABLE money AS {_money(scope)}")
    con.execute(f"CREATE TABLE panel AS {_panel(scope)}")


def _boundaries(scope: Scope) -> str:
    """`m` is the calendar period that money is counted back from: at the moment of the diagnosis the running one."""
    first, count = scope.periods[0], len(scope.periods)
    before, end = period_at(scope.settings.period, first.start, -1), scope.periods[-1].end
    spans = [(-1, -1, before.start, before.end), *((n, n, p.start, p.end) for n, p in enumerate(scope.periods))]
    spans.append((count, count, end, end))
    if scope.as_of > end:
        running = count
        while period_at(scope.settings.period, first.start, running).end <= scope.as_of:
            running += 1
        spans.append((count + 1, running, scope.as_of, scope.as_of))
    rows = ", ".join(f"({p}, {m}, TIMESTAMP '{opens}', TIMESTAMP '{closes}')" for p, m, opens, closes in spans)
    return f"CREATE TABLE boundaries AS SELECT * FROM (VALUES {rows}) t(p, m, opens, closes)"


def _moment(scope: Scope) -> str:
    return (
        "CREATE TABLE snapshots AS SELECT row_number() OVER () AS rid, customer_id, "
        f"TIMESTAMP '{scope.as_of}' AS as_of FROM (SELECT DISTINCT customer_id FROM customers)"
    )


def _who(scope: Scope) -> str:
    """One row a customer: since when, and the segments."""
    columns = "".join(
        f", any_value({_segment(scope, column)}) AS {quoted('by_' + column)}" for column in scope.segments
    )
    return f"""SELECT s.customer_id, any_value(f.seen_at) AS seen_at{columns} FROM snapshots s
JOIN ({first_seen_sql(History(scope.shapes))}) f ON f.rid = s.rid
JOIN customers c ON c.customer_id = s.customer_id GROUP BY s.customer_id"""


def _segment(scope: Scope, column: str) -> str:
    return f"CAST(c.{quoted(column)} AS VARCHAR)"


def _outcome(scope: Scope) -> Outcome:
    """The outcome from the start of a period: its own window where it decides, else at least a period, cut later."""
    outcome = scope.outcome
    if has_own_window(outcome):
        return outcome.model_copy(update={"gap_days": 0})
    longest = max(period.days for period in scope.periods)
    return outcome.model_copy(update={"gap_days": 0, "horizon_days": max(longest, outcome.horizon_days)})


def _money(scope: Scope) -> str:
    """Per row: net purchases and margin in the base period, the one before it, the period, and the end period."""
    if not scope.has("transactions"):
        return "SELECT NULL::BIGINT AS rid, " + ", ".join(f"NULL::DOUBLE AS {name}" for name in MONEY)
    n = scope.settings.base_periods
    windows = {"before": (-n, 0), "earlier": (-2 * n, -n), "during": (0, 1), "after": (0, n), "later": (1, n + 1)}
    sums = [
        f"coalesce(sum(x.amount) FILTER (WHERE x.p >= s.m + {a} AND x.p < s.m + {b}), 0) AS money_{name}"
        for name, (a, b) in windows.items()
    ]
    base = f"FILTER (WHERE x.p >= s.m - {n} AND x.p < s.m)"
    sums.append(f"sum(x.margin) {base} AS margin_before")
    sums.append("coalesce(sum(x.purchases) FILTER (WHERE x.p = s.m - 1), 0) AS bought_before")
    sums.append("coalesce(sum(x.purchases) FILTER (WHERE x.p = s.m), 0) AS bought")
    sums.append("max_by(x.product, x.p) FILTER (WHERE x.p < s.m) AS product")
    return f"""WITH spend AS ({_spend(scope)})
SELECT s.rid, {", ".join(sums)} FROM snapshots s
JOIN spend x ON x.customer_id = s.customer_id AND x.p >= s.m - {2 * n} AND x.p <= s.m + {n}
GROUP BY s.rid"""


MONEY = (
    "money_before", "money_earlier", "money_during", "money_after", "money_later", "margin_before", "bought_before",
    "bought", "product",
)  # fmt: skip


def _spend(scope: Scope) -> str:
    """Net purchases by customer and period."""
    shape, settings = scope.shapes["transactions"], scope.settings
    first = scope.periods[0].start
    since = period_at(settings.period, first, -1 - 2 * settings.base_periods).start
    months = MONTHS[settings.period]
    # whole periods between the first period and the row, counted in calendar months
    part = {1: "month", 3: "quarter", 12: "year"}[months]
    margin = "sum(margin)" if shape.has("margin") else "NULL::DOUBLE"
    product = "max_by(product, occurred_at)" if shape.has("product") else "NULL::VARCHAR"
    return f"""SELECT customer_id, date_diff('{part}', TIMESTAMP '{first}', occurred_at) AS p, sum(amount) AS amount,
  {margin} AS margin, count(*) FILTER (WHERE {is_purchase(shape)}) AS purchases, {product} AS product
FROM transactions WHERE occurred_at >= TIMESTAMP '{since}' GROUP BY ALL"""


def _panel(scope: Scope) -> str:
    silent = _silence(scope.outcome)
    left_at = f"opens + INTERVAL {scope.outcome.horizon_days} DAY" if silent else "defected_at"
    in_time = "TRUE" if silent else "coalesce(defected_at < closes, FALSE)"
    again = f"coalesce(lag(defected) OVER one AND {silent}, FALSE)" if silent else "FALSE"
    # windows run over narrow rows; money and segments join afterwards
    bought = "LEFT JOIN money m ON m.rid = s.rid" if silent else ""
    return f"""WITH rows AS (
  SELECT s.rid, s.customer_id, s.p, s.as_of AS opens, s.closes, l.status, l.defected, l.defected_at, l.type,
    {"m.bought_before" if silent else "NULL AS bought_before"}
  FROM snapshots s JOIN labels l ON l.rid = s.rid {bought}),
judged AS (SELECT *, {again} AS counted FROM rows WINDOW one AS (PARTITION BY customer_id ORDER BY p)),
based AS (SELECT *, status = 'at_risk' AND defected IS NOT NULL AND NOT counted AS base FROM judged),
left_in AS (SELECT *, base AND defected AND {in_time} AS gone FROM based),
there AS (SELECT *, coalesce(lag(base AND NOT gone) OVER one, FALSE) AS stayed_before,
    (status = 'at_risk' AND NOT counted) OR (p <= {len(scope.periods)} AND stayed_before) AS here
  FROM left_in WINDOW one AS (PARTITION BY customer_id ORDER BY p)),
moved AS (SELECT rid, customer_id, p, opens, closes, status, base, gone, here, stayed_before,
    CASE WHEN gone THEN type END AS type, CASE WHEN gone THEN {left_at} END AS left_at,
    coalesce(lead(here) OVER one AND (gone OR (NOT here AND status <> 'too_new')), FALSE) AS back,
    here AND coalesce(lag(status) OVER one, 'too_new') = 'too_new' AS fresh,
    coalesce(lead(here, {scope.settings.base_periods}) OVER one, FALSE) AS stays_on,
    min(CASE WHEN here AND p <= {len(scope.periods)} THEN p END) OVER ahead AS next_here
  FROM there WINDOW one AS (PARTITION BY customer_id ORDER BY p),
    ahead AS (PARTITION BY customer_id ORDER BY p ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))
SELECT t.*, m.* EXCLUDE (rid), w.* EXCLUDE (customer_id), {_tenure()} AS by_tenure
FROM moved t JOIN who w ON w.customer_id = t.customer_id LEFT JOIN money m ON m.rid = t.rid"""


def _silence(outcome: Outcome) -> str:
    """A condition on row p: the silence counted as leaving at p - 1 still goes on. Empty: there is no such kind."""
    if not has_own_window(outcome):
        return ""
    return "TRUE" if isinstance(outcome, Backslide) else "coalesce(bought_before, 0) = 0"


def _tenure() -> str:
    """Bands of years since first seen, named so that they sort."""
    years = "date_diff('day', w.seen_at, opens) / 365.25"
    bands = [f"WHEN {years} < {b} THEN '{a}-{b}'" for a, b in pairwise((0, *TENURE_YEARS))]
    return f"CASE {' '.join(bands)} ELSE '{TENURE_YEARS[-1]}+' END"


def _flat(con: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """Flat data: one row a customer, p = 0, money as given over the horizon."""
    assert isinstance(scope.outcome, GivenColumn)
    con.execute(_moment(scope))
    by = "".join(f", {_segment(scope, column)} AS {quoted('by_' + column)}" for column in scope.segments)
    nothing = ", ".join(f"NULL::DOUBLE AS {name}" for name in MONEY if name not in ("money_before", "product"))
    con.execute(
        f"""CREATE TABLE panel AS SELECT l.rid, s.customer_id, 0 AS p, s.as_of AS opens, s.as_of AS closes, l.status,
  l.status = 'at_risk' AND l.defected IS NOT NULL AS base, coalesce(l.defected, FALSE) AS gone, l.type,
  l.revenue AS money_before, NULL::VARCHAR AS product, {nothing}, l.status = 'at_risk' AS here,
  NULL::TIMESTAMP AS left_at, FALSE AS back, FALSE AS fresh, FALSE AS stays_on,
  NULL::TIMESTAMP AS seen_at{by}
FROM ({label_sql(scope.outcome, scope.shapes)}) l JOIN snapshots s ON s.rid = l.rid
JOIN customers c ON c.customer_id = s.customer_id"""
    )


def segment_columns(scope: Scope) -> dict[str, str]:
    """Segment name: its column in the panel. `tenure` and `all` are always there where they make sense."""
    found = {column: quoted("by_" + column) for column in scope.segments}
    if not scope.flat:
        found["tenure"] = "by_tenure"
    return found


def by_segment(
    scope: Scope,
    sums: str,
    where: str,
    keys: str = "p",
    *,
    table: str = "panel",
    extra: Mapping[str, str] | None = None,
) -> str:
    """SQL that adds up the panel for everyone (segment `all`) and by each segment: segment, level, keys, sums.

    `extra` are further segments, name: expression; `table` has the panel's columns.
    """
    every = {"all": "'all'", **segment_columns(scope), **(extra or {})}
    return " UNION ALL ".join(
        f"SELECT {literal(name)} AS segment, {column} AS level, {keys}, {sums} FROM {table} WHERE {where} GROUP BY ALL"
        for name, column in every.items()
    )
