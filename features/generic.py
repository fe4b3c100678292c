"""Any further event table (usage, deliveries, visits, ...): windowed counts, sums, means, last values, levels."""

from functools import partial

from features.aggregates import COUNT, change
from features.history import History
from features.levels import slugs
from features.own_columns import category_columns, own_features
from features.schema import SCHEMAS
from features.spec import Block, Builder, Derived, Feature, FeatureSettings, Group, before, windowed


class Generic(Builder):
    """The same features for each table that no other group knows, named after the table."""

    name = "generic"

    def level_columns(self, history: History) -> tuple[tuple[str, str], ...]:
        """See `Builder.level_columns`."""
        return tuple(pair for table in _tables(history) for pair in category_columns(history, table))

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        tables = _tables(history)
        blocks = tuple(_block(history, settings, table, name) for table, name in tables.items())
        changes = tuple(derived for table, name in tables.items() for derived in _changes(settings, table, name))
        return Group(self.name, blocks, changes) if blocks else None


def _tables(history: History) -> dict[str, str]:
    return slugs(sorted(set(history.tables) - set(SCHEMAS)))


def _block(history: History, settings: FeatureSettings, table: str, name: str) -> Block:
    days = partial(Feature, unit="days", source=table, null="no event so far")
    count = Feature(f"{name}_count", COUNT, f"events in {table}", "events", table, empty="0")
    times = (
        days(f"{name}_days_since_last", "min(age_days)", f"days since the last event in {table}"),
        days(f"{name}_days_since_first", "max(age_days)", f"days since the first event in {table}"),
    )
    own = own_features(history, settings, table, settings.windows_days, f"{name}_")
    counts = (count, *windowed(settings, count), *before(settings, count))
    return Block(history.rows(table), (*counts, *times, *own))


def _changes(settings: FeatureSettings, table: str, name: str) -> tuple[Derived, ...]:
    """More or less of it than in the window before: falling usage shows here."""
    return tuple(
        Derived(
            f"{name}_change",
            change(f"{{generic__{name}_count_{days}d}}", f"{{generic__{name}_count_before_{days}d}}"),
            f"change of the number of events in {table} against the window before, from -1 (stopped) to 1 (new)",
            "change",
            table,
            days,
            null="no event in both windows",
        )
        for days in settings.windows_days
    )
