"""Frozen category levels: found once at training, kept in the model, so that every matrix has the same columns."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from features.history import History, quoted
from features.schema import TableShape
from features.spec import Feature, FeatureSettings

if TYPE_CHECKING:
    import duckdb

Levels = Mapping[tuple[str, str], tuple[str, ...]]


def freeze_levels(
    con: "duckdb.DuckDBPyConnection",
    shapes: Mapping[str, TableShape],
    columns: Iterable[tuple[str, str]],
    until: datetime,
    *,
    max_levels: int = 20,
    min_share: float = 0.001,
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The most frequent levels of each (table, column) among what was known strictly before `until`.

    `con` holds all customers' tables under their canonical names. Levels rarer than `min_share` of the column's values
    are left out (a column of identifiers gets none); equally frequent ones go by their text.
    """
    history = History(shapes)
    return {
        (table, column): _most_frequent(con, history.values_until(table, column, until), max_levels, min_share)
        for table, column in columns
    }


def _most_frequent(con: "duckdb.DuckDBPyConnection", values: str, max_levels: int, min_share: float) -> tuple[str, ...]:
    found = con.execute(
        f"SELECT value FROM ({values}) GROUP BY value "
        f"QUALIFY count(*) >= ? * sum(count(*)) OVER () ORDER BY count(*) DESC, value LIMIT ?",
        [min_share, max_levels],
    ).fetchall()
    return tuple(value for (value,) in found)


def level_counts(
    settings: FeatureSettings, table: str, column: str, unit: str, *, window_days: int | None, stem: str = ""
) -> tuple[Feature, ...]:
    """One count for each frozen level of a category column within the window, named `<stem>_<level>`."""
    levels = slugs(settings.levels.get((table, column), ()))
    return tuple(
        Feature(
            f"{stem or f'count_{slug(column)}'}_{part}",
            "count(*)",
            f"{unit} with {column} {level}",
            unit,
            table,
            window_days,
            where=f"{quoted(column)} = {literal(level)}",
            empty="0",
        )
        for level, part in levels.items()
    )


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Each name with its part of a column name, unique among them whatever their order.

    >>> slugs(["b c", "a", "B  C"])
    {'b c': 'b_c_2', 'a': 'a', 'B  C': 'b_c'}
    """
    wanted = list(names)
    found: dict[str, str] = {}
    for name in sorted(wanted):
        found[name] = next(part for part in numbered(slug(name)) if part not in found.values())
    return {name: found[name] for name in wanted}


def numbered(name: str) -> Iterator[str]:
    """The name, then name_2, name_3 and so on, to find one that is not taken.

    >>> names = numbered("late")
    >>> next(names), next(names)
    ('late', 'late_2')
    """
    yield name
    yield from (f"{name}_{n}" for n in count(2))


def slug(level: str) -> str:
    """A level as part of a column name; letters of any script stay.

    >>> slug("Not delivered / late"), slug("价格")
    ('not_delivered_late', '价格')
    """
    return re.sub(r"[\W_]+", "_", level.strip().lower()).strip("_") or "blank"


def literal(value: str) -> str:
    """An SQL string literal.

    >>> literal("don't")
    "'don''t'"
    """
    return "'" + value.replace("'", "''") + "'"
