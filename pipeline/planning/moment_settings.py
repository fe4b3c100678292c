"""Moments of truth: what has just happened to a customer, or is about to, so that contact cannot wait."""

from typing import Self

from pydantic import Field, model_validator

from features.errors import ConfigError
from pipeline.config.base import Section


class PlanMoment(Section):
    """Rows of a table that put their customers first: earlier slots, and by `weight` also a better chance of one."""

    table: str = Field(description="a table of the config")
    column: str | None = Field(None, description="the moment's time; none given: the table's own time")
    where: str = Field("true", description="condition on the table's columns, in DuckDB's SQL")
    within_days: float = Field(0.0, ge=0, description="days back from the snapshot in which the moment counts")
    ahead_days: float = Field(0.0, ge=0, description="days ahead of the snapshot, for what is known beforehand")
    first_only: bool = Field(False, description="only the customer's first such row, as a first complaint")
    weight: float = Field(1.0, ge=1, description="factor on the net benefit when choosing; 1: earlier slots only")

    @model_validator(mode="after")
    def _has_a_window(self) -> Self:
        if self.within_days <= 0 and self.ahead_days <= 0:
            raise ConfigError(
                "no days in which the moment counts",
                where=f"plan.moments: {self.table}",
                fix="Give within_days or ahead_days.",
            )
        return self
