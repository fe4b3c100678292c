"""What came of learning effects by customer: the rankings compared, the one chosen, and whether it may be used."""

from pydantic import BaseModel, ConfigDict, Field


class Interval(BaseModel):
    """A figure with its 95 % interval."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: float
    low: float
    high: float


class RankingScore(BaseModel):
    """How a way of ranking did out of fold."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    qini: Interval = Field(
        description="area under the Qini curve over that of a perfect ranking; 0: no better than chance"
    )
    auuc: Interval = Field(description="area under the uplift curve, events a customer")
    uplift_30: Interval = Field(description="difference between the arms among the best-ranked 30 %")


class UpliftResult(BaseModel):
    """The comparison by cross-validation on the randomised contacts."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    contacts: int
    customers: int
    actions: tuple[str, ...]
    rankings: tuple[RankingScore, ...]
    chosen: str
    effect: Interval = Field(description="fall of the share that leaves among those the chosen model would contact")
    claimed: bool = Field(description="whether the interval lies above 0: only then the plan uses the model")
