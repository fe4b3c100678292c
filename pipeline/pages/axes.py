"""Axes of a chart: their range, and ticks at round numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
ROOM = 46  # letters that fit side by side along a chart


@dataclass(frozen=True)
class Axis:
    """What is measured, from where to where, and where ticks stand with their text."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def number_axis(label: str, values: Sequence[float], *, percent: bool = False, zero: bool = True) -> Axis:
    """An axis that holds all values between round ticks; with `zero` it begins (or ends) at 0."""
    known = [float(value) for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min([*known, *([0.0] if zero else [])]), max([*known, *([0.0] if zero else [])])
    if high - low < 1e-9 * max(abs(high), abs(low), 1e-9):
        high = low + (abs(low) or 1.0)
    ticks = round_ticks(low, high)
    return Axis(label, ticks[0], ticks[-1], tuple(zip(ticks, tick_texts(ticks, percent=percent), strict=True)))


def share_axis(label: str) -> Axis:
    """From 0 to 100 %."""
    return Axis(label, 0.0, 1.0, tuple((n / 5, f"{n * 20} %") for n in range(6)))


def name_axis(label: str, names: Sequence[str]) -> Axis:
    """One place a name, at 0, 1, 2, ...; only as many are written as there is room for."""
    longest = max((len(name) for name in names), default=0)
    every = max(1, math.ceil(len(names) * (longest + 2) / ROOM))
    ticks = tuple((float(i), name) for i, name in enumerate(names) if i % every == 0)
    return Axis(label, -0.5, len(names) - 0.5, ticks)


def tick_texts(ticks: Sequence[float], *, percent: bool = False) -> list[str]:
    """The ticks with as few decimals as tell them apart.

    >>> tick_texts([0.0, 0.05, 0.1], percent=True), tick_texts([0, 2.5, 5]), tick_texts([0, 20000])
    (['0 %', '5 %', '10 %'], ['0.0', '2.5', '5.0'], ['0', '20,000'])
    """
    scaled = [100 * tick if percent else tick for tick in ticks]
    fits = (d for d in range(12) if all(abs(v - round(v, d)) <= 1e-9 * max(1.0, abs(v)) for v in scaled))
    decimals = next(fits, 12)
    return [f"{value:,.{decimals}f}{' %' if percent else ''}" for value in scaled]


def round_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """About `wanted` ticks at round numbers that hold both ends.

    >>> round_ticks(0, 0.17)
    [0.0, 0.05, 0.1, 0.15, 0.2]
    """
    rough = (high - low) / wanted
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * nice for nice in STEPS if size * nice >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]
