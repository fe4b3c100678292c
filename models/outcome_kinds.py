"""The six kinds of defection: declared objects that say who is at risk, what the label is, and when it is known.

A kind holds numbers and names only. `models.at_risk` turns it into a status from history, `models.outcomes` into a
label by looking ahead. t is the snapshot; the outcome window is [t + gap, t + gap + horizon).
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

DefectionType = Literal["price", "product", "service", "self", "unknown"]


class OutcomeBase(BaseModel):
    """What every kind of outcome has.

    The type of a defection is that of the row in `defections` nearest to it (at most a horizon earlier, and before
    the label is known): its `type`, else its `reason` looked up in `reasons`, else unknown. The money is what
    `transactions` really brought in within the outcome window: revenue from `amount` (returns subtracted), margin
    from `margin`. Where most is paid once a year, that says when a customer is billed rather than what staying is
    worth: `accrued` spreads the `price` of each contract over its days, as signed or as they really were, whichever
    are more, and counts those in the window; where one of them has no price or no end the money is not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    horizon_days: int = Field(180, ge=1, le=3650, description="length of the outcome window, in days")
    gap_days: int = Field(
        0, ge=0, le=3650, description="lead time between snapshot and outcome window that acting needs, in days"
    )
    min_tenure_days: int = Field(
        0, ge=0, le=36500, description="customers known for fewer days have the status too_new"
    )
    horizons_days: tuple[int, ...] = Field(
        (),
        description="horizons, up to `horizon_days`, for which the risk is given too, in days from the beginning of "
        "the outcome window; for kinds that date the defection (cancel, contract_end, rhythm)",
    )
    money: Literal["paid", "accrued"] = Field(
        "paid",
        description="paid: what `transactions` brought in within the window; accrued: what `contracts` earned in it, "
        "the price spread evenly over the days",
    )
    reasons: Mapping[str, DefectionType] = Field(
        default_factory=dict,
        description="recorded reason -> defection type (price, product, service, self, unknown); case does not matter",
    )

    dated: ClassVar[bool] = True  # whether a defection has a moment of its own within the window

    @model_validator(mode="after")
    def _horizons_fit(self) -> "OutcomeBase":
        given = self.horizons_days
        if given and not self.dated:
            raise ValueError("horizons_days needs an outcome that dates the defection: cancel, contract_end or rhythm")
        if any(not 1 <= days <= self.horizon_days for days in given) or list(given) != sorted(set(given)):
            raise ValueError(f"horizons_days {list(given)} must rise, from 1 up to horizon_days {self.horizon_days}")
        return self

    @model_validator(mode="after")
    def _reasons_agree(self) -> "OutcomeBase":
        """Reasons are compared without case and outer blanks, so two spellings must not mean two types."""
        types = defaultdict(set)
        for reason, kind in self.reasons.items():
            types[normal(reason)].add(kind)
        for reason, found in types.items():
            if len(found) > 1:
                raise ValueError(f"reason {reason!r} is given the types {' and '.join(sorted(found))}")
        return self

    @property
    def reasons_by_spelling(self) -> Mapping[str, DefectionType]:
        """The map with reasons as they are compared."""
        return {normal(reason): kind for reason, kind in self.reasons.items()}

    @property
    def known_after_days(self) -> int:
        """Days after the snapshot from which the label is known."""
        return self.gap_days + self.horizon_days


class Cancel(OutcomeBase):
    """The customer says so: a row in `defections`.

    At risk: known before t by a joining date or an event, and not gone. Gone is who has a row in `defections` known
    before t and neither bought nor signed after it. Label: the first row at or after t lies in the outcome window;
    who leaves during the gap, or had left before t without anyone knowing it, is left out.
    """

    kind: Literal["cancel"] = Field("cancel", description="the customer says so")


class ContractEnd(OutcomeBase):
    """No contract follows: cover ends and stays interrupted for longer than the grace.

    At risk: a contract known before t covers the day of t. It covers whole days, from that of `starts_at` to that of
    its end, both included. The end known at t is `ended_at` where that is known, else `ends_at` as signed, else
    (open-ended) the first known row in `defections`. Label: the first day without cover, after which no contract
    starts for more than `grace_days` days, lies in the outcome window; here cover has its real ends, and all
    contracts count. Who loses cover during the gap is left out. The label is known `grace_days` after the window. A
    customer inside a break that may yet be bridged has no cover and is not at risk.
    """

    kind: Literal["contract_end"] = Field("contract_end", description="no contract follows")
    grace_days: int = Field(
        30, ge=0, le=3650, description="longest break between two contracts that is still one relationship, in days"
    )
    ends_recorded: bool = Field(
        False,
        description="`ended_at` is filled for every contract that ended, so one without it still runs, "
        "also past its end as signed",
    )

    @property
    def known_after_days(self) -> int:
        """Until the grace has passed, a contract that bridges the break can still come."""
        return self.gap_days + self.horizon_days + self.grace_days


