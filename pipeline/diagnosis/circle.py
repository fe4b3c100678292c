"""The service circle: how much more often moments of truth lie before a defection than before a continued relationship.

Both look back over the same number of days: from the day a customer left, and for one who stayed from a day of the same
period drawn evenly (fixed by the customer's id), so that neither has more time to meet a moment. Where leaving is
that nothing happens, both look back from the start of the period. What comes before is not therefore the cause.
"""

from features.levels import literal
from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.own_moments import own_moment
from pipeline.diagnosis.periods import has_own_window
from pipeline.diagnosis.result import Note, Row, Section, spread
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.statistics import difference, relative_risk, wilson

SPEND = "falling_spend"


def questions(scope: Scope) -> tuple[Question, ...]:
    """Counts of defections and continued relationships with each moment before them."""
    if scope.flat:
        return ()
    shown = f"base AND p >= {scope.recent.start} AND p <= {scope.last}"
    refs = f"SELECT rid, customer_id, gone, {_reference(scope)} AS ref FROM panel WHERE {shown}"
    total = f"SELECT NULL AS moment, gone, count(*) AS cases FROM panel WHERE {shown} GROUP BY gone"
    parts = [total]
    moments = _moments(scope)
    if moments:
        days = scope.settings.moment_days
        hits = f"""SELECT DISTINCT r.rid, m.moment, r.gone FROM refs r JOIN moments m
  ON m.customer_id = r.customer_id AND m.met_at >= r.ref - INTERVAL {days} DAY AND m.met_at < r.ref"""
        parts.append(f"SELECT moment, gone, count(*) AS cases FROM ({hits}) GROUP BY ALL")
    if scope.pays:
        fell = f"money_earlier > 0 AND money_before < {1 - scope.settings.backslide_share.value!r} * money_earlier"
        where = f"{shown} AND {fell} GROUP BY gone"
        parts.append(f"SELECT {literal(SPEND)} AS moment, gone, count(*) AS cases FROM panel WHERE {where}")
    every = " UNION ALL ".join(f"SELECT {literal(name)} AS moment, {sql}" for name, sql in moments.items())
    defined = f"WITH refs AS ({refs}){f', moments AS ({every})' if moments else ''} "
    return (Question("circle", defined + " UNION ALL ".join(parts), ("moment", "gone")),)


def section(scope: Scope, answers: Answers) -> Section:
    """One line a moment, the most telling first."""
    if scope.flat:
        return Section("circle", missing=Note("needs_time"))
    counts = {(row["moment"], row["gone"]): row["cases"] for row in answers["circle"]}
    left, stayed = counts.get((None, True), 0), counts.get((None, False), 0)
    names = [*_moments(scope), *([SPEND] if scope.pays else [])]
    rows = [_moment(name, counts, left, stayed) for name in names]
    rows = [row for row in rows if row["before_defection"] or row["before_continued"]]
    rows.sort(key=lambda row: -(row["lift"] or 0))
    figures = {"moment_days": scope.settings.moment_days, "defections": left, "continued": stayed}
    return Section("circle", figures, {"moments": rows}, (Note("not_cause"),))


def _moment(name: str, counts: dict[tuple[str | None, bool], int], left: int, stayed: int) -> Row:
    before, without = counts.get((name, True), 0), counts.get((name, False), 0)
    return {
        "moment": name,
        "before_defection": before,
        **spread("share_defections", wilson(before, left)),
        "before_continued": without,
        **spread("share_continued", wilson(without, stayed)),
        **spread("lift", relative_risk(before, left, without, stayed)),
        **spread("difference", difference(before, left, without, stayed)),
    }


def _reference(scope: Scope) -> str:
    if has_own_window(scope.outcome):
        return "opens"
    drawn = "(md5_number_lower(customer_id || ' ' || p) % 1000000) / 1000000.0"
    return f"CASE WHEN gone THEN left_at ELSE opens + to_seconds({drawn} * date_diff('second', opens, closes)) END"


def _moments(scope: Scope) -> dict[str, str]:
    """Name of a moment: SQL of its column list and table, customer_id and at."""
    found = {}
    if scope.has("complaints"):
        found["first_complaint"] = "customer_id, min(opened_at) AS met_at FROM complaints GROUP BY customer_id"
        found["complaint"] = "customer_id, opened_at AS met_at FROM complaints"
    if scope.has("contracts", "ends_at"):
        found["renewal"] = "customer_id, ends_at AS met_at FROM contracts WHERE ends_at IS NOT NULL"
    if scope.has("contracts", "ends_at", "price"):
        share = scope.settings.price_change_share
        found["price_rise"] = f"customer_id, met_at FROM ({_prices()}) WHERE change > {share!r}"
        found["price_cut"] = f"customer_id, met_at FROM ({_prices()}) WHERE change < -{share!r}"
    if scope.has("transactions"):
        given_back = "lower(trim(kind)) = 'return'" if scope.has("transactions", "kind") else "amount < 0"
        found["return"] = f"customer_id, occurred_at AS met_at FROM transactions WHERE {given_back}"
    return found | {name: own_moment(name, moment, scope.shapes) for name, moment in scope.settings.moments.items()}


def _prices() -> str:
    """Change of the price per day from one contract of a customer to the next."""
    a_day = "price / greatest(date_diff('day', starts_at, ends_at), 1)"
    earlier = f"lag({a_day}) OVER (PARTITION BY customer_id ORDER BY starts_at, contract_id)"
    return f"SELECT customer_id, starts_at AS met_at, {a_day} / nullif({earlier}, 0) - 1 AS change FROM contracts"
