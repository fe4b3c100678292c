"""The complaint desk: time limits kept, first-contact resolution, causes, handlers, and those who stay silent."""

from features.levels import literal
from features.working_time import elapsed_hours, limit_hours
from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.result import Row, spread
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.small import together
from pipeline.diagnosis.statistics import NOTHING, wilson

KEPT = ("cases", "decided", "kept", "recorded", "recorded_kept", "both", "agreed")
DESK = ("cases", "decided", "kept", "rated", "satisfied", "resolved", "reopened")


def questions(scope: Scope) -> tuple[Question, ...]:
    """All over complete tables at once: the desk is one, and medians do not add up."""
    since = scope.periods[0].start if scope.periods else scope.as_of
    recent = f"opened_at >= TIMESTAMP '{since}'"
    cases = f"WITH cases AS ({cases_sql(scope)})"
    found = [Question("complainers", _complainers(scope), ("p",), whole=True)]
    for part in _parts(scope):
        sums = _limit_sums(scope, part)
        sql = f"{cases} SELECT grade, cause, {sums} FROM cases WHERE {recent} GROUP BY ALL"
        found.append(Question(f"limits_{part}", sql, ("grade", "cause"), whole=True))
    for column in ("cause", "topic"):
        if scope.has("complaints", column):
            sql = f"{cases} SELECT p, {column} AS level, count(*) AS cases FROM cases WHERE {recent} GROUP BY ALL"
            found.append(Question(f"over_time_{column}", sql, ("p", "level"), whole=True))
    if scope.has("complaints", "resolved_at"):
        found.append(Question("first_contact", f"{cases} {_first_contact(scope, recent)}", ("p",), whole=True))
    if scope.has("complaints", "handled_by", "resolved_at"):
        found.append(Question("handlers", f"{cases} {_handlers(scope, recent)}", ("level",), whole=True))
    return tuple(found)


def tables(scope: Scope, answers: Answers) -> dict[str, list[Row]]:
    """Every table of the desk that the columns allow."""
    found: dict[str, list[Row]] = {"silent": [_silent(scope, row) for row in answers["complainers"]]}
    for part in _parts(scope):
        rows = answers[f"limits_{part}"]
        for by in ("grade", "cause"):
            if scope.has("complaints", by):
                found.setdefault(f"limits_by_{by}", []).extend(_limits(scope, part, by, rows))
    for column in ("cause", "topic"):
        if f"over_time_{column}" in answers:
            found[f"{column}s_over_time"] = _over_time(scope, answers[f"over_time_{column}"])
    if "first_contact" in answers:
        found["first_contact"] = [_first(scope, row) for row in answers["first_contact"]]
    if "handlers" in answers:
        found["handlers"] = _handler_rows(scope, answers["handlers"])
    return found


def cases_sql(scope: Scope) -> str:
    """Complaints with their period, and hours over the limit of the grade for answer and resolution (open: so far)."""
    shape, moment = scope.shapes["complaints"], f"TIMESTAMP '{scope.as_of}'"
    optional = ("grade", "cause", "topic", "handled_by")
    columns = [f"{name if shape.has(name) else 'NULL::VARCHAR'} AS {name}" for name in optional]
    times = ("responded_at", "resolved_at", "reopened_at")
    columns += [f"{name if shape.has(name) else 'NULL::TIMESTAMP'} AS {name}" for name in times]
    columns.append(f"{'satisfied' if shape.has('satisfied') else 'NULL::BOOLEAN'} AS satisfied")
    columns.append(f"{_flag(scope)} AS recorded")
    first = scope.periods[0].start if scope.periods else scope.as_of
    columns.append(f"date_diff('{scope.settings.period}', TIMESTAMP '{first}', opened_at) AS p")
    raw = f"SELECT customer_id, complaint_id, opened_at, {', '.join(columns)} FROM complaints"
    grade = "grade" if shape.has("grade") else None
    over = []
    for part, done in (("answer", "coalesce(responded_at, resolved_at)"), ("resolve", "resolved_at")):
        hours = elapsed_hours(scope.limits, grade, "opened_at", f"coalesce({done}, {moment})")
        over.append(f"{hours} - {limit_hours(scope.limits, grade, f'{part}_hours')} AS {part}_over")
        over.append(f"{done} IS NOT NULL AS {part}_done")
    return f"SELECT *, {', '.join(over)} FROM ({raw})"


