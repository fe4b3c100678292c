"""Time limits by grade, in calendar or working time, as SQL."""

from collections.abc import Mapping

from features.aggregates import hours_between
from features.levels import literal
from features.spec import Limit

MONDAY_US = 4 * 86_400_000_000  # 1970-01-05 was a Monday
WEEK_US = 7 * 86_400_000_000
WORKING_US = 5 * 86_400_000_000
ANY_GRADE = "*"


def working_hours_between(start: str, end: str) -> str:
    """Hours of working days (Monday to Friday, all 24 hours) from one time to another; holidays are not known."""
    return f"({_worked(end)} - {_worked(start)}) / 3600000000.0::DOUBLE"


def limit_hours(limits: Mapping[str, Limit], grade: str | None, part: str) -> str:
    """The limit of the row's grade, `part` being answer_hours or resolve_hours; NULL for a grade without one."""
    found = {name: float(getattr(limit, part)) for name, limit in limits.items()}
    return _by_grade(found, grade, "NULL::DOUBLE")


def elapsed_hours(limits: Mapping[str, Limit], grade: str | None, start: str, end: str) -> str:
    """Hours from start to end on the clock of the row's grade: working days where its limit is in working time."""
    clocks = {
        name: working_hours_between(start, end) if limit.working_time else hours_between(start, end)
        for name, limit in limits.items()
    }
    return _by_grade(clocks, grade, "NULL::DOUBLE")


def _by_grade(values: Mapping[str, object], grade: str | None, otherwise: str) -> str:
    default = values.get(ANY_GRADE, otherwise)
    cases = "".join(f" WHEN {literal(name)} THEN {value}" for name, value in values.items() if name != ANY_GRADE)
    return f"CASE {grade}{cases} ELSE {default} END" if cases and grade else f"({default})"


def _worked(time: str) -> str:
    """Microseconds of working days since that Monday; before 1970 floor keeps weeks whole."""
    since = f"(epoch_us({time}) - {MONDAY_US})"
    weeks = f"CAST(floor({since} / {float(WEEK_US)!r}::DOUBLE) AS BIGINT)"
    return f"({weeks} * {WORKING_US} + least({since} - {weeks} * {WEEK_US}, {WORKING_US}))"
