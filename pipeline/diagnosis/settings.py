"""What the config may say about the diagnosis; every figure that is a matter of business has its source and status."""

from typing import Literal

from pydantic import Field, model_validator

from models.money import Figure, Span, Status
from pipeline.config.base import Section

PeriodKind = Literal["month", "quarter", "year"]
State = Literal["none", "complained", "open", "answered", "reopened", "resolved", "resolved_quickly"]

TARP = "TARP, often credited to McKinsey: share that would buy again; a survey of intentions, not an effect of handling"
AUTHOR = "TARP's author: about half complain at the front line, 75 % in business-to-business (4 % is disowned)"
ASSOCIATION = "American Management Association survey: 68 % of lost customers leave because of attitude"
OWN_DEFAULT = "holdfast's default, no more than a convention"


class Reference(Section):
    """A line of the textbook table: shares that would buy again after a large and a small problem."""

    large: float = Field(ge=0, le=1)
    """Share after a large problem."""
    small: float = Field(ge=0, le=1)
    """Share after a small problem."""


def _textbook() -> dict[State, Reference]:
    return {
        "none": Reference(large=0.09, small=0.37),
        "open": Reference(large=0.19, small=0.46),
        "resolved": Reference(large=0.54, small=0.70),
        "resolved_quickly": Reference(large=0.82, small=0.95),
    }


class RepurchaseReference(Section):
    """The textbook table shown beside the user's own."""

    rows: dict[State, Reference] = Field(default_factory=_textbook)
    """By complaint state; `none` means dissatisfied without a complaint."""
    source: str = TARP
    """Who says so."""
    status: Status = "reference"
    """How far to trust it."""


class Moment(Section):
    """A moment of truth: rows of an event table that satisfy a condition."""

    table: str
    """An event table of the config."""
    where: str = "true"
    """A condition on its columns, in DuckDB's SQL."""


class LeftFlag(Section):
    """A column of `customers` that says who has left, compared with what the events say."""

    column: str
    """The column."""
    value: str | int | float | bool = True
    """Its value for a customer who has left."""


class DiagnosisConfig(Section):
    """How `holdfast diagnose` looks at the past."""

    period: PeriodKind = "quarter"
    """Calendar period that rates are about."""
    periods: int = Field(default=8, ge=1, le=60)
    """Number of periods shown, ending with the last whose outcome is known."""
    base_periods: int = Field(default=1, ge=1, le=60)
    """Length of the base period (purchases before) and of the end period (purchases after), in periods."""
    projection_periods: int = Field(default=4, ge=1, le=60)
    """Last periods that rates by segment pool and the next period is projected from."""
    segments: tuple[str, ...] | None = None
    """Columns of `customers` to compare by; default: those with few categories, `kind` first."""
    complaint_days: int = Field(default=90, ge=1, le=3650)
    """The complaint state is that of the last complaint within this many days before the period."""
    large_grades: tuple[str, ...] = ("3", "4", "5")
    """Complaint grades that count as a large problem (our convention); the others are small."""
    speed_hours: tuple[float, ...] = Field(default=(1, 4, 24, 72, 168), min_length=1)
    """Upper ends of the classes of hours to resolution."""
    first_contact_days: int = Field(default=30, ge=1, le=365)
    """Resolved at first contact: not reopened, and no further complaint within this many days."""
    limit_flag: str | None = None
    """Column of `complaints` with the desk's own record whether the time limit was kept, compared with `sla`."""
    left_flag: LeftFlag | None = None
    """Column of `customers` with the firm's own record of who has left, compared with the events."""
    moment_days: int = Field(default=90, ge=1, le=3650)
    """A moment of truth counts when it lies within this many days before the customer left, or did not."""
    moments: dict[str, Moment] = Field(default_factory=dict)
    """Further moments of truth by name, beside first complaint, renewal, price change and falling spend."""
    price_change_share: float = Field(default=0.01, ge=0, le=1)
    """Smallest change of a contract's price per day that counts as a price change."""
    min_cases: int = Field(default=10, ge=1)
    """Segments, handlers and products with fewer cases are put together as `other`."""
    largest_cases: int = Field(default=20, ge=0, le=1000)
    """Number of largest losses listed one by one."""
    report_rate: Span = Span(low=0.5, high=0.75, source=AUTHOR, status="reference")
    """Share of the dissatisfied who complain to the firm."""
    reference: RepurchaseReference = RepurchaseReference()
    """The textbook table of repurchase by complaint state."""
    attitude_share: Figure = Figure(value=0.68, source=ASSOCIATION, status="reference")
    """Share of the lost who leave because of attitude; shown only where the data have no causes."""
    value_days: Figure = Figure(value=365, source=OWN_DEFAULT, status="reference")
    """Length of the remaining relationship that a loss is valued over, in days."""
    backslide_share: Figure = Figure(value=0.5, source=OWN_DEFAULT, status="reference")
    """Fall of purchases from base to end period that counts as backsliding, as a share."""

    @model_validator(mode="after")
    def _fits_together(self) -> "DiagnosisConfig":
        if list(self.speed_hours) != sorted(set(self.speed_hours)):
            raise ValueError("speed_hours must grow")
        if not 0 < self.report_rate.low <= self.report_rate.high <= 1:
            raise ValueError("report_rate is a share above 0, up to 1")
        if self.value_days.value <= 0 or not 0 < self.backslide_share.value <= 1:
            raise ValueError("value_days is above 0, backslide_share a share above 0, up to 1")
        return self
