"""How much the figures depend on the length of silence that counts as leaving (outcomes `lapse` and `rhythm`).

The window is the horizon for `lapse`, the customer's own limit of silence for `rhythm`; it is shortened and lengthened
by a quarter. Every length is judged at the same starts of periods, and who was judged to have left is watched for one
horizon longer: how many came back says how often the judgement was wrong.
"""

import math
from datetime import timedelta

from features.history import History
from models.at_risk import NEVER, is_purchase, rhythm_sql
from models.outcome_kinds import Lapse, Rhythm
from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.result import Note, Row, Section, spread
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.statistics import wilson

FACTORS = (0.75, 1.0, 1.25)


def questions(scope: Scope) -> tuple[Question, ...]:
    """For each length and period: judged, left, came back, judged otherwise than with the length of the config."""
    watched = _watched(scope)
    if not watched:
        return ()
    shown = f"base AND p IN ({', '.join(map(str, watched))})"
    if isinstance(scope.outcome, Lapse):
        judged = _lapse(scope, scope.outcome, shown)
    elif isinstance(scope.outcome, Rhythm):
        judged = _rhythm(scope, scope.outcome, shown)
    else:
        return ()
    usual = "max(CASE WHEN factor = 1 THEN CAST(gone_then AS INTEGER) END) OVER (PARTITION BY rid) = 1"
    sql = f"""SELECT factor, p, count(*) AS customers, count(*) FILTER (WHERE gone_then) AS defected,
  count(*) FILTER (WHERE gone_then AND back_then) AS back, count(*) FILTER (WHERE gone_then <> usual) AS otherwise
FROM (SELECT *, {usual} AS usual FROM ({judged})) GROUP BY ALL"""
    return (Question("sensitivity", sql, ("factor", "p")),)


def section(scope: Scope, answers: Answers) -> Section:
    """One line for each length."""
    if not isinstance(scope.outcome, Lapse | Rhythm):
        return Section("sensitivity", missing=Note("no_window", {"kind": scope.outcome.kind}))
    if "sensitivity" not in answers:
        return Section("sensitivity", missing=Note("too_short"))
    rows = [_row(scope, factor, answers["sensitivity"]) for factor in FACTORS]
    days = scope.outcome.horizon_days
    return Section("sensitivity", {"follow_days": days}, {"windows": rows})


def _row(scope: Scope, factor: float, rows: list[Row]) -> Row:
    own = [row for row in rows if row["factor"] == factor]
    customers, left = sum(row["customers"] for row in own), sum(row["defected"] for row in own)
    rates = [row["defected"] / row["customers"] for row in own if row["customers"]]
    days = scope.outcome.horizon_days * factor if isinstance(scope.outcome, Lapse) else None
    return {
        "change": factor - 1,
        "window_days": days,
        "customer_periods": customers,
        **spread("rate", wilson(left, customers)),
        "rate_least": min(rates, default=None),
        "rate_most": max(rates, default=None),
        "rate_deviation": _deviation(rates),
        "judged_otherwise": sum(row["otherwise"] for row in own) / customers if customers else None,
        **spread("back", wilson(sum(row["back"] for row in own), left)),
    }


def _deviation(rates: list[float]) -> float | None:
    """Standard deviation of the rate between periods: how stable it is."""
    if len(rates) < 2:
        return None
    mean = sum(rates) / len(rates)
    return math.sqrt(sum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1))


def _watched(scope: Scope) -> list[int]:
    """Periods from whose start even the longest window and one horizon after it have passed."""
    days = timedelta(days=scope.outcome.horizon_days * (1 + max(FACTORS)))
    return [n for n, period in enumerate(scope.periods) if period.start + days <= scope.as_of]


def _lapse(scope: Scope, outcome: Lapse, shown: str) -> str:
    days = outcome.horizon_days
    purchases = f"SELECT customer_id, occurred_at FROM transactions WHERE {is_purchase(scope.shapes['transactions'])}"
    return f"""SELECT s.rid, s.p, f.factor,
  coalesce(x.occurred_at >= s.opens + to_seconds(f.factor * {days * 86400}), TRUE) AS gone_then,
  coalesce(x.occurred_at < s.opens + to_seconds((f.factor + 1) * {days * 86400}), FALSE) AS back_then
FROM (SELECT rid, customer_id, p, opens FROM panel WHERE {shown}) s
ASOF LEFT JOIN ({purchases}) x ON x.customer_id = s.customer_id AND x.occurred_at >= s.opens
CROSS JOIN {_factors()}"""


def _rhythm(scope: Scope, outcome: Rhythm, shown: str) -> str:
    """The first silence above the limit, as in `models.outcomes`, with the limit lengthened or shortened."""
    purchase = is_purchase(scope.shapes["transactions"])
    limit = "r.limit_days * f.factor"
    horizon = f"INTERVAL {outcome.horizon_days} DAY"
    return f"""WITH days AS (SELECT DISTINCT customer_id, date_trunc('day', occurred_at) AS day FROM transactions
  WHERE {purchase}),
steps AS (SELECT customer_id, day, lead(day, 1, {NEVER}) OVER (PARTITION BY customer_id ORDER BY day) AS next_day
  FROM days),
limits AS (SELECT s.rid, s.customer_id, s.p, s.opens, r.last_day, r.limit_days
  FROM (SELECT rid, customer_id, p, opens FROM panel WHERE {shown}) s
  JOIN ({rhythm_sql(outcome, History(scope.shapes))}) r ON r.rid = s.rid),
judged AS (SELECT r.rid, r.p, f.factor, min(x.day) AS day, min_by(x.next_day, x.day) AS next_day,
    any_value({limit}) AS days, any_value(r.opens) AS opens
  FROM limits r CROSS JOIN {_factors()} LEFT JOIN steps x ON x.customer_id = r.customer_id AND x.day >= r.last_day
    AND x.day + to_seconds(86400 * {limit}) < r.opens + {horizon}
    AND x.next_day > x.day + to_seconds(86400 * {limit})
  WHERE r.last_day + to_seconds(86400 * {limit}) >= r.opens GROUP BY ALL)
SELECT rid, p, factor, day IS NOT NULL AS gone_then,
  coalesce(next_day < day + to_seconds(86400 * days) + {horizon}, FALSE) AS back_then FROM judged"""


def _factors() -> str:
    return "(VALUES " + ", ".join(f"({factor!r}::DOUBLE)" for factor in FACTORS) + ") f(factor)"
