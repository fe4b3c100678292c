"""How open complaints are worked: the time limits themselves are the config's `sla` table."""

from collections.abc import Mapping

from pydantic import Field

from pipeline.config.base import Section


class FollowUp(Section):
    """The call after a resolved complaint: did the solution hold?"""

    minutes: float = Field(gt=0, le=600, description="working minutes of an agent for one follow-up")
    within_days: float = Field(gt=0, description="calendar days after the resolution by which it is due")
    ignore_after_days: float = Field(gt=0, description="complaints resolved longer ago are not followed up any more")


class ObligationSettings(Section):
    """What is owed to customers with an open complaint."""

    minutes: float = Field(gt=0, le=600, description="working minutes of an agent for one open complaint")
    default_grade: str = Field(description="grade of complaints without one, or with one the sla table lacks")
    escalated_grade: str | None = Field(None, description="grade whose limits hold for escalated complaints")
    ignore_after_days: float | None = Field(
        None, gt=0, description="complaints opened longer ago are taken as closed without a record; none given: never"
    )
    answer_channels: Mapping[str, str] = Field(
        default_factory=dict, description="channel of the answer by channel of the complaint, where the names differ"
    )
    follow_up: FollowUp | None = Field(
        None, description="resolved complaints are followed up; none given: they are not"
    )
    owner: str | None = Field(None, description="owner when no agent has time in the whole period")