class Lapse(OutcomeBase):
    """The customer stops buying: no purchase in the outcome window.

    At risk: a purchase within the last `active_days` before t; who bought before that only is gone. Label: no
    purchase in [t + gap, t + gap + horizon), dated at its beginning; a purchase during the gap does not change it.
    """

    dated: ClassVar[bool] = False
    kind: Literal["lapse"] = Field("lapse", description="no purchase in the window")
    active_days: int = Field(
        365,
        ge=1,
        le=36500,
        description="a customer with a purchase within this many days before the snapshot is at risk",
    )


class Rhythm(OutcomeBase):
    """The customer is silent for longer than is usual for that customer.

    The limit of silence is the `quantile` of the days between the customer's own purchase days before t, rounded up
    to whole days, at least `floor_days`, at most `cap_days`. At risk: `min_purchases` purchase days before t (fewer:
    too_new) and not silent for longer than the limit (else gone). Label: silence passes the limit within the outcome
    window; who passes it during the gap is left out.
    """

    kind: Literal["rhythm"] = Field("rhythm", description="silent for longer than usual for the customer")
    quantile: float = Field(0.95, gt=0, le=1, description="quantile of the customer's own gaps between purchase days")
    min_purchases: int = Field(4, ge=2, le=1000, description="purchase days needed to know a customer's rhythm")
    floor_days: int = Field(30, ge=1, le=3650, description="smallest limit of silence, in days")
    cap_days: int = Field(365, ge=1, le=3650, description="largest limit of silence, in days")

    @model_validator(mode="after")
    def _floor_below_cap(self) -> "Rhythm":
        if self.floor_days > self.cap_days:
            raise ValueError(f"floor_days {self.floor_days} is above cap_days {self.cap_days}")
        return self


class Backslide(OutcomeBase):
    """Partial defection: spending falls while the customer stays.

    The baseline is the net spend in [t - baseline, t). At risk: known for at least `baseline_days`, with
    `min_purchases` purchases in the baseline that are worth `min_amount` or more; who bought, but not in the
    baseline, is gone, who bought too little for a baseline is too_new. Label: the net spend in the outcome window is
    below (1 - `drop_share`) x baseline, scaled to the horizon, dated at the beginning of the window. Stopping
    altogether counts too.
    """

    dated: ClassVar[bool] = False
    kind: Literal["backslide"] = Field("backslide", description="spending falls below the own baseline")
    drop_share: float = Field(0.5, gt=0, le=1, description="share of the own baseline by which spend must fall")
    baseline_days: int = Field(365, ge=1, le=3650, description="length of the baseline before the snapshot, in days")
    min_purchases: int = Field(2, ge=1, le=1000, description="purchases needed in the baseline")
    min_amount: float = Field(0.0, ge=0, description="net spend needed in the baseline, in money; 0: any above zero")


class GivenColumn(OutcomeBase):
    """The label is given: a column of `customers`, for flat data.

    At risk: everybody, but for those who joined at t or later or too recently, where there is a joining date. Label:
    the column equals `positive`; a missing value is left out. The type comes from `reason_column` through `reasons`.
    Revenue is `money_column`, a value for each `money_period_days`, over the horizon (defected or not: it is what
    staying is worth); without a period the column holds the horizon's total. Nothing is dated, so the label counts as
    known at t.
    """

    dated: ClassVar[bool] = False
    kind: Literal["column"] = Field("column", description="the label is given")
    column: str = Field(min_length=1, description="column of `customers` that holds the label")
    positive: str | int | float | bool = Field(True, description="its value for a defected customer")
    reason_column: str | None = Field(None, description="column of `customers` with the reason or type")
    money_column: str | None = Field(None, description="column of `customers` with the money of a period")
    money_period_days: float | None = Field(
        None, gt=0, le=3650, description="days that the money column is about; none: the whole horizon"
    )

    @property
    def known_after_days(self) -> int:
        """The label is there at the snapshot."""
        return 0

    @model_validator(mode="after")
    def _period_has_money(self) -> "GivenColumn":
        if self.money_period_days is not None and self.money_column is None:
            raise ValueError("money_period_days needs money_column")
        return self


Outcome = Annotated[
    Cancel | ContractEnd | Lapse | Rhythm | Backslide | GivenColumn,
    Field(discriminator="kind"),
]


def normal(reason: str) -> str:
    """A reason as it is compared: without outer blanks and case.

    >>> normal(" Price too HIGH ")
    'price too high'
    """
    return reason.strip().lower()
