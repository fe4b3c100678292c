"""Floors and caps: how many customers of a group are contacted at least and at most."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from features.errors import ConfigError
from pipeline.config.base import Section

Value = str | int | float | bool


class Segment(Section):
    """A group of customers by what is known about them, and the bounds on its offers."""

    name: str = Field(min_length=1, description="the segment's name in the summary")
    where: Mapping[str, tuple[Value, ...]] = Field(
        min_length=1,
        description="column -> values; all must hold: a column of customers, or risk_band, relationship_level, "
        "defection_type, complaint_state, cause, grade, moment",
    )
    at_least: int | None = Field(
        None, ge=1, description="customers to contact at least; lowered, and said so, where fewer can be"
    )
    at_most: int | None = Field(None, ge=0, description="customers to contact at most")

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        where = f"plan.segments: {self.name}"
        if self.at_least is None and self.at_most is None:
            raise ConfigError("neither at_least nor at_most", where=where, fix="Give one of them.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            fix = f"The cap is {self.at_most}."
            raise ConfigError("the floor is above the cap", where=where, value=self.at_least, fix=fix)
        return self
