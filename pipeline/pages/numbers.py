"""Figures as people write them. What is not known is a dash."""

import math
from collections.abc import Callable

UNKNOWN = "–"
HARD_SPACE = "\u00a0"  # a figure and its sign stay on one line
Shown = Callable[[float], str]


def count(value: float) -> str:
    """A whole number with separators.

    >>> count(12345.0)
    '12,345'
    """
    return UNKNOWN if math.isnan(value) else f"{value:,.0f}"


def share(value: float) -> str:
    """A share as per cent with one decimal.

    >>> share(0.1234).replace(HARD_SPACE, " ")
    '12.3 %'
    """
    return UNKNOWN if math.isnan(value) else f"{100 * value:.1f}{HARD_SPACE}%"


def figure(value: float) -> str:
    """Three decimals for small numbers, fewer for large ones.

    >>> figure(0.86512), figure(12.345), figure(1234.5)
    ('0.865', '12.3', '1,234')
    """
    if math.isnan(value):
        return UNKNOWN
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:.1f}" if size >= 10 else f"{value:.3f}"


def times(value: float) -> str:
    """A ratio.

    >>> times(5.289).replace(HARD_SPACE, " ")
    '5.29 x'
    """
    return UNKNOWN if math.isnan(value) else f"{value:.2f}{HARD_SPACE}x"


def money(value: float) -> str:
    """An amount in the currency of the data.

    >>> money(1234567.8), money(3.764)
    ('1,234,568', '3.76')
    """
    if math.isnan(value):
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"


def between(low: float | None, high: float | None, shown: Shown) -> str:
    """An interval; empty where there is none.

    >>> between(0.84, 0.89, figure)
    '0.840 to 0.890'
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"{shown(low)} to {shown(high)}"
