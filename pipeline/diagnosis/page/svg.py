"""What the charts share: frame, text, ticks, scales, legends. 420 units wide, so that text is legible on a phone."""

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

WIDTH = 420
COLOURS = ("#0b5394", "#b45309", "#15803d", "#7e22ce", "#be123c", "#475569", "#0e7490", "#a16207")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "10 4", "4 2", "3 6")
LEGEND_STEP = 18
Format = Callable[[float], str]
Place = Callable[[float], float]


def frame(title: str, parts: Sequence[Markup], height: float) -> Markup:
    """The whole drawing, named for those who cannot see it."""
    whole = '<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}" class="chart">{}</svg>'
    return Markup(whole).format(WIDTH, height, title, Markup("").join(parts))


def text(x: float, y: float, words: str, anchor: str, kind: str = "") -> Markup:
    """A line of text."""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(x, y, anchor, kind, words)


def rule(x: tuple[float, float], y: tuple[float, float], kind: str) -> Markup:
    """A straight line from (x0, y0) to (x1, y1)."""
    drawn = '<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" class="{}"/>'
    return Markup(drawn).format(x[0], x[1], y[0], y[1], kind)


def diamond(x: float, y: float, colour: str) -> Markup:
    """A hollow mark for a reference."""
    points = f"{x - 5:.1f},{y} {x:.1f},{y - 5} {x + 5:.1f},{y} {x:.1f},{y + 5}"
    return Markup('<polygon points="{}" fill="#fff" stroke="{}" stroke-width="1.8"/>').format(points, colour)


def legend(names: Sequence[str], top: float, *, boxes: bool = False) -> tuple[list[Markup], float]:
    """Entries, two a row where they are short, and their height."""
    columns = 2 if all(_letters(name) <= 24 for name in names) else 1
    parts = []
    for n, name in enumerate(names):
        x, y = 8 + (n % columns) * WIDTH / 2, top + n // columns * LEGEND_STEP
        parts += [_key(n, x, y, boxes), text(x + 30, y + 8, name, "start")]
    return parts, math.ceil(len(names) / columns) * LEGEND_STEP + 4


def mark_legend(names: Sequence[str], top: float) -> tuple[list[Markup], float]:
    """Entries of reference marks, and their height."""
    parts: list[Markup] = []
    for n, name in enumerate(names):
        y = top + n * LEGEND_STEP
        parts += [diamond(14, y, COLOURS[1 + n]), text(28, y + 4, name, "start")]
    return parts, len(names) * LEGEND_STEP + (8 if names else 0)


def padded(low: float, high: float) -> tuple[float, float]:
    """A range with some room at its ends, never empty."""
    room = (high - low) * 0.06 or abs(high) * 0.05 or 0.05
    return low - room, high + room


def scale(low: float, high: float, *, log: bool) -> Place:
    """Where a value lies across the drawing."""
    reach = WIDTH - 40

    def straight(value: float) -> float:
        return 20 + reach * (value - low) / (high - low)

    def logarithmic(value: float) -> float:
        return 20 + reach * math.log(max(value, low) / low) / math.log(high / low)

    return logarithmic if log else straight


def ticks(low: float, high: float) -> list[float]:
    """About four round numbers within the range.

    >>> ticks(0.91, 0.99)
    [0.92, 0.94, 0.96, 0.98]
    """
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough * 0.999)
    every = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return [round(n * step, 10) for n in every]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within the range, and their doubles and halves where there is room."""
    every = [m * 10.0**e for e in range(-3, 5) for m in (1, 2, 5)]
    found = [tick for tick in every if low <= tick <= high]
    return found if len(found) <= 6 else [tick for tick in found if math.log10(tick) % 1 == 0]


def runs(places: Sequence[int]) -> list[list[int]]:
    """Neighbouring places in one run each.

    >>> runs([0, 1, 3])
    [[0, 1], [3]]
    """
    found: list[list[int]] = []
    for place in places:
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _key(n: int, x: float, y: float, boxes: bool) -> Markup:
    colour = COLOURS[n % len(COLOURS)]
    if boxes:
        return Markup('<rect x="{}" y="{}" width="14" height="12" fill="{}"/>').format(x, y - 2, colour)
    drawn = '<line x1="{}" x2="{}" y1="{y}" y2="{y}" stroke="{}" stroke-width="2.5" stroke-dasharray="{}"/>'
    return Markup(drawn).format(x, x + 24, colour, DASHES[n % len(DASHES)], y=y + 4)


def _letters(words: str) -> int:
    """Width in letters; a Chinese one counts twice."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)
