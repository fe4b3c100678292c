"""Complaint economics: who stays by how complaints were handled, and how the desk does its work."""

from pipeline.diagnosis import desk, repurchase
from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.result import Note, Row, Section
from pipeline.diagnosis.scope import Scope


def questions(scope: Scope) -> tuple[Question, ...]:
    """Those of the repurchase tables and of the desk."""
    if scope.flat or not scope.has("complaints"):
        return ()
    return (*repurchase.questions(scope), *desk.questions(scope))


def section(scope: Scope, answers: Answers) -> Section:
    """All tables of both, with the textbook figures and where they come from."""
    if not scope.has("complaints"):
        return Section("complaints", missing=Note("no_table", {"table": "complaints"}))
    if scope.flat:
        return Section("complaints", missing=Note("needs_time"))
    tables = {**repurchase.tables(scope, answers), **desk.tables(scope, answers)}
    return Section("complaints", _figures(scope), tables, _notes(scope))


def _figures(scope: Scope) -> Row:
    settings = scope.settings
    figures: Row = {
        "complaint_days": settings.complaint_days,
        "quick_hours": scope.quick_hours,
        "first_contact_days": settings.first_contact_days,
        "report_rate": settings.report_rate.model_dump(),
        "reference": {"source": settings.reference.source, "status": settings.reference.status},
    }
    if not scope.has("complaints", "cause"):
        figures["attitude_share"] = settings.attitude_share.model_dump()
    return figures


def _notes(scope: Scope) -> tuple[Note, ...]:
    absent = {"responded_at": "no_answers", "resolved_at": "no_resolutions", "grade": "no_grades", "cause": "no_causes"}
    notes = [Note("not_causal")] + [Note(key) for column, key in absent.items() if not scope.has("complaints", column)]
    if scope.settings.limit_flag:
        notes.append(Note("limit_flag", {"column": scope.settings.limit_flag}))
    return tuple(notes)
