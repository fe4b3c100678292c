"""Two actions for one customer, one after the other: a letter, and some days later the call that takes it up."""

from collections.abc import Mapping

from pydantic import Field

from pipeline.config.base import Section
from pipeline.planning.sourced import BetaPrior, SuccessType


class Sequence(Section):
    """A pair of actions that is offered as one. Its cost and time are the sum of both."""

    name: str = Field(min_length=1, description="the sequence's name, as it appears in plan.csv")
    first: str = Field(description="name of the action that comes first")
    then: str = Field(description="name of the action that follows; may be the same one")
    pause_days: int = Field(ge=1, le=365, description="least calendar days from the first action to the second")
    success: Mapping[SuccessType, BetaPrior] = Field(
        min_length=1,
        description="chance that both together keep a defecting customer, by defection type; `any` for the others",
    )
