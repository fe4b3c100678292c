"""What becomes of the customers who joined in the same period: a triangle of cohort by age."""

from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.periods import period_at
from pipeline.diagnosis.result import Note, Row, Section, spread
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.statistics import wilson


def questions(scope: Scope) -> tuple[Question, ...]:
    """Members by joining period and boundary, how many of them are customers then, and what they paid in the period."""
    if scope.flat:
        return ()
    kind, first = scope.settings.period, scope.periods[0].start
    sql = f"""SELECT date_diff('{kind}', TIMESTAMP '{first}', seen_at) AS cohort, p, count(*) AS members,
  count(*) FILTER (WHERE here OR status <> 'too_new') AS judged, count(*) FILTER (WHERE here) AS here,
  sum(money_during) AS money
FROM panel WHERE seen_at >= TIMESTAMP '{first}' AND p >= 0 AND p <= {len(scope.periods)} GROUP BY ALL"""
    return (Question("cohorts", sql, ("cohort", "p")),)


def section(scope: Scope, answers: Answers) -> Section:
    """Age 0 is the end of the joining period; the share is of those who can be judged at that date."""
    if scope.flat:
        return Section("cohorts", missing=Note("needs_time"))
    rows = answers["cohorts"]
    if not rows:
        return Section("cohorts", missing=Note("no_newcomers"))
    first = {row["cohort"]: row["money"] for row in rows if row["p"] == row["cohort"] + 1}
    triangle = [_cell(scope, row, first.get(row["cohort"])) for row in rows]
    return Section("cohorts", tables={"triangle": triangle})


def _cell(scope: Scope, row: Row, first: float | None) -> Row:
    over = row["p"] < len(scope.periods)
    money = row["money"] / first if over and first and row["money"] is not None else None
    return {
        "cohort": period_at(scope.settings.period, scope.periods[0].start, row["cohort"]).name,
        "age": row["p"] - row["cohort"] - 1,
        "members": row["members"],
        "here": row["here"],
        **spread("share", wilson(row["here"], row["judged"])),
        "money_share": money,
    }
