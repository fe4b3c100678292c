"""When customers leave: survival by tenure, whole and by segment.

Customers are watched during the periods shown only, each from the tenure they had then (left truncation), so the curve
is about how customers leave now and is not bent by those who left before the records begin. Time goes in months: at
risk in month u is who was there at tenure u and watched up to u + 1; the leavers are those of them who left before.
"""

from pipeline.diagnosis.gather import Question
from pipeline.diagnosis.panel import by_segment
from pipeline.diagnosis.result import Row
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.small import OTHER, UNKNOWN
from pipeline.diagnosis.statistics import Step, kaplan_meier

LONGEST_MONTHS = 600


def survival_question(scope: Scope) -> Question:
    """Entries to and exits from the months of tenure, and leavers, by segment."""
    # the month of tenure in which watching ends was watched in part: neither who left in it counts nor who stayed
    at_close = "date_diff('second', seen_at, closes) / 2629800.0"
    moment = f"ceil(coalesce(date_diff('second', seen_at, left_at) / 2629800.0, {at_close}))"
    whole = f"CASE WHEN p < {scope.last} AND (gone OR watched_on) THEN ceil({at_close}) ELSE floor({at_close}) END"
    since = "ceil(date_diff('second', seen_at, opens) / 2629800.0)"
    watched = (
        "SELECT *, coalesce(lead(base) OVER (PARTITION BY customer_id ORDER BY p), FALSE) AS watched_on FROM panel"
    )
    spans = f"""SELECT *, {since} AS since, least({moment}, {whole}) AS upto,
  gone AND {moment} <= {whole} AS seen_to_leave
FROM ({watched}) WHERE base AND p >= 0 AND p <= {scope.last}"""
    # a leaver counts in the month of leaving when it was watched at the month's beginning, in this row or one before
    leaver = "seen_to_leave AND (upto > since OR (p > 0 AND stayed_before))"
    marks = f"""SELECT * EXCLUDE (since), since AS month, 1 AS step, 0 AS one_left FROM ({spans}) WHERE upto > since
UNION ALL SELECT * EXCLUDE (since), upto, -1, 0 FROM ({spans}) WHERE upto > since
UNION ALL SELECT * EXCLUDE (since), upto - 1, 0, 1 FROM ({spans}) WHERE {leaver}"""
    sums = f"least(CAST(month AS INTEGER), {LONGEST_MONTHS}) AS month, sum(step) AS step, sum(one_left) AS defected"
    sql = by_segment(scope, sums, "TRUE", keys="0 AS k", table="marks")
    return Question("survival", f"WITH marks AS ({marks}) {sql}", ("segment", "level", "month"))


def survival(scope: Scope, rows: list[Row]) -> list[Row]:
    """Curves of everyone and of each level that is large enough, on one common scale of months."""
    order = {name: n for n, name in enumerate(("all", *scope.segments))}
    levels = dict.fromkeys((row["segment"], row["level"]) for row in rows if row["segment"] in order)
    found = []
    for segment, level in sorted(levels, key=lambda key: order[key[0]]):
        own = [row for row in rows if (row["segment"], row["level"]) == (segment, level)]
        if level not in (OTHER, None) or segment == "all":
            found += [_row(segment, level, step) for step in _curve(scope, own)]
    return found


def _curve(scope: Scope, rows: list[Row]) -> list[Step]:
    """From the first to the last month with enough customers at risk, without a break."""
    steps = {row["month"]: row["step"] for row in rows}
    left = {row["month"]: row["defected"] for row in rows}
    months, at_risk, risk = range(int(max(steps)) + 1), [], 0
    for month in months:
        risk += int(steps.get(month, 0))
        at_risk.append(risk)
    enough = [month for month in months if at_risk[month] >= scope.settings.min_cases]
    if not enough:
        return []
    until = next((month for month in range(enough[0], len(at_risk)) if at_risk[month] < scope.settings.min_cases), None)
    span = months[enough[0] : until]
    return kaplan_meier([m + 1 for m in span], [at_risk[m] for m in span], [int(left.get(m, 0)) for m in span])


def _row(segment: str, level: str | None, step: Step) -> Row:
    return {
        "segment": segment,
        "level": level if level is not None else UNKNOWN,
        "months": step.time,
        "at_risk": step.at_risk,
        "defected": step.left,
        "survival": step.survival,
        "survival_low": step.low,
        "survival_high": step.high,
    }
