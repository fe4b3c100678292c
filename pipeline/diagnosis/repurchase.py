"""Who stays by the state of their last complaint: the user's own version of the textbook table.

The state is what was known at the start of the period, the staying is what followed, so a complaint that was still open
then counts as open although it was solved later. Customers differ in more than their complaints: these are
comparisons, never effects of the handling.
"""

from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.result import Row, spread
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.small import together
from pipeline.diagnosis.statistics import NOTHING, difference, wilson

STATES = ("none", "complained", "open", "answered", "reopened", "resolved", "resolved_quickly")
SUMS = "count(*) AS customers, count(*) FILTER (WHERE NOT gone) AS stayed, count(*) FILTER (WHERE bought > 0) AS bought"
COUNTS = ("customers", "stayed", "bought")


def questions(scope: Scope) -> tuple[Question, ...]:
    """Counts by state and severity, by hours to resolution, and by cause."""
    joined = (
        f"FROM panel p LEFT JOIN last_complaints s ON s.rid = p.rid WHERE p.base AND p.p >= 0 AND p.p <= {scope.last}"
    )
    by_state = f"SELECT coalesce(s.state, 'none') AS state, s.severity, {SUMS} {joined} GROUP BY ALL"
    found = [Question("states", by_state, ("state", "severity"))]
    if scope.has("complaints", "resolved_at"):
        speed = _class("s.hours", scope.settings.speed_hours)
        sql = f"SELECT {speed} AS class, {SUMS} {joined} AND s.rid IS NOT NULL GROUP BY ALL"
        found.append(Question("speed", sql, ("class",)))
        if scope.limits:
            sql = f"SELECT s.kept AS level, {SUMS} {joined} AND s.kept IS NOT NULL GROUP BY ALL"
            found.append(Question("stay_by_limit", sql, ("level",)))
    for column in ("cause", "topic"):
        if scope.has("complaints", column):
            sql = f"SELECT s.{column} AS level, {SUMS} {joined} AND s.rid IS NOT NULL GROUP BY ALL"
            found.append(Question(f"stay_by_{column}", sql, ("level",)))
    return tuple(found)


def tables(scope: Scope, answers: Answers) -> dict[str, list[Row]]:
    """The tables of shares, each with counts, intervals, and the difference from those without a complaint."""
    counted = answers["states"]
    none = _pooled([row for row in counted if row["state"] == "none"])
    found = {"repurchase": [row for state in STATES for row in _state(scope, counted, state, none)]}
    if "speed" in answers:
        classes = sorted(answers["speed"], key=lambda row: (row["class"] is None, row["class"] or 0))
        found["speed"] = [_speed(scope, row, none) for row in classes]
    if "stay_by_limit" in answers:
        found["stay_by_limit"] = _by_limit(scope, answers["stay_by_limit"], none)
    for column in ("cause", "topic"):
        if f"stay_by_{column}" in answers:
            few = scope.settings.min_cases
            levels = together(answers[f"stay_by_{column}"], ("level",), COUNTS, "customers", few)
            found[f"stay_by_{column}"] = [{"level": row["level"], **_shares(scope, row, none)} for row in levels]
    return found


def _by_limit(scope: Scope, rows: list[Row], none: Row) -> list[Row]:
    """Within the limit of its grade or after it: what is fast depends on what it is about."""
    late = next((row for row in rows if row["level"] == "late"), {"stayed": 0, "customers": 0})
    order = [row for level in ("within", "late", "waiting") for row in rows if row["level"] == level]
    return [
        {
            "level": row["level"],
            **_shares(scope, row, none),
            **spread("against_late", difference(row["stayed"], row["customers"], late["stayed"], late["customers"])),
        }
        for row in order
    ]


def _class(hours: str, limits: tuple[float, ...]) -> str:
    """The upper end of the class of hours; infinity above the last, NULL while unresolved."""
    cases = " ".join(f"WHEN {hours} <= {float(limit)!r} THEN {float(limit)!r}" for limit in limits)
    return f"CASE WHEN {hours} IS NULL THEN NULL {cases} ELSE 'infinity'::DOUBLE END"


def _state(scope: Scope, counted: list[Row], state: str, none: Row) -> list[Row]:
    """One line for the state, and one for each severity."""
    own = [row for row in counted if row["state"] == state]
    if not own:
        return []
    parts = {"all": own} | {s: [row for row in own if row["severity"] == s] for s in ("large", "small")}
    return [_state_row(scope, state, severity, rows, none) for severity, rows in parts.items() if rows]


def _state_row(scope: Scope, state: str, severity: str, rows: list[Row], none: Row) -> Row:
    reference = scope.settings.reference.rows.get(state)  # type: ignore[call-overload]
    return {
        "state": state,
        "severity": severity,
        **_shares(scope, _pooled(rows), none),
        "reference_large": reference.large if reference and severity in ("all", "large") else None,
        "reference_small": reference.small if reference and severity in ("all", "small") else None,
    }


def _shares(scope: Scope, row: Row, none: Row) -> Row:
    pays, n = scope.has("transactions"), row["customers"]
    return {
        "customer_periods": n,
        **spread("stayed", wilson(row["stayed"], n)),
        **spread("bought", wilson(row["bought"], n) if pays else NOTHING),
        **spread("against_none", difference(row["stayed"], n, none["stayed"], none["customers"])),
    }


def _speed(scope: Scope, row: Row, none: Row) -> Row:
    upto = row["class"]
    label = None if upto in (None, float("inf")) else upto
    return {"hours_upto": label, "resolved": upto is not None, **_shares(scope, row, none)}


def _pooled(rows: list[Row]) -> Row:
    return {name: sum(row[name] for row in rows) for name in COUNTS}
