"""Features made alike for many columns: the categories of a table, and whatever columns the user added to it."""

from collections.abc import Iterable

from features.aggregates import days_between, exact_sum, last, mean, times
from features.history import History, quoted
from features.levels import level_counts, slugs
from features.schema import SCHEMAS
from features.spec import Feature, FeatureSettings

EVENT_COLUMNS = frozenset({"customer_id", "occurred_at", "known_at"})


def own_columns(history: History, settings: FeatureSettings, table: str) -> tuple[str, ...]:
    """Names of the table's columns that no canonical schema knows, in alphabetical order."""
    known = {column.name for column in SCHEMAS[table].columns} if table in SCHEMAS else EVENT_COLUMNS
    return tuple(sorted(set(history.columns(table)) - known - settings.excluded))


def category_columns(history: History, table: str, *canonical: str) -> tuple[tuple[str, str], ...]:
    """The category columns of the table as (table, column): these canonical ones that it has, and the user's own."""
    types = history.columns(table)
    own = [column for column in own_columns(history, FeatureSettings(), table) if types[column] == "text"]
    return tuple((table, column) for column in [*(c for c in canonical if c in types), *own])


def own_features(
    history: History, settings: FeatureSettings, table: str, windows_days: Iterable[int], prefix: str = ""
) -> tuple[Feature, ...]:
    """Sums, means and last values of numbers, counts by level of categories, counts of flags, ages of dates."""
    columns, types = slugs(own_columns(history, settings, table)), history.columns(table)
    found: list[Feature] = []
    for column, name in columns.items():
        make = {"number": _numbers, "flag": _flags, "timestamp": _dates, "text": _categories}[types[column]]
        found += make(settings, table, column, prefix + name, tuple(windows_days))
    return tuple(found)


def canonical_categories(
    history: History, settings: FeatureSettings, table: str, columns: Iterable[str]
) -> tuple[Feature, ...]:
    """Counts by level in the longest window and the last value, of those of the columns that the table has."""
    found: list[Feature] = []
    for column in columns:
        if history.has(table, column):
            found += level_counts(settings, table, column, table, window_days=settings.longest_days)
            found.append(_last_category(table, column, f"{column}_last"))
    return tuple(found)


def _numbers(
    settings: FeatureSettings, table: str, column: str, name: str, windows: tuple[int, ...]
) -> tuple[Feature, ...]:
    value = quoted(column)
    sums = (_sum(table, column, name, days) for days in windows)
    means = (
        Feature(f"{name}_mean", mean(value), f"mean {column}", "as given", table, d) for d in (None, *windows[-1:])
    )
    latest = Feature(f"{name}_last", last(value), f"last {column}", "as given", table, null="no value so far")
    return (*sums, *means, latest)


def _sum(table: str, column: str, name: str, days: int) -> Feature:
    return Feature(f"{name}_sum", exact_sum(quoted(column)), f"sum of {column}", "as given", table, days, empty="0")


def _flags(
    settings: FeatureSettings, table: str, column: str, name: str, windows: tuple[int, ...]
) -> tuple[Feature, ...]:
    counted = times(quoted(column))
    return tuple(
        Feature(f"{name}_count", counted, f"events with {column}", "events", table, days, empty="0")
        for days in (None, *windows)
    )


def _dates(
    settings: FeatureSettings, table: str, column: str, name: str, windows: tuple[int, ...]
) -> tuple[Feature, ...]:
    age = days_between(f"max({quoted(column)})", "any_value(as_of)")
    meaning = f"days since the latest {column} (negative: ahead)"
    return (Feature(f"{name}_age_days", age, meaning, "days", table, null="no value so far"),)


def _categories(
    settings: FeatureSettings, table: str, column: str, name: str, windows: tuple[int, ...]
) -> tuple[Feature, ...]:
    counts = level_counts(settings, table, column, "events", window_days=max(windows), stem=f"{name}_count")
    return (_last_category(table, column, f"{name}_last"), *counts)


def _last_category(table: str, column: str, what: str) -> Feature:
    null = "no value so far"
    return Feature(what, last(quoted(column)), f"last known {column}", "category", table, null=null, kind="category")
