"""What defection costs: a ledger of the last period and of the next, one column a part, nothing added silently.

Direct: lost profit (margin on lost sales; the sales are shown, not added), handling, retention cost sunk, replacement.
Indirect: word of mouth, as a range in columns of its own.

Lost sales are the customer's own purchases a day in the base period x the length of the remaining relationship x the
share that a defector no longer brings. The next period is projected without a model: customers at risk now x loss a
customer at risk in the last periods pooled.
"""

from pipeline.diagnosis.constants import constants, defector_share, disputed_parts
from pipeline.diagnosis.gather import Answers, Largest, Question
from pipeline.diagnosis.panel import by_segment
from pipeline.diagnosis.periods import MONTHS
from pipeline.diagnosis.result import Note, Row, Section
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.small import together
from pipeline.diagnosis.statistics import Estimate, Sums, ratio, wilson

DAYS_A_MONTH = 30.4375
STILL_PAYING = 0.9  # of what they bought before: who buys that much has hardly left
LEAST_DAYS = 30  # a customer of a few days does not show what a day brings
PARTS = ("lost_profit", "handling", "retention_sunk", "replacement")
COUNTS = ("at_risk", "cases", "sales", "profit", "sunk", "profit2")


def questions(scope: Scope) -> tuple[Question | Largest, ...]:
    """Sums by period and level, what defectors still brought, and the largest single cases."""
    if not scope.pays:
        return ()
    valued = f"WITH {_valued(scope)}"
    gone = "FILTER (WHERE gone AND NOT now)"
    sums = f"""now, count(*) AS at_risk, count(*) {gone} AS cases, sum(sales) {gone} AS sales,
  sum(profit) {gone} AS profit, sum(sunk) {gone} AS sunk, sum(profit * profit) {gone} AS profit2"""
    extra = {"type": "coalesce(type, '')", "product": "product"}
    sql = f"{valued} {by_segment(scope, sums, 'TRUE', table='valued', extra=extra)}"
    still = f"""SELECT 0 AS k, sum(money_before) AS before, sum(money_later) AS later FROM panel
WHERE gone AND p >= 0 AND p + 1 + {scope.settings.base_periods} <= {len(scope.periods)} AND money_before > 0"""
    name = "customer_id, " if scope.with_names else ""
    cases = f"""{valued} SELECT {name}type, product, by_tenure AS tenure, sales, profit, sunk FROM valued
WHERE gone AND NOT now AND p = {scope.last} ORDER BY profit DESC, customer_id LIMIT {scope.settings.largest_cases}"""
    found: list[Question | Largest] = [Question("ledger", sql, ("segment", "level", "p", "now"))]
    if not scope.flat:
        found.append(Question("still_bring", still, ("k",)))
    return (*found, Largest("largest", cases, "profit", scope.settings.largest_cases))


def section(scope: Scope, answers: Answers) -> Section:
    """The ledger of both periods by type, segment and product, constants, totals, largest cases."""
    if not scope.pays:
        return Section("ledger", missing=Note("no_money"))
    share = defector_share(scope, answers.get("still_bring", []))
    every = answers["ledger"]
    last = _last(scope, every, share.value)
    following = [] if scope.flat else _next(scope, every, share.value)
    tables = {
        "last": last,
        "next": following,
        "constants": constants(scope, share),
        "largest": [_case(scope, row, share.value) for row in answers["largest"]],
    }
    notes = [Note("not_added"), *([] if scope.has("transactions", "margin") else [Note("margin_share")])]
    if share.value >= STILL_PAYING and scope.money.defector_share is None:
        notes.append(Note("still_paying", {"share": f"{share.value:.0%}"}))
    notes.append(Note("flat") if scope.flat else Note("projection", {"periods": len(scope.recent)}))
    return Section("ledger", _totals(scope, last, following), tables, tuple(notes))


def _valued(scope: Scope) -> str:
    """CTE: customers at the start of the last periods, and those at risk now, with what their leaving loses a part."""
    now, shown = _now(scope), f"p >= {scope.recent.start} AND p <= {scope.last}"
    days, base = float(scope.settings.value_days.value), float(_base_days(scope))
    seen = f"greatest(least({base}, date_diff('day', seen_at, opens)), {LEAST_DAYS})" if not scope.flat else f"{base}"
    margin = f"coalesce(margin_before / nullif(money_before, 0), {float(scope.money.margin_share.value)!r})"
    # whoever left before the end is priced like whoever stays: with what was known at the start of the period
    tenure = "by_tenure" if not scope.flat else "NULL::VARCHAR AS by_tenure"
    columns = ["rid", "customer_id", "p", "opens", "left_at", "type", "product", "seen_at", tenure]
    columns += [f'"by_{name}"' for name in scope.segments]
    return f"""worth AS (SELECT {", ".join(columns)}, gone, p = {now} AS now,
    greatest(coalesce(money_before, 0), 0) / {seen} * {days} AS sales, {margin} AS margin
  FROM panel WHERE (base AND {shown}) OR (here AND p = {now})),
sunk_cost AS ({_sunk(scope)}),
valued AS (SELECT w.*, sales * margin AS profit, coalesce(k.sunk, 0) AS sunk
  FROM worth w LEFT JOIN sunk_cost k ON k.rid = w.rid)"""


def _now(scope: Scope) -> int:
    """The row that stands at the moment of the diagnosis; none in flat data."""
    if scope.flat:
        return -2
    return len(scope.periods) + (1 if scope.as_of > scope.periods[-1].end else 0)


def _base_days(scope: Scope) -> float:
    if scope.flat:
        return scope.outcome.horizon_days
    return DAYS_A_MONTH * MONTHS[scope.settings.period] * scope.settings.base_periods


