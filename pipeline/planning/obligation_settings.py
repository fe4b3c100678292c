"""Time limits for complaints: the SLA table, grade -> hours, by calendar or by working time."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from features.errors import ConfigError, nearest
from pipeline.planning.frozen import Frozen, Status


class SlaLimit(Frozen):
    """How fast a complaint of one grade must be answered and resolved."""

    answer_hours: float = Field(gt=0, description="hours to the first answer")
    resolution_hours: float = Field(gt=0, description="hours to the resolution")
    clock: Literal["calendar", "working"] = Field(description="hours of every day, or of working time only")
    source: str = Field(min_length=1, description="where the limit comes from")
    status: Status = Field(description="measured, published, textbook or assumed")


class ObligationSettings(Frozen):
    """What is owed to customers with an open complaint."""

    minutes: float = Field(gt=0, le=600, description="working minutes of an agent for one open complaint")
    sla: Mapping[str, SlaLimit] = Field(min_length=1, description="limits by grade")
    default_grade: str = Field(description="grade of complaints without one, or with one the table lacks")
    escalated_grade: str | None = Field(None, description="grade whose limits hold for escalated complaints")
    ignore_after_days: float | None = Field(
        None, gt=0, description="complaints opened longer ago are taken as closed without a record; none given: never"
    )
    answer_channels: Mapping[str, str] = Field(
        default_factory=dict, description="channel of the answer by channel of the complaint, where the names differ"
    )
    owner: str | None = Field(None, description="owner when no agent answers complaints")

    @model_validator(mode="after")
    def _grades_exist(self) -> Self:
        for grade in (self.default_grade, self.escalated_grade):
            if grade is not None and grade not in self.sla:
                raise ConfigError(
                    "no limits for the grade", where="plan.obligations", value=grade, fix=nearest(grade, self.sla)
                )
        return self
