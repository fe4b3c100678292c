"""What happens to all customers alike: faults by region, price changes, seasons, load of the complaint desk."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.simulator.arrays import COMPANY, NO_PARTITION, Doubles, Reals, stream
from pipeline.simulator.months import FUTURE_MONTHS, Calendar
from pipeline.simulator.scenario import Scenario


@dataclass(frozen=True)
class Company:
    """The company month by month; arrays reach past the records because truth looks ahead."""

    scenario: Scenario
    calendar: Calendar
    fault_rate: Reals  # (months, regions), probability a customer and month
    price_rise: Reals  # (months, groups), share
    price_index: Reals  # (months, groups), 1 at the start
    season: Reals  # (months,), factor on spend
    busy: Reals  # (months,), factor on hours to answer and to resolve
    handler_speed: Reals  # (handlers,), factor on hours

    def with_load(self, busy: Doubles) -> "Company":
        """The same company with another load on its complaint desk."""
        return replace(self, busy=busy.astype(np.float32))


def found(scenario: Scenario, when: Calendar, seed: int) -> Company:
    """Draw the company's own history; it does not depend on how many customers are simulated."""
    rng = stream(seed, NO_PARTITION, COMPANY)
    span = when.months + FUTURE_MONTHS + 1
    rises = _price_rises(scenario, span, rng)
    wave = np.cos(2 * np.pi * (when.starts[:span].astype("datetime64[M]").astype(int) % 12 - 11) / 12)
    return Company(
        scenario=scenario,
        calendar=when,
        fault_rate=_fault_rates(scenario, span, rng),
        price_rise=rises,
        price_index=np.cumprod(1 + rises, axis=0).astype(np.float32),
        season=np.exp(scenario.spending.season * wave).astype(np.float32),
        busy=np.ones(span, dtype=np.float32),
        handler_speed=np.exp(scenario.desk.handler_log_sd * rng.standard_normal(scenario.desk.handlers)).astype(
            np.float32
        ),
    )


def _fault_rates(scenario: Scenario, span: int, rng: np.random.Generator) -> Reals:
    trouble, regions = scenario.trouble, scenario.population.regions
    level = np.exp(trouble.region_log_sd * rng.standard_normal(regions) - trouble.region_log_sd**2 / 2)
    outage = np.where(rng.random((span, regions)) < trouble.outage_rate, 4.0, 1.0)
    return np.minimum(trouble.fault_rate * level * outage, 0.6).astype(np.float32)


def _price_rises(scenario: Scenario, span: int, rng: np.random.Generator) -> Reals:
    """Reviews come round at equal distances, so that what a rise does can be learned from those that went before."""
    prices, groups = scenario.prices, scenario.population.price_groups
    turn = rng.integers(prices.every_months) + np.arange(groups) * prices.every_months // groups
    due = (np.arange(span)[:, None] + turn) % prices.every_months == 0
    return np.where(due, rng.uniform(prices.low, prices.high, (span, groups)), 0.0).astype(np.float32)