def _sunk(scope: Scope) -> str:
    """Contacts paid and compensation given from the base period on, for customers who left all the same."""
    costs = []
    if not scope.flat and scope.has("contacts", "cost"):
        costs.append("SELECT customer_id, occurred_at AS met_at, cost FROM contacts")
    if not scope.flat and scope.has("complaints", "compensation"):
        costs.append("SELECT customer_id, opened_at AS met_at, compensation AS cost FROM complaints")
    if not costs:
        return "SELECT NULL::BIGINT AS rid, 0.0 AS sunk"
    since = f"w.opens - INTERVAL {round(_base_days(scope))} DAY"
    return f"""SELECT w.rid, sum(c.cost) AS sunk FROM worth w JOIN ({" UNION ALL ".join(costs)}) c
ON c.customer_id = w.customer_id AND c.met_at >= {since} AND c.met_at < w.left_at
WHERE w.gone AND NOT w.now GROUP BY w.rid"""


def _last(scope: Scope, every: list[Row], share: float) -> list[Row]:
    rows = [row for row in every if row["p"] == scope.last and not row["now"] and row["cases"]]
    pooled = together(rows, ("segment", "level"), COUNTS, "cases", scope.settings.min_cases)
    return [{**_key(row), **_parts(scope, row, share)} for row in _ordered(scope, pooled)]


def _ordered(scope: Scope, rows: list[Row]) -> list[Row]:
    """Everyone, then by type, product and segment."""
    order = ("all", "type", "product", *scope.segments)
    return [row for name in order for row in rows if row["segment"] == name]


def _parts(scope: Scope, row: Row, share: float) -> Row:
    """The ledger's columns for a number of cases."""
    money, cases, kept = scope.money, row["cases"], 1 - share
    low, high = money.word_of_mouth
    parts = {
        "lost_profit": (row["profit"] or 0.0) * kept,
        "handling": money.handling_cost.value * cases,
        "retention_sunk": row["sunk"] or 0.0,
        "replacement": money.replacement_cost.value * cases,
    }
    return {
        "cases": cases,
        "lost_sales": (row["sales"] or 0.0) * kept,
        **parts,
        "direct": sum(parts.values()),
        "word_of_mouth_low": low * cases,
        "word_of_mouth_high": high * cases,
    }


def _next(scope: Scope, every: list[Row], share: float) -> list[Row]:
    """Customers at risk now x the loss a customer at risk of the last periods; by type at risk are all customers."""
    past = together([row for row in every if not row["now"]], ("segment", "level"), COUNTS, "at_risk", 0)
    today = together([row for row in every if row["now"]], ("segment", "level"), COUNTS, "at_risk", 0)
    whole, current = _find(past, "all"), _find(today, "all")
    if whole is None or current is None:
        return []
    joined = []
    for row in past:
        if row["segment"] == "type":
            joined.append({**row, "at_risk": whole["at_risk"], "now_at_risk": current["at_risk"]})
        else:
            now = next((t for t in today if _key(t) == _key(row)), None)
            joined.append({**row, "now_at_risk": now["at_risk"] if now else 0})
    counted = (*COUNTS, "now_at_risk")
    pooled = together(
        [r for r in joined if r["cases"]], ("segment", "level"), counted, "cases", scope.settings.min_cases
    )
    return [_projected(scope, row, share) for row in _ordered(scope, pooled)]


def _projected(scope: Scope, row: Row, share: float) -> Row:
    n, now = row["at_risk"], row["now_at_risk"]
    scale = now / n if n else 0.0
    expected = {name: (row[name] or 0.0) * scale for name in ("cases", "sales", "profit", "sunk")}
    profit = ratio(Sums(n, n, row["profit"] or 0.0, n, row["profit"] or 0.0, row["profit2"] or 0.0))
    return {
        **_key(row),
        "at_risk": now,
        **_parts(scope, expected, share),
        **_range("cases", wilson(row["cases"], n), now),
        **_range("lost_profit", profit, now * (1 - share)),
    }


def _range(name: str, estimate: Estimate, factor: float) -> Row:
    scaled = [None if end is None else max(0.0, end) * factor for end in (estimate.low, estimate.high)]
    return {f"{name}_low": scaled[0], f"{name}_high": scaled[1]}


def _totals(scope: Scope, last: list[Row], following: list[Row]) -> Row:
    """Totals of both periods: direct, direct without disputed constants, word of mouth apart."""
    disputed = disputed_parts(scope)
    found: Row = {"period": scope.name(scope.last), "disputed_parts": sorted(disputed)}
    for name, rows in (("last", last), ("next", following)):
        total = _find(rows, "all")
        if total is None:
            continue
        sure = sum(total[part] for part in PARTS if part not in disputed)
        wom = 0.0 if "word_of_mouth" in disputed else total["word_of_mouth_high"]
        found[name] = {
            "cases": total["cases"],
            "lost_sales": total["lost_sales"],
            "direct": total["direct"],
            "direct_undisputed": sure,
            "word_of_mouth_low": total["word_of_mouth_low"],
            "word_of_mouth_high": total["word_of_mouth_high"],
            "word_of_mouth_high_undisputed": wom,
        }
    return found


def _case(scope: Scope, row: Row, share: float) -> Row:
    """One case; who it is only where names were asked for."""
    name = {"customer_id": row["customer_id"]} if scope.with_names else {}
    return {**name, "type": row["type"], "product": row["product"], "tenure": row["tenure"],
            **_parts(scope, {**row, "cases": 1}, share)}  # fmt: skip


def _key(row: Row) -> Row:
    return {"by": row["segment"], "level": row["level"]}


def _find(rows: list[Row], segment: str) -> Row | None:
    return next((row for row in rows if row.get("segment", row.get("by")) == segment), None)
