"""Complaint frequency: how often, how recently, about what a customer complained."""

from features.history import History
from features.levels import level_counts
from features.spec import Block, Builder, Derived, Feature, FeatureSettings, Group, windowed

SOURCE = "complaints"


class Complaints(Builder):
    """Counts by window, time since the first and the last, accumulation with decay, counts by level."""

    name = "complaints"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has("complaints"):
            return None
        features = (*_counts(settings), *_times(), *_decayed(settings), *_by_level(history, settings))
        return Group(self.name, (Block(history.rows("complaints"), features),), _rates(settings))


def _counts(settings: FeatureSettings) -> tuple[Feature, ...]:
    count = Feature("count", "count(*)", "complaints opened", "complaints", SOURCE, empty="0")
    return (count, *windowed(settings, count))


def _times() -> tuple[Feature, ...]:
    days = "date_diff('second', {}(event_at), any_value(as_of)) / 86400.0"
    never = "no complaint so far"
    return (
        Feature("days_since_last", days.format("max"), "days since the last complaint", "days", SOURCE, null=never),
        Feature(
            "days_since_first",
            days.format("min"),
            "days since the first complaint",
            "days",
            SOURCE,
            null=never,
        ),
    )


def _decayed(settings: FeatureSettings) -> tuple[Feature, ...]:
    """Complaints accumulate and fade (Knox and van Oest 2014: earlier complaints matter, for a short time)."""
    age = "date_diff('second', event_at, as_of) / 86400.0"
    return tuple(
        Feature(
            f"load_half_life_{days}",
            f"sum(pow(0.5, ({age}) / {float(days)}))",
            f"complaints so far, each weighing half after {days} days",
            "complaints",
            SOURCE,
            empty="0",
        )
        for days in settings.half_lives_days
    )


def _by_level(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    longest = settings.longest_days
    return tuple(
        feature
        for column in ("cause", "grade", "channel", "topic")
        if history.has("complaints", column)
        for feature in level_counts(settings, "complaints", column, "complaints", longest)
    )


def _rates(settings: FeatureSettings) -> tuple[Derived, ...]:
    longest = settings.longest_days
    count = f"{{complaints__count_{longest}d}}"
    return (
        Derived(
            "per_purchase",
            f"{count} / nullif({{transactions__count_{longest}d}}, 0)",
            "complaints for each purchase",
            "complaints per purchase",
            "complaints, transactions",
            longest,
            null="no purchase in the window",
        ),
        Derived(
            "per_active_month",
            f"{count} / (least({longest}, greatest({{customers__tenure_days}}, 1)) / 30.4375)",
            "complaints for each month as a customer within the window",
            "complaints per month",
            "complaints, customers",
            longest,
            null="the start of the relationship is unknown",
        ),
    )
