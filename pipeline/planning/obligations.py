"""What is owed before anything is offered: open complaints with their deadline.

A complaint is open while no resolution is known, and again once it was reopened. What is due next is its first answer,
or, once answered, its resolution; how soon says the SLA table by grade.
"""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import ConfigError, nearest
from features.spec import Limit
from pipeline.planning.obligation_settings import ObligationSettings
from pipeline.planning.settings import PlanSettings
from pipeline.planning.working_time import WorkingWeek, add_working_hours

Sla = Mapping[str, Limit]

OPTIONAL_TIMES = ("responded_at", "reopened_at", "escalated_at")
OPTIONAL_TEXTS = ("grade", "channel", "handled_by", "cause", "escalated")
COLUMNS = (
    "customer_id",
    "complaint_id",
    "due",
    "grade",
    "opened_at",
    "deadline",
    "stuck",
    "channel",
    "handled_by",
    "cause",
    "escalated",
    "handled_at",
    "minutes",
)


def open_complaints(complaints: pd.DataFrame | None, plan: PlanSettings, sla: Sla, as_of: datetime) -> pd.DataFrame:
    """Complaints known and not resolved at the snapshot, most urgent first, with the columns `COLUMNS`.

    `complaints` must be as known at `as_of`. `stuck` (bool): reopened, or past its limit; `handled_at`: when it was
    last worked on, as far as is known. Without a resolution time in
    the table nobody knows what is open, so nothing is owed; nor is it where the plan has no `obligations`.
    """
    settings = plan.obligations
    if settings is None or complaints is None or "resolved_at" not in complaints:
        return pd.DataFrame(columns=list(COLUMNS))
    _check_grades(settings, sla)
    rows = _still_open(complete(complaints), settings, as_of)
    grade = _grade(rows, settings, sla)
    answered = rows["responded_at"] >= rows["since"] if "responded_at" in complaints else pd.Series(True, rows.index)
    rows = rows.assign(grade=grade, due=np.where(answered, "resolution", "answer"))
    rows["deadline"] = _deadline(rows, sla, plan.week)
    rows["stuck"] = rows["reopened"] | (rows["deadline"] <= pd.Timestamp(as_of))
    rows["escalated"] = is_escalated(rows)
    rows["handled_at"] = rows["responded_at"].fillna(rows["opened_at"])
    return most_urgent_first(rows.assign(minutes=settings.minutes))


def most_urgent_first(rows: pd.DataFrame) -> pd.DataFrame:
    """By deadline, what was taken to an authority before the others; the columns `COLUMNS`."""
    ordered = rows.assign(calm=~rows["escalated"].astype(bool))
    by = ["deadline", "calm", "customer_id", "complaint_id"]
    return ordered.sort_values(by, kind="stable", ignore_index=True)[list(COLUMNS)]


def is_escalated(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a complaint, with all columns (`complete`), was taken to an authority."""
    return rows["escalated_at"].notna() | rows["escalated"].fillna(False).astype(bool)


def _check_grades(settings: ObligationSettings, sla: Sla) -> None:
    for grade in (settings.default_grade, settings.escalated_grade):
        if grade is not None and grade not in sla:
            raise ConfigError("no limits for the grade", where="plan.obligations", value=grade, fix=nearest(grade, sla))


def complete(complaints: pd.DataFrame) -> pd.DataFrame:
    """The optional columns, empty where the user's table has none."""
    times = {name: pd.to_datetime(complaints.get(name, pd.Series(pd.NaT, complaints.index))) for name in OPTIONAL_TIMES}
    texts = {name: complaints.get(name, pd.Series(None, complaints.index, dtype="object")) for name in OPTIONAL_TEXTS}
    return complaints.assign(**times, **texts)


def was_reopened(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a complaint, with all columns (`complete`), was taken up again after its resolution."""
    return rows["reopened_at"].notna() & ~(rows["reopened_at"] <= rows["resolved_at"])


def _still_open(rows: pd.DataFrame, settings: ObligationSettings, as_of: datetime) -> pd.DataFrame:
    reopened = was_reopened(rows)
    rows = rows.assign(reopened=reopened, since=rows["reopened_at"].where(reopened, rows["opened_at"]))
    held = rows["resolved_at"].isna() | reopened
    if settings.ignore_after_days is not None:
        held &= pd.Timestamp(as_of) - rows["since"] <= pd.Timedelta(days=settings.ignore_after_days)
    return rows[held]


def _grade(rows: pd.DataFrame, settings: ObligationSettings, sla: Sla) -> "pd.Series[str]":
    grade = rows["grade"].where(rows["grade"].isin(list(sla)), settings.default_grade)
    if settings.escalated_grade is not None:
        grade = grade.mask(is_escalated(rows), settings.escalated_grade)
    return grade.astype("str")


def _deadline(rows: pd.DataFrame, sla: Sla, week: WorkingWeek) -> "pd.Series[pd.Timestamp]":
    hours = _hours(rows, sla)
    working = rows["grade"].map({grade: limit.working_time for grade, limit in sla.items()}).astype(bool)
    deadline = rows["since"] + pd.to_timedelta(hours, unit="h")
    by_working_time = add_working_hours(rows.loc[working, "since"], hours[working.to_numpy()], week)
    return deadline.mask(working, by_working_time.reindex(rows.index))


def _hours(rows: pd.DataFrame, sla: Sla) -> npt.NDArray[np.float64]:
    answer = rows["grade"].map({grade: limit.answer_hours for grade, limit in sla.items()})
    resolution = rows["grade"].map({grade: limit.resolve_hours for grade, limit in sla.items()})
    return np.asarray(answer.where(rows["due"] == "answer", resolution).to_numpy(dtype=np.float64))
