"""The sections of the diagnosis, in reading order."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.diagnosis import circle, cohorts, complaints, defection, disagreement, ledger, retention, sensitivity
from pipeline.diagnosis.gather import Answers, Largest, Question
from pipeline.diagnosis.result import Section
from pipeline.diagnosis.scope import Scope


@dataclass(frozen=True)
class Maker:
    """How a section is made: what it asks of the tables, and what it says about the answers."""

    questions: Callable[[Scope], tuple[Question | Largest, ...]]
    section: Callable[[Scope, Answers], Section]


MAKERS = tuple(
    Maker(module.questions, module.section)
    for module in (disagreement, retention, cohorts, defection, sensitivity, complaints, ledger, circle)
)