def _flag(scope: Scope) -> str:
    """The desk's own record, as TRUE, FALSE or missing."""
    column = scope.settings.limit_flag
    if column is None or not scope.has("complaints", column):
        return "NULL::BOOLEAN"
    if scope.shapes["complaints"].columns[column] == "text":
        return (
            f"CASE lower(trim({column})) WHEN 'true' THEN TRUE WHEN 'yes' THEN TRUE WHEN '1' THEN TRUE ELSE FALSE END"
        )
    return f"CAST({column} AS BOOLEAN)"


def _parts(scope: Scope) -> tuple[str, ...]:
    """Which limits can be judged: those of the resolution, and of the answer."""
    if not scope.limits or not scope.has("complaints", "resolved_at"):
        return ()
    return ("answer", "resolve") if scope.has("complaints", "responded_at") else ("resolve",)


def _limit_sums(scope: Scope, part: str) -> str:
    """Decided: done, or past the limit already. Recorded: the desk says whether it kept it, for resolutions."""
    decided = f"({part}_over IS NOT NULL AND ({part}_done OR {part}_over > 0))"
    kept = f"({decided} AND {part}_over <= 0)"
    own = "recorded IS NOT NULL" if part == "resolve" else "FALSE"
    counted = {
        "decided": decided, "kept": kept, "recorded": own, "recorded_kept": f"{own} AND recorded",
        "both": f"{own} AND {decided}", "agreed": f"{own} AND {decided} AND {kept} = recorded",
    }  # fmt: skip
    sums = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in counted.items())
    grade = "grade" if scope.has("complaints", "grade") else None
    limit = limit_hours(scope.limits, grade, f"{part}_hours")
    return f"count(*) AS cases, {sums}, any_value({limit}) AS limit_hours"


def _limits(scope: Scope, part: str, by: str, rows: list[Row]) -> list[Row]:
    hours = {row["grade"]: row["limit_hours"] for row in rows}
    pooled = together(rows, (by,), KEPT, "cases", scope.settings.min_cases)
    if by == "grade":
        pooled.sort(key=lambda row: str(row["grade"]))
    found = []
    for row in pooled:
        line = {"limit": part, by: row[by], "cases": row["cases"], "decided": row["decided"]}
        if by == "grade":
            line["limit_hours"] = hours.get(row["grade"])
        line |= spread("kept", wilson(row["kept"], row["decided"]))
        if scope.settings.limit_flag and part == "resolve":
            line |= spread("recorded_kept", wilson(row["recorded_kept"], row["recorded"]))
            line["agreement"] = row["agreed"] / row["both"] if row["both"] else None
        elif scope.settings.limit_flag:
            line |= {**spread("recorded_kept", NOTHING), "agreement": None}
        found.append(line)
    return found


def _first_contact(scope: Scope, recent: str) -> str:
    """Resolved, not reopened, and no further complaint of the customer within the days that follow the opening."""
    days = scope.settings.first_contact_days
    over = f"opened_at + INTERVAL {days} DAY <= TIMESTAMP '{scope.as_of}'"
    following = "lead(opened_at) OVER (PARTITION BY customer_id ORDER BY opened_at, complaint_id)"
    done = (
        f"resolved_at IS NOT NULL AND reopened_at IS NULL AND coalesce(next_at > opened_at + INTERVAL {days} DAY, TRUE)"
    )
    at_once = "responded_at IS NOT NULL AND resolved_at <= responded_at" if _answers(scope) else "FALSE"
    return f"""SELECT p, count(*) AS cases, count(*) FILTER (WHERE {done}) AS settled,
  count(*) FILTER (WHERE {done} AND {at_once}) AS at_once
FROM (SELECT *, {following} AS next_at FROM cases) WHERE {recent} AND {over} GROUP BY p"""


