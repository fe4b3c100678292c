"""Frozen category levels: found once at training, kept in the model, so that every matrix has the same columns."""

import re
from collections.abc import Mapping

from features.history import quoted
from features.spec import Feature, FeatureSettings

Levels = Mapping[tuple[str, str], tuple[str, ...]]


def level_counts(
    settings: FeatureSettings, table: str, column: str, unit: str, window_days: int
) -> tuple[Feature, ...]:
    """One count for each frozen level of a category column within the window."""
    return tuple(
        Feature(
            f"count_{column}_{slug(level)}",
            "count(*)",
            f"{unit} with {column} {level}",
            unit,
            table,
            window_days,
            where=f"{quoted(column)} = {literal(level)}",
            empty="0",
        )
        for level in settings.levels.get((table, column), ())
    )


def slug(level: str) -> str:
    """A level as part of a column name; letters of any script stay.

    >>> slug("Not delivered / late"), slug("价格")
    ('not_delivered_late', '价格')
    """
    return re.sub(r"\W+", "_", level.strip().lower()).strip("_") or "blank"


def literal(value: str) -> str:
    """An SQL string literal.

    >>> literal("don't")
    "'don''t'"
    """
    return "'" + value.replace("'", "''") + "'"
