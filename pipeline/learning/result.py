"""What `holdfast learn` found out, as data."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pipeline.learning.evidence import Compliance
from pipeline.learning.learned import Learned
from pipeline.learning.trial import Effect


class LearnReport(BaseModel):
    """The content of report.json. Money in the currency of the user's tables."""

    model_config = ConfigDict(frozen=True)
    plan_id: str
    as_of: str
    known_by: str = Field(description="from then on the outcome of the plan was known")
    currency: str
    level: float
    planned: int = Field(description="offers of the plan, both arms")
    settled: int = Field(description="of these, customers with a known outcome; the others are left out")
    compliance: list[Compliance]
    effects: list[Effect]
    learned: Learned
    notes: list[str]

    @property
    def overall(self) -> Effect:
        """All treated together."""
        return self.effects[0]


class LearnedPlan(BaseModel):
    """What the command wrote, and where."""

    model_config = ConfigDict(frozen=True)
    out: Path
    report: LearnReport

    def as_json(self) -> dict[str, Any]:
        """The content of report.json, and the folder."""
        return {"out": str(self.out), **self.report.model_dump(mode="json")}

    def as_text(self) -> str:
        """For the terminal."""
        from pipeline.learning.text import text

        return text(self.report, self.out)
