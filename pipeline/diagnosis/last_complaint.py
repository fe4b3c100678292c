"""How the last complaint of a customer stood at the start of each period, as it was known then."""

from features.history import History
from features.levels import literal
from features.schema import TableShape
from features.working_time import elapsed_hours, limit_hours
from pipeline.diagnosis.scope import Scope


def last_complaints(scope: Scope) -> str:
    """SQL for the last complaint known at each row of the panel: rid, state, severity, hours, and what it was about."""
    shape = scope.shapes["complaints"]
    columns = {
        "state": _state_sql(scope, shape),
        "severity": _severity(scope, shape),
        "kept": _kept(scope, shape),
        "hours": "(epoch_us(resolved_at) - epoch_us(event_at)) / 3600000000.0" if shape.has("resolved_at") else "NULL",
        **{name: name if shape.has(name) else "NULL::VARCHAR" for name in ("cause", "topic")},
    }
    picked = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    known = History(scope.shapes).rows("complaints")
    recent = f"event_at >= as_of - INTERVAL {scope.settings.complaint_days} DAY AND event_at < as_of"
    latest = "row_number() OVER (PARTITION BY rid ORDER BY event_at DESC, complaint_id DESC) = 1"
    return f"SELECT rid, {picked} FROM ({known}) WHERE {recent} QUALIFY {latest}"


def _state_sql(scope: Scope, shape: TableShape) -> str:
    cases = []
    if shape.has("resolved_at"):
        hours = "(epoch_us(resolved_at) - epoch_us(event_at)) / 3600000000.0"
        if shape.has("reopened_at"):
            cases.append("WHEN reopened_at > resolved_at THEN 'reopened'")
        cases.append(f"WHEN {hours} BETWEEN 0 AND {float(scope.quick_hours)!r} THEN 'resolved_quickly'")
        cases.append("WHEN resolved_at IS NOT NULL THEN 'resolved'")
    if shape.has("responded_at"):
        cases.append("WHEN responded_at IS NOT NULL THEN 'answered'")
    return f"CASE {' '.join(cases)} ELSE 'open' END" if cases else "'complained'"


def _kept(scope: Scope, shape: TableShape) -> str:
    """Whether the resolution known at the row kept the limit of the grade; NULL without a limit."""
    if not shape.has("resolved_at") or not scope.limits:
        return "NULL::VARCHAR"
    grade = "grade" if shape.has("grade") else None
    spent = elapsed_hours(scope.limits, grade, "event_at", "resolved_at")
    limit = limit_hours(scope.limits, grade, "resolve_hours")
    return f"""CASE WHEN {limit} IS NULL THEN NULL WHEN resolved_at IS NULL THEN 'waiting'
  WHEN {spent} <= {limit} THEN 'within' ELSE 'late' END"""


def _severity(scope: Scope, shape: TableShape) -> str:
    if not shape.has("grade"):
        return "NULL::VARCHAR"
    large = ", ".join(literal(grade) for grade in scope.settings.large_grades) or "NULL"
    return f"CASE WHEN grade IS NULL THEN NULL WHEN grade IN ({large}) THEN 'large' ELSE 'small' END"
