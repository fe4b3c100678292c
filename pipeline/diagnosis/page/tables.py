"""Tables of the diagnosis as rows of text: intervals beside their value, empty columns left out."""

from dataclasses import dataclass
from typing import Any

from pipeline.diagnosis.page.words import Words
from pipeline.diagnosis.result import Row

MINUS, NOTHING, TO = "\u2212", "\u2013", "\u2026"
POINTS = frozenset({"against_others", "against_none", "against_late", "difference"})
MONEY = frozenset(
    {
        "lost_sales",
        "lost_profit",
        "handling",
        "retention_sunk",
        "replacement",
        "direct",
        "word_of_mouth",
        "money_fallen",
    }
)
COUNTS = frozenset({"silent", "cases", "at_risk", "months", "window_days", "hours_upto", "limit_hours"})
NUMBERS = frozenset({"value", "low", "high", "lift", "hours_median"})
LONG = 36  # letters from which a text needs a wide column
CHANGE_TABLE = "changes"


@dataclass(frozen=True)
class TextTable:
    """A table ready to print; `kinds` says what a column holds: figure, words or long (text)."""

    columns: list[str]
    kinds: list[str]
    rows: list[list[str]]


def text_table(name: str, rows: list[Row], words: Words) -> TextTable:
    """The table `name` in words."""
    columns = [column for column in _columns(rows) if any(_present(row, column) for row in rows)]
    return TextTable(
        [words.say("columns", column) for column in columns],
        [_kind([row.get(column) for row in rows]) for column in columns],
        [[cell(row, column, words, change=name == CHANGE_TABLE) for column in columns] for row in rows],
    )


def _kind(values: list[Any]) -> str:
    if not any(isinstance(value, str) for value in values):
        return "figure"
    return "long" if max(len(str(value)) for value in values) > LONG else "words"


def _columns(rows: list[Row]) -> list[str]:
    """Column names; the ends of an interval belong to its value, or make one column where there is no value."""
    found: dict[str, None] = {}
    for name in rows[0] if rows else ():
        stem = name.removesuffix("_low").removesuffix("_high")
        found[stem if f"{stem}_low" in rows[0] else name] = None
    return list(found)


def _present(row: Row, column: str) -> bool:
    return row.get(column) is not None or row.get(f"{column}_low") is not None


def cell(row: Row, column: str, words: Words, *, change: bool = False) -> str:
    """One value with its interval."""
    value, ends = row.get(column), (row.get(f"{column}_low"), row.get(f"{column}_high"))
    points = change or column in POINTS
    if value is None and ends[0] is None:
        return NOTHING
    between = f" {TO} ".join(shown(column, end, words, points) for end in ends)
    if value is None:
        return between
    text = shown(column, value, words, points)
    return text if None in ends else f"{text} ({between})"


def shown(column: str, value: Any, words: Words, points: bool = False) -> str:
    """A value in the form its column asks for."""
    if value is None:
        return NOTHING
    if isinstance(value, bool | str):
        return _level(column, value, words)
    if points or column == "change":
        return signed(value)
    if isinstance(value, int) or column in MONEY | COUNTS:
        return f"{value:,.0f}"
    return number(value) if column in NUMBERS else percent(value)


def _level(column: str, value: bool | str, words: Words) -> str:
    if column == "parts":
        return ", ".join(words.say("columns", part) for part in str(value).split(", "))
    return words.label(f"{value}_problem" if column == "severity" else value)


def number(value: float) -> str:
    """A number with as many digits as say something.

    >>> number(0.016834), number(12345.6)
    ('0.01683', '12,346')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(value: float) -> str:
    """A share with one digit.

    >>> percent(0.9634)
    '96.3%'
    """
    return f"{100 * value:.1f}%".replace("-", MINUS)


def signed(value: float) -> str:
    """A difference in percentage points with its sign.

    >>> signed(0.0123)
    '+1.2'
    """
    return f"{'+' if value > 0 else ''}{100 * value:.1f}".replace("-", MINUS)
