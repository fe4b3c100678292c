"""Charts as inline SVG: lines with bands, dots with intervals, stacked bars. No script, no fonts, no files.

Colour is never the only mark: lines have dashes, bars have percentages and titles, and every chart a table behind it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from pipeline.diagnosis.page import svg
from pipeline.diagnosis.page.svg import COLOURS, DASHES, WIDTH, Format, Place

LEFT, HEIGHT = 52, 190  # of the field of a line chart
ROW = 38  # height of a line of a dot chart
BAR = 26
SHOWN_SHARE = 0.1  # a smaller one has no room for its percentage


@dataclass(frozen=True)
class Series:
    """One line: a value and an interval for each place on the axis; None leaves a gap."""

    name: str
    values: Sequence[float | None]
    lows: Sequence[float | None] = ()
    highs: Sequence[float | None] = ()


@dataclass(frozen=True)
class Dot:
    """One row of a dot chart: a value with its interval, and reference marks (name: value)."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    marks: dict[str, float] = field(default_factory=dict)


def lines(series: Sequence[Series], places: Sequence[str], show: Format, title: str) -> Markup:
    """Lines over ordered places, with bands for the intervals and a legend below."""
    found = [v for s in series for part in (s.values, s.lows, s.highs) for v in part if v is not None]
    if not found:
        return Markup("")
    low, high = svg.padded(min(found), max(found))
    across = (WIDTH - LEFT - 14) / max(len(places) - 1, 1)

    def x(n: float) -> float:
        return LEFT + n * across

    def y(value: float) -> float:
        return 10 + HEIGHT * (high - value) / (high - low)

    parts = _grid(low, high, y, show) + _places(places, x)
    for n, one in enumerate(series):
        parts += _band(one, n, x, y) + _line(one, n, x, y)
    keys, depth = svg.legend([one.name for one in series], HEIGHT + 44)
    return svg.frame(title, [*parts, *keys], HEIGHT + 44 + depth)


def dots(rows: Sequence[Dot], show: Format, title: str, *, one: float | None = None, log: bool = False) -> Markup:
    """One row each: the label above, the value with its interval, reference marks as hollow diamonds.

    `one` draws a line at the value that means no difference.
    """
    values = [v for r in rows for v in (r.value, r.low, r.high, *r.marks.values(), one) if v is not None]
    values = [v for v in values if v > 0 or not log]
    if not values:
        return Markup("")
    low, high = (min(values) / 1.1, max(values) * 1.1) if log else svg.padded(min(values), max(values))
    x, depth = svg.scale(low, high, log=log), 8 + ROW * len(rows)
    parts: list[Markup] = []
    for tick in svg.log_ticks(low, high) if log else svg.ticks(low, high):
        parts += [svg.rule((x(tick), x(tick)), (8, depth), "grid"), svg.text(x(tick), depth + 15, show(tick), "middle")]
    if one is not None:
        parts.append(svg.rule((x(one), x(one)), (8, depth), "one"))
    for n, row in enumerate(rows):
        parts += _dot(row, 8 + n * ROW, x, show)
    marks = list(dict.fromkeys(name for row in rows for name in row.marks))
    keys, below = svg.mark_legend(marks, depth + 34)
    return svg.frame(title, [*parts, *keys], depth + 22 + below)


def stacked(bars: Sequence[tuple[str, Sequence[float]]], names: Sequence[str], title: str) -> Markup:
    """One bar of shares for each place, all of the same length."""
    parts: list[Markup] = []
    for n, (label, shares) in enumerate(bars):
        parts.append(svg.text(64, 6 + n * BAR + 15, label, "end"))
        parts += _shares(shares, names, 6 + n * BAR)
    top = 6 + BAR * len(bars) + 14
    keys, depth = svg.legend(names, top, boxes=True)
    return svg.frame(title, [*parts, *keys], top + depth)


