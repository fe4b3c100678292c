"""Shares, differences, ratios and survival with their intervals: small, pure, checked against hand-computed examples.

Rates count the customers at the start of a period and who of them left in it. Customer-periods of several periods are
pooled as if they were independent, although customers repeat: each period is a new trial given that the customer is
still there, so the terms (left - chance of leaving) of one customer are a martingale's and uncorrelated.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where nothing can be said."""

    value: float | None
    low: float | None
    high: float | None


NOTHING = Estimate(None, None, None)


def wilson(successes: float, trials: float) -> Estimate:
    """A share with Wilson's score interval (Wilson 1927), which keeps its coverage near 0, near 1 and in small counts.

    >>> estimate = wilson(8, 10)
    >>> estimate.value, round(estimate.low, 4), round(estimate.high, 4)
    (0.8, 0.4902, 0.9433)
    """
    return NOTHING if trials <= 0 else Estimate(*_wilson(successes, trials))


def _wilson(successes: float, trials: float) -> tuple[float, float, float]:
    share, z2 = successes / trials, Z * Z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = Z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    # at the ends the formula gives exactly 0 or 1, but for rounding
    low = 0.0 if successes <= 0 else max(0.0, middle - reach)
    return share, low, 1.0 if successes >= trials else min(1.0, middle + reach)


def difference(successes: float, trials: float, base_successes: float, base_trials: float) -> Estimate:
    """A share minus a base share, with Newcombe's hybrid score interval (Newcombe 1998, method 10).

    The example is Newcombe's: 56 of 70 against 48 of 80.

    >>> estimate = difference(56, 70, 48, 80)
    >>> round(estimate.value, 4), round(estimate.low, 4), round(estimate.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    if trials <= 0 or base_trials <= 0:
        return NOTHING
    one, one_low, one_high = _wilson(successes, trials)
    two, two_low, two_high = _wilson(base_successes, base_trials)
    down, up = math.hypot(one - one_low, two_high - two), math.hypot(one_high - one, two - two_low)
    return Estimate(one - two, one - two - down, one - two + up)


@dataclass(frozen=True)
class Sums:
    """Sums over units of a numerator y and a denominator x, enough for a ratio and its spread."""

    n: float
    x: float
    y: float
    xx: float
    xy: float
    yy: float


def ratio(sums: Sums) -> Estimate:
    """Sum of y over sum of x, with the interval of a ratio estimator (Cochran 1977, 6.4: linearised residuals).

    Weighted retention is y = money of those retained, x = money of all; net revenue retention is y = money after,
    x = money before. An interval needs two units or more.
    """
    if sums.n <= 0 or sums.x <= 0:
        return NOTHING
    value = sums.y / sums.x
    spread = _ratio_error(sums)
    if spread is None:
        return Estimate(value, None, None)
    return Estimate(value, value - Z * spread, value + Z * spread)


def ratio_change(now: Sums, before: Sums) -> Estimate:
    """The difference of two ratios; an interval as if they were independent."""
    one, two = ratio(now).value, ratio(before).value
    if one is None or two is None:
        return NOTHING
    errors = (_ratio_error(now), _ratio_error(before))
    if errors[0] is None or errors[1] is None:
        return Estimate(one - two, None, None)
    reach = Z * math.hypot(errors[0], errors[1])
    return Estimate(one - two, one - two - reach, one - two + reach)


def _ratio_error(sums: Sums) -> float | None:
    if sums.n < 2:
        return None
    value = sums.y / sums.x
    residuals = max(0.0, sums.yy - 2 * value * sums.xy + value * value * sums.xx)
    return math.sqrt(residuals * sums.n / (sums.n - 1)) / sums.x


def relative_risk(exposed: float, of_exposed: float, others: float, of_others: float) -> Estimate:
    """A share over another share, with Katz's log interval (Katz et al. 1978).

    >>> estimate = relative_risk(30, 100, 10, 100)
    >>> round(estimate.value, 2), round(estimate.low, 2), round(estimate.high, 2)
    (3.0, 1.55, 5.8)
    """
    if min(of_exposed, of_others) <= 0 or others <= 0:
        return NOTHING
    value = (exposed / of_exposed) / (others / of_others)
    if exposed <= 0:
        return Estimate(value, None, None)
    spread = math.sqrt(1 / exposed - 1 / of_exposed + 1 / others - 1 / of_others)
    return Estimate(value, value * math.exp(-Z * spread), value * math.exp(Z * spread))


@dataclass(frozen=True)
class Step:
    """Survival at the end of one step of time: who was at risk in it, who left in it."""

    time: float
    at_risk: int
    left: int
    survival: float
    low: float
    high: float


def kaplan_meier(times: Sequence[float], at_risk: Sequence[int], left: Sequence[int]) -> list[Step]:
    """Survival by the product limit (Kaplan and Meier 1958), Greenwood's variance on the log-log scale.

    `at_risk` may grow as well as shrink: customers first seen at an age join the risk set at that age (left
    truncation). Steps where nobody is at risk are left out. The log-log interval stays within 0 and 1.

    >>> [round(step.survival, 3) for step in kaplan_meier([1, 2, 3], [10, 8, 5], [1, 2, 0])]
    [0.9, 0.675, 0.675]
    """
    steps, survival, greenwood = [], 1.0, 0.0
    for time, n, gone in zip(times, at_risk, left, strict=True):
        if n <= 0:
            continue
        survival *= 1 - gone / n
        greenwood += gone / (n * (n - gone)) if n > gone else 0.0
        low, high = _log_log(survival, greenwood)
        steps.append(Step(time, n, gone, survival, low, high))
    return steps


def _log_log(survival: float, greenwood: float) -> tuple[float, float]:
    if survival <= 0 or survival >= 1 or greenwood <= 0:
        return survival, survival
    reach = Z * math.sqrt(greenwood) / abs(math.log(survival))
    return survival ** math.exp(reach), survival ** math.exp(-reach)
