"""Charts as inline SVG: layers (lines, dots with intervals, bars, reference lines) over two axes.

Colours and dashes come from the page's style by number (s0, s1, ...); a series differs by dash as well as by colour,
so the chart can be read in print and by people who do not tell colours apart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.pages.axes import Axis

WIDTH, HEIGHT = 440.0, 290.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 16.0, 12.0, 46.0
MOST_POINTS = 250
Numbers = Sequence[float]


@dataclass(frozen=True)
class Frame:
    """Where a pair of values lies on the drawing."""

    x: Axis
    y: Axis

    def across(self, value: float) -> float:
        """Horizontal place."""
        return LEFT + (value - self.x.low) / (self.x.high - self.x.low) * (WIDTH - LEFT - RIGHT)

    def up(self, value: float) -> float:
        """Vertical place."""
        return HEIGHT - BOTTOM - (value - self.y.low) / (self.y.high - self.y.low) * (HEIGHT - TOP - BOTTOM)


class Layer(Protocol):
    """Something drawn over the axes; one with a name stands in the legend."""

    @property
    def name(self) -> str:
        """What it shows; empty where the axes say so already."""

    @property
    def style(self) -> int:
        """Number of its colour and dash."""

    def draw(self, frame: Frame) -> str:
        """Its SVG elements."""


@dataclass(frozen=True)
class Line:
    """A line through points; where there are very many, some are left out."""

    x: Numbers
    y: Numbers
    style: int = 0
    name: str = ""

    def draw(self, frame: Frame) -> str:
        """See `Layer`."""
        points = [(frame.across(a), frame.up(b)) for a, b in thinned(self.x, self.y)]
        return f'<path class="line s{self.style}" d="{_path(points)}"/>'


@dataclass(frozen=True)
class Dots:
    """Points, with an interval each where `low` and `high` are given."""

    x: Numbers
    y: Numbers
    low: Numbers = ()
    high: Numbers = ()
    style: int = 0
    name: str = ""

    def draw(self, frame: Frame) -> str:
        """See `Layer`."""
        whiskers = [
            f'<path class="whisker s{self.style}" d="M{frame.across(x):.1f} {frame.up(a):.1f}V{frame.up(b):.1f}"/>'
            for x, a, b in zip(self.x, self.low, self.high, strict=False)
            if math.isfinite(a + b)
        ]
        dots = [
            f'<circle class="dot s{self.style}" cx="{frame.across(x):.1f}" cy="{frame.up(y):.1f}" r="3.5"/>'
            for x, y in zip(self.x, self.y, strict=True)
            if math.isfinite(x + y)
        ]
        return "".join([*whiskers, *dots])


@dataclass(frozen=True)
class Bars:
    """Upright bars from 0; `place` of `places` puts several series side by side."""

    x: Numbers
    y: Numbers
    style: int = 0
    place: int = 0
    places: int = 1
    name: str = ""

    def draw(self, frame: Frame) -> str:
        """See `Layer`."""
        width = 0.8 / self.places
        return "".join(
            self._bar(frame, x - 0.4 + self.place * width, width, y) for x, y in zip(self.x, self.y, strict=True)
        )

    def _bar(self, frame: Frame, left: float, width: float, value: float) -> str:
        if not math.isfinite(value):
            return ""
        start, end = frame.across(left), frame.across(left + width)
        top, bottom = sorted((frame.up(value), frame.up(0.0)))
        return (
            f'<rect class="bar s{self.style}" x="{start:.1f}" y="{top:.1f}" '
            f'width="{end - start:.1f}" height="{bottom - top:.1f}"/>'
        )


@dataclass(frozen=True)
class Rule:
    """A thin dotted line for reference, from one pair of values to another."""

    start: tuple[float, float]
    end: tuple[float, float]
    name: str = ""
    style: int = 5

    def draw(self, frame: Frame) -> str:
        """See `Layer`."""
        points = [(frame.across(x), frame.up(y)) for x, y in (self.start, self.end)]
        return f'<path class="rule s{self.style}" d="{_path(points)}"/>'


def drawing(layers: Sequence[Layer], x: Axis, y: Axis, *, title: str, says: str) -> str:
    """The SVG, with its title and a description for those who cannot see it."""
    from markupsafe import Markup

    frame = Frame(x, y)
    told = Markup("<title>{}</title><desc>{}</desc>").format(title, says)
    drawn = Markup("".join([_axes(frame), *(layer.draw(frame) for layer in layers)]))
    return Markup('<svg role="img" viewBox="0 0 {} {}">{}{}</svg>').format(f"{WIDTH:g}", f"{HEIGHT:g}", told, drawn)


def thinned(x: Numbers, y: Numbers, most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most about `most` of the points, the first and the last among them."""
    step = max(1, math.ceil(len(x) / most))
    kept = [*range(0, len(x), step), len(x) - 1]
    return [(x[i], y[i]) for i in dict.fromkeys(kept) if math.isfinite(x[i] + y[i])]


def _axes(frame: Frame) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for value, text in frame.y.ticks:
        at = frame.up(value)
        parts.append(f'<path class="grid" d="M{LEFT:g} {at:.1f}H{right:g}"/>')
        parts.append(_label(LEFT - 6, at + 4, text, "end"))
    for value, text in frame.x.ticks:
        parts.append(_label(frame.across(value), bottom + 17, text, "middle"))
    parts.append(f'<path class="axis" d="M{LEFT:g} {bottom:g}H{right:g}"/>')
    parts.append(_label((LEFT + right) / 2, HEIGHT - 8, frame.x.label, "middle"))
    middle = (TOP + bottom) / 2
    turned = f' transform="rotate(-90 12 {middle:g})"'
    return "".join([*parts, _label(12, middle, frame.y.label, "middle", turned)])


def _label(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    from markupsafe import escape

    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(text)}</text>'


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