def shade(share: float | None) -> str:
    """Style of a heat-map cell for a share between 0 and 1; the text stays readable on it."""
    if share is None:
        return ""
    depth = min(1.0, max(0.0, share))
    red, green, blue = (round(255 + (end - 255) * depth) for end in (11, 83, 148))
    return f"background:rgb({red},{green},{blue});color:{'#fff' if depth > 0.55 else '#111'}"


def _shares(shares: Sequence[float], names: Sequence[str], y: float) -> list[Markup]:
    parts, at = [], 70.0
    for k, share in enumerate(shares):
        width = share * (WIDTH - 74)
        box = '<rect x="{:.1f}" y="{}" width="{:.1f}" height="20" fill="{}"><title>{}: {:.1%}</title></rect>'
        parts.append(Markup(box).format(at, y, width, COLOURS[k % len(COLOURS)], names[k], share))
        if share >= SHOWN_SHARE:
            parts.append(svg.text(at + width / 2, y + 15, f"{share:.0%}", "middle", "in"))
        at += width
    return parts


def _band(series: Series, n: int, x: Place, y: Place) -> list[Markup]:
    parts, ends = [], list(zip(series.lows, series.highs, strict=True))
    for run in svg.runs([k for k, (low, high) in enumerate(ends) if low is not None and high is not None]):
        upper = [f"{x(k):.1f},{y(ends[k][1] or 0):.1f}" for k in run]
        lower = [f"{x(k):.1f},{y(ends[k][0] or 0):.1f}" for k in reversed(run)]
        area = '<polygon points="{}" fill="{}" opacity="0.13"/>'
        parts.append(Markup(area).format(" ".join(upper + lower), COLOURS[n % len(COLOURS)]))
    return parts


def _line(series: Series, n: int, x: Place, y: Place) -> list[Markup]:
    colour = COLOURS[n % len(COLOURS)]
    points = {k: f"{x(k):.1f},{y(value):.1f}" for k, value in enumerate(series.values) if value is not None}
    drawn = '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>'
    parts = [
        Markup(drawn).format(" ".join(points[k] for k in run), colour, DASHES[n % len(DASHES)])
        for run in svg.runs(list(points))
    ]
    if len(points) <= 24:
        parts += [
            Markup('<circle cx="{}" cy="{}" r="2.6" fill="{}"/>').format(*p.split(","), colour) for p in points.values()
        ]
    return parts


def _dot(row: Dot, top: float, x: Place, show: Format) -> list[Markup]:
    y, parts = top + 27, [svg.text(4, top + 14, row.label, "start")]
    if row.low is not None and row.high is not None:
        parts.append(svg.rule((x(row.low), x(row.high)), (y, y), "bar"))
    if row.value is not None:
        parts.append(Markup('<circle cx="{:.1f}" cy="{}" r="4.5" fill="{}"/>').format(x(row.value), y, COLOURS[0]))
        parts.append(svg.text(WIDTH - 4, top + 14, show(row.value), "end"))
    return parts + [svg.diamond(x(value), y, COLOURS[1 + n]) for n, value in enumerate(row.marks.values())]


def _grid(low: float, high: float, y: Place, show: Format) -> list[Markup]:
    parts: list[Markup] = []
    for tick in svg.ticks(low, high):
        parts.append(svg.rule((LEFT, WIDTH - 8), (y(tick), y(tick)), "grid"))
        parts.append(svg.text(LEFT - 6, y(tick) + 4, show(tick), "end"))
    return parts


def _places(places: Sequence[str], x: Place) -> list[Markup]:
    """About five names; one at the right end grows to the left, or it would be cut."""
    every, last = max(1, math.ceil(len(places) / 5)), len(places) - 1
    return [
        svg.text(x(n) + (12 if n == last else 0), HEIGHT + 26, name, "end" if n == last > 0 else "middle")
        for n, name in enumerate(places)
        if n % every == 0
    ]
