"""Charts as inline SVG: layers (lines, dots with intervals, bars, reference lines) over two axes.

Colours and dashes come from the page's style by number (s0, s1, ...); a series differs by dash as well as by colour,
so the chart can be read in print and by people who do not tell colours apart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pipeline.pages.axes import Axis

WIDTH, HEIGHT = 400.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 20.0, 30.0, 46.0
CLOSE = 1.5  # points nearer than that to the last one drawn cannot be told from it
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

    @property
    def mark(self) -> str:
        """Its sign in the legend: line or dot."""

    def draw(self, frame: Frame) -> str:
        """Its SVG elements."""


@dataclass(frozen=True)
class Line:
    """A line through points; those that cannot be told apart are left out."""

    mark: ClassVar[str] = "line"
    x: Numbers
    y: Numbers
    style: int = 0
    name: str = ""

    def draw(self, frame: Frame) -> str:
        """See `Layer`."""
        places = [(frame.across(a), frame.up(b)) for a, b in zip(self.x, self.y, strict=True) if math.isfinite(a + b)]
        points = thinned(places)
        return f'<path class="line s{self.style}" d="{_path(points)}"/>'


@dataclass(frozen=True)
class Dots:
    """Points, with an interval each where `low` and `high` are given."""

    mark: ClassVar[str] = "dot"
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

    mark: ClassVar[str] = "dot"
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

    mark: ClassVar[str] = "line"
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


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points on the drawing without those too close to the last one kept; both ends stay."""
    kept = list(points[:1])
    for x, y in points[1:-1]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= CLOSE:
            kept.append((x, y))
    return [*kept, *points[1:][-1:]]


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
    return "".join([*parts, _label(2, 12, frame.y.label, "start")])


def _label(x: float, y: float, text: str, anchor: str) -> str:
    from markupsafe import escape

    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