def _answers(scope: Scope) -> bool:
    return scope.has("complaints", "responded_at")


def _first(scope: Scope, row: Row) -> Row:
    at_once = wilson(row["at_once"], row["cases"]) if _answers(scope) else NOTHING
    return {
        "period": _name(scope, row["p"]),
        "cases": row["cases"],
        **spread("settled", wilson(row["settled"], row["cases"])),
        **spread("by_first_answer", at_once),
    }


def _handlers(scope: Scope, recent: str) -> str:
    decided = "(resolve_over IS NOT NULL AND (resolve_done OR resolve_over > 0))"
    hours = "(epoch_us(resolved_at) - epoch_us(opened_at)) / 3600000000.0"
    return f"""SELECT handled_by AS level, count(*) AS cases, count(*) FILTER (WHERE {decided}) AS decided,
  count(*) FILTER (WHERE {decided} AND resolve_over <= 0) AS kept, count(satisfied) AS rated,
  count(*) FILTER (WHERE satisfied) AS satisfied, count(resolved_at) AS resolved,
  count(*) FILTER (WHERE reopened_at IS NOT NULL) AS reopened, median({hours}) AS hours_median
FROM cases WHERE {recent} AND handled_by IS NOT NULL GROUP BY ALL"""


def _handler_rows(scope: Scope, rows: list[Row]) -> list[Row]:
    median = {row["level"]: row["hours_median"] for row in rows}
    reopens = scope.has("complaints", "reopened_at")
    found = together(rows, ("level",), DESK, "cases", scope.settings.min_cases)
    return [
        {
            "handler": row["level"],
            "cases": row["cases"],
            "hours_median": median.get(row["level"]),
            **spread("kept", wilson(row["kept"], row["decided"])),
            **spread("satisfied", wilson(row["satisfied"], row["rated"])),
            **spread("reopened", wilson(row["reopened"], row["cases"]) if reopens else NOTHING),
        }
        for row in found
    ]


def _over_time(scope: Scope, rows: list[Row]) -> list[Row]:
    """Cases and their share of the period, rare levels together over the whole time."""
    size = together(rows, ("level",), ("cases",), "cases", scope.settings.min_cases)
    order = [row["level"] for row in size]
    named = [{**r, "level": r["level"] if r["level"] in order or r["level"] is None else "other"} for r in rows]
    added = together(named, ("p", "level"), ("cases",), "cases", 0)
    total = {p: sum(row["cases"] for row in added if row["p"] == p) for p in {row["p"] for row in added}}
    added.sort(key=lambda row: (row["p"], order.index(row["level"]) if row["level"] in order else len(order)))
    return [
        {
            "period": _name(scope, row["p"]),
            "level": row["level"],
            "cases": row["cases"],
            **spread("share", wilson(row["cases"], total[row["p"]])),
        }
        for row in added
    ]


def _complainers(scope: Scope) -> str:
    first = scope.periods[0].start
    period = f"date_diff({literal(scope.settings.period)}, TIMESTAMP '{first}', opened_at)"
    return f"""SELECT {period} AS p, count(*) AS complaints, count(DISTINCT customer_id) AS complainers
FROM complaints WHERE opened_at >= TIMESTAMP '{first}' GROUP BY ALL"""


def _silent(scope: Scope, row: Row) -> Row:
    """Those who were dissatisfied and said nothing, if the given share of the dissatisfied complains."""
    low, high = (row["complainers"] * (1 / rate - 1) for rate in (_rates(scope)[1], _rates(scope)[0]))
    return {
        "period": _name(scope, row["p"]),
        "complaints": row["complaints"],
        "complainers": row["complainers"],
        "silent_low": low,
        "silent_high": high,
    }


def _rates(scope: Scope) -> tuple[float, float]:
    return scope.settings.report_rate.low, scope.settings.report_rate.high


def _name(scope: Scope, p: int) -> str:
    """Complaints are counted up to the moment of the diagnosis, so also in periods that are not settled yet."""
    from pipeline.diagnosis.periods import period_at

    return period_at(scope.settings.period, scope.periods[0].start, p).name
