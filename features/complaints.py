"""Complaint frequency: how often, how recently, about what a customer complained."""

from functools import partial

from features.aggregates import COUNT, at_least, at_most, change, exact_sum, ratio, times
from features.history import History, quoted
from features.own_columns import canonical_categories, category_columns, own_features
from features.spec import Block, Builder, Derived, Feature, FeatureSettings, Group, before, windowed

SOURCE = "complaints"
LEVELS = ("cause", "grade", "channel", "topic")
MONTH_DAYS = 30.4375
number = partial(Feature, source=SOURCE, unit="complaints", empty="0")


class Complaints(Builder):
    """Counts by window, time since the first and the last, accumulation with decay, counts by level, repeats."""

    name = "complaints"

    def level_columns(self, history: History) -> tuple[tuple[str, str], ...]:
        """See `Builder.level_columns`."""
        return category_columns(history, SOURCE, *LEVELS)

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        features = (
            *_counts(settings),
            *_times(),
            *_decayed(settings),
            *canonical_categories(history, settings, SOURCE, LEVELS),
        )
        own = own_features(history, settings, SOURCE, (settings.longest_days,))
        blocks = [Block(history.rows(SOURCE), (*features, *own, *_escalations(history)))]
        blocks += [_repeats(history, settings, column) for column in ("cause", "topic") if history.has(SOURCE, column)]
        return Group(self.name, tuple(blocks), (*_rates(settings), *_accelerations(settings), *_context(settings)))


def _counts(settings: FeatureSettings) -> tuple[Feature, ...]:
    count = number("count", COUNT, "complaints opened")
    return (count, *windowed(settings, count), *before(settings, count))


def _times() -> tuple[Feature, ...]:
    days = partial(Feature, unit="days", source=SOURCE, null="no complaint so far")
    return (
        days("days_since_last", "min(age_days)", "days since the last complaint"),
        days("days_since_first", "max(age_days)", "days since the first complaint"),
    )


def _decayed(settings: FeatureSettings) -> tuple[Feature, ...]:
    """Complaints accumulate and fade (Knox and van Oest 2014: earlier complaints matter, for a short time)."""
    return tuple(
        number(
            f"load_half_life_{days}",
            exact_sum(f"pow(0.5, age_days / {float(days)})", digits=12),
            f"complaints so far, each weighing half after {days} days",
        )
        for days in settings.half_lives_days
    )


def _escalations(history: History) -> tuple[Feature, ...]:
    """An escalation shows as a flag or as its time; either is unknown before its own time."""
    columns = {"escalated": "escalated", "escalated_at": "escalated_at IS NOT NULL"}
    conditions = [sql for column, sql in columns.items() if history.has(SOURCE, column)]
    if not conditions:
        return ()
    condition = " OR ".join(f"coalesce({sql}, FALSE)" for sql in conditions)
    return (number("escalations", times(condition), "complaints known to have gone to an authority"),)


def _repeats(history: History, settings: FeatureSettings, column: str) -> Block:
    """Complaints about the same thing as one shortly before."""
    days, name = settings.repeat_days, quoted(column)
    at = f"lag(event_at) OVER (PARTITION BY rid, {name} ORDER BY event_at)"
    rows = f"SELECT *, {at} AS hf_same_at FROM ({history.rows(SOURCE)})"
    again = f"{name} IS NOT NULL AND hf_same_at >= event_at - INTERVAL {days} DAY"
    meaning = f"complaints with the same {column} as one within the {days} days before it"
    return Block(rows, (number(f"repeats_same_{column}", COUNT, meaning, where=again),))


def _rates(settings: FeatureSettings) -> tuple[Derived, ...]:
    longest = settings.longest_days
    count = f"{{complaints__count_{longest}d}}"
    months = f"({at_most(at_least('{customers__tenure_days}', 1), longest)}) / {MONTH_DAYS}"
    return (
        Derived(
            "per_purchase",
            ratio(count, f"{{transactions__count_{longest}d}}"),
            "complaints for each purchase",
            "complaints per purchase",
            "complaints, transactions",
            longest,
            null="no purchase in the window",
        ),
        Derived(
            "per_active_month",
            f"{count} / ({months})",
            "complaints for each month as a customer within the window",
            "complaints per month",
            "complaints, customers",
            longest,
            null="the start of the relationship is unknown",
        ),
    )


def _accelerations(settings: FeatureSettings) -> tuple[Derived, ...]:
    """The window against the one before it: complaining more, or less, than earlier."""
    return tuple(
        Derived(
            "acceleration",
            change(f"{{complaints__count_{days}d}}", f"{{complaints__count_before_{days}d}}"),
            "change of the number of complaints against the window before, from -1 (stopped) to 1 (new)",
            "change",
            SOURCE,
            days,
            null="no complaint in both windows",
        )
        for days in settings.windows_days
    )


def _context(settings: FeatureSettings) -> tuple[Derived, ...]:
    """Prior purchases and a long relationship soften a complaint (Knox and van Oest 2014); trees get the product."""
    load = f"{{complaints__load_half_life_{settings.half_lives_days[0]}}}"
    product = partial(Derived, unit="complaints x log", null="the other part is unknown")
    return (
        product(
            "load_x_purchases",
            f"{load} * ln(1 + {{transactions__count}})",
            "decayed complaints times the logarithm of purchases so far",
            source="complaints, transactions",
        ),
        product(
            "load_x_tenure",
            f"{load} * ln(1 + ({at_least('{customers__tenure_days}', 0)}))",
            "decayed complaints times the logarithm of the days as a customer",
            source="complaints, customers",
        ),
    )
