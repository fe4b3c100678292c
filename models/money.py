"""Every money constant with its value, its source and its status; none is written into code.

The ledger of a loss (direct parts, and word of mouth as a range beside them) is computed in `models.loss`.
"""

from typing import Literal

from pydantic import Field, model_validator

from models.settings import Settings

Status = Literal["given", "reference", "disputed", "not given"]


class Figure(Settings):
    """A number with where it comes from and how far to trust it."""

    value: float = Field(description="the number")
    source: str = Field(default="config", description="who says so")
    status: Status = Field(default="given", description="how far to trust it")


class Span(Settings):
    """A number known only as a range."""

    low: float = Field(description="lower end")
    high: float = Field(description="upper end")
    source: str = Field(default="config", description="who says so")
    status: Status = Field(default="given", description="how far to trust it")

    @model_validator(mode="after")
    def _ordered(self) -> "Span":
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")
        return self


VERBRAKEN = "Verbraken, Verbeke and Baesens 2013, default of the profit measure"


def _absent(value: float, meaning: str) -> Figure:
    return Figure(value=value, source=meaning, status="not given")


def _reference(value: float) -> Figure:
    return Figure(value=value, source=VERBRAKEN, status="reference")


class MoneySettings(Settings):
    """Money constants of the config, in the currency of the amounts."""

    margin_share: Figure = Field(
        default=_absent(1.0, "revenue is taken as margin until the share is given"),
        description="margin as a share of revenue; not used where the data hold the margin",
    )
    replacement_cost: Figure = Field(
        default=_absent(0.0, "no default: what winning a new customer costs differs too much"),
        description="cost of winning a new customer in place of one who left",
    )
    handling_cost: Figure = Field(default=_absent(0.0, "not given"), description="cost of handling one defection")
    people_told: Span = Field(
        default=Span(
            low=10.4,
            high=12.0,
            source="tells 8 to 10, one in five tells 20; another version: tells 9 to 10, 13 % tell over 20",
            status="disputed",
        ),
        description="people a lost customer tells",
    )
    lost_per_person_told: Span = Field(
        default=Span(low=0.0, high=0.0, source="no default", status="not given"),
        description="share of them who do not become customers because of it",
    )
    new_customer_margin: Figure = Field(
        default=_absent(0.0, "not given"), description="margin of an average new customer over the horizon"
    )
    defector_share: Figure | None = Field(
        default=None, description="share of the staying revenue that a defector still brings; measured when absent"
    )
    discount_rate: Figure = Field(
        default=Figure(value=0.12, source="Gupta, Lehmann and Stuart 2004: 12 % a year", status="reference"),
        description="discount a year on money of later horizons, as a share",
    )
    lifetime_years: Figure = Field(
        default=_absent(5.0, "forecasts further ahead say little"),
        description="years after which the remaining relationship counts no more",
    )
    incentive_cost: Figure = Field(default=_reference(10.0), description="cost of the incentive offered")
    contact_cost: Figure = Field(default=_reference(1.0), description="cost of one contact")
    customer_value: Figure = Field(
        default=_reference(200.0), description="value of a customer kept, for profit measures"
    )
    accept_alpha: Figure = Field(
        default=_reference(6.0), description="alpha of the acceptance rate's Beta distribution"
    )
    accept_beta: Figure = Field(default=_reference(14.0), description="beta of the acceptance rate's Beta distribution")

    @property
    def accept_rate(self) -> float:
        """Mean acceptance rate."""
        return self.accept_alpha.value / (self.accept_alpha.value + self.accept_beta.value)

    @property
    def word_of_mouth(self) -> tuple[float, float]:
        """Loss by word of mouth for one defector, low and high: people told x share lost x margin of a new customer."""
        margin = self.new_customer_margin.value
        low = self.people_told.low * self.lost_per_person_told.low * margin
        return low, self.people_told.high * self.lost_per_person_told.high * margin
