"""What a simulated company is made of: every number of the simulator, as frozen parameters.

The numbers are choices of the simulator, not measurements of a market, unless a source is named. Effects are
on the log of the monthly hazard of defection; rates are per customer and month; money is in the company's currency.
"""

from dataclasses import dataclass, field

TYPES: tuple[str, ...] = ("price", "product", "service", "self")
ACTIONS: tuple[str, ...] = ("call", "discount", "recovery", "upgrade")
CAUSES: tuple[str, ...] = ("attitude", "product", "scope", "misuse", "misunderstanding", "habit", "venting")


@dataclass(frozen=True)
class Population:
    """Who the customers are when they join."""

    enterprise_share: float = 0.12
    already_customers_share: float = 0.6  # the others join evenly over the simulated months
    prior_tenure_years: float = 4.0  # mean tenure of those already there at the start
    regions: int = 8
    price_groups: int = 3
    habitual_share: float = 0.02  # customers who complain out of habit
    income_price_correlation: float = 0.95  # how far the income band shows the price sensitivity


@dataclass(frozen=True)
class Terms:
    """Contracts: terms in months with the share of customers on each. Empty: purchases are free."""

    months: tuple[int, ...] = (1, 12, 24)
    shares: tuple[float, ...] = (0.3, 0.4, 0.3)
    locked: float = -1.6  # inside a fixed term leaving costs a fee
    last_month: float = 1.9  # the end of a fixed term is when leaving is free
    late_payment_rate: float = 0.06

    @property
    def exist(self) -> bool:
        """Whether this company signs contracts at all."""
        return bool(self.months)


@dataclass(frozen=True)
class Spending:
    """Money: log-normal between customers (the usual shape of spend), margin as a share of revenue."""

    monthly_median: float = 35.0
    enterprise_factor: float = 6.0
    log_sd: float = 0.55
    margin_share: float = 0.45
    purchases_per_month: float = 0.0  # 0: one charge a month
    basket_log_sd: float = 0.5
    return_rate: float = 0.0
    metered: bool = True  # a usage table exists
    slide_in_bill: float = 0.5  # a flat fee hides part of the fall in use
    season: float = 0.0  # amplitude of the year's wave


@dataclass(frozen=True)
class Trouble:
    """What goes wrong, and who says so."""

    fault_rate: float = 0.07
    region_log_sd: float = 0.35
    outage_rate: float = 0.04  # region-months with four times the faults
    large_share: float = 0.3
    # About half complain at the front line (DOMAIN 2: TARP's author on "4 % complain").
    report_rate: float = 0.5
    unprovoked_rate: float = 0.025  # complaints without a fault behind them
    habitual_rate: float = 0.35
    mood_on_complaints: float = 0.35  # low satisfaction raises unprovoked complaints
    mood_fall: float = 0.3  # loss of satisfaction through a fault or a slow answer


@dataclass(frozen=True)
class Desk:
    """The complaint desk. Limits follow the five grades of DOMAIN 2; hours of grades 2 to 5 are our reading."""

    grade_shares: tuple[float, ...] = (0.38, 0.32, 0.18, 0.08, 0.04)
    limit_hours: tuple[float, ...] = (2.0, 24.0, 48.0, 120.0, 168.0)
    speed: float = 0.8  # median hours to resolution as a share of the limit, at normal load
    log_sd: float = 1.25  # heavy tail of hours
    never_share: float = 0.07
    reopen_share: float = 0.08
    capacity: float = 1.02  # of the mean inflow; what exceeds it waits
    handlers: int = 12
    handler_log_sd: float = 0.35


@dataclass(frozen=True)
class Prices:
    """Price rises: each price group is reviewed every `every_months`, one group after the other, by `low` to `high`."""

    every_months: int = 6
    low: float = 0.02
    high: float = 0.06


@dataclass(frozen=True)
class Sliding:
    """Spending slides back before many exits: depth is the log of the fall in spend."""

    start_rate: float = 0.02
    step: float = 0.45
    stop_rate: float = 0.12
    recovery: float = 0.6


@dataclass(frozen=True)
class Hazard:
    """Log hazard of defection a month: base by type plus linear effects.

    Signs after Knox and van Oest 2014 (complaints sharpen for a short time, prior purchases soften for long).
    """

    base: tuple[float, float, float, float] = (-6.6, -5.9, -5.7, -5.7)
    prior_purchases: float = -0.28
    satisfaction: float = -0.3
    slide: float = 1.4
    price_rise: float = 3.0
    late_payment: float = 0.9
    fault: float = 2.8  # on `product`; half of it on `service`
    complaint: float = 1.8
    open_complaint: float = 0.6
    slow: float = 0.4
    moving: float = 0.8
    unseen_log_sd: float = 0.15


@dataclass(frozen=True)
class Memory:
    """Share of each load that is still there a month later."""

    fault: float = 0.8
    complaint: float = 0.65
    slow: float = 0.75
    price: float = 0.8
    late: float = 0.6
    mood: float = 0.8
    contact: float = 0.7


@dataclass(frozen=True)
class Policy:
    """The legacy contact policy and what its actions do to the log hazard, by action and type.

    `effects[a][k]` is the effect of `ACTIONS[a]` on `TYPES[k]` for a fully responsive customer.
    """

    rate: float = 0.03
    follows_complaints: bool = True  # goes to those who complained
    follows_risk: float = 0.0  # goes to those at risk: eagerness grows with this power of the hazard over its mean
    random_actions: float = 0.35  # share of contacts whose action is drawn by chance, the others follow a rule
    randomised_share: float = 0.4
    treated_share: float = 0.7  # of the randomised
    effects: tuple[tuple[float, float, float, float], ...] = (
        (-0.35, -0.25, -0.45, -0.15),
        (-1.00, -0.15, -0.10, -0.05),
        (-0.05, -0.50, -0.95, -0.05),
        (-0.20, -0.70, -0.10, -0.10),
    )
    costs: tuple[float, ...] = (6.0, 25.0, 15.0, 20.0)


@dataclass(frozen=True)
class Scenario:
    """One company."""

    name: str
    population: Population = field(default_factory=Population)
    terms: Terms = field(default_factory=Terms)
    spending: Spending = field(default_factory=Spending)
    trouble: Trouble = field(default_factory=Trouble)
    desk: Desk = field(default_factory=Desk)
    prices: Prices = field(default_factory=Prices)
    sliding: Sliding = field(default_factory=Sliding)
    hazard: Hazard = field(default_factory=Hazard)
    memory: Memory = field(default_factory=Memory)
    policy: Policy = field(default_factory=Policy)
    return_rate: float = 0.006  # a month, of those who left
    survey_rate: float = 0.06
