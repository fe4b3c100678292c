"""Contacts: how often the firm tried to keep the customer, what it cost, what came of it."""

from functools import partial

from features.aggregates import COUNT, exact_sum, share, times
from features.history import History
from features.own_columns import canonical_categories, category_columns, own_features
from features.spec import Block, Builder, Feature, FeatureSettings, Group, windowed

SOURCE = "contacts"
LEVELS = ("channel", "action", "outcome")
UNREACHED = "unreached"  # the schema's word for an attempt that did not reach the customer
ACCEPTED = "accepted"
number = partial(Feature, source=SOURCE, unit="contacts", empty="0")
case = partial(Feature, source=SOURCE, null="no contact so far")


class Contacts(Builder):
    """Counts by window and level, time since the last one, cost, accepted and unanswered ones."""

    name = "contacts"

    def level_columns(self, history: History) -> tuple[tuple[str, str], ...]:
        """See `Builder.level_columns`."""
        return category_columns(history, SOURCE, *LEVELS)

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        own = own_features(history, settings, SOURCE, (settings.longest_days,))
        features = (
            *_counts(settings),
            *_costs(history, settings),
            *canonical_categories(history, settings, SOURCE, LEVELS),
            *own,
        )
        blocks = [Block(history.rows(SOURCE), features)]
        blocks += [Block(_answered(history), _outcomes(settings))] if history.has(SOURCE, "outcome") else []
        return Group(self.name, tuple(blocks))


def _counts(settings: FeatureSettings) -> tuple[Feature, ...]:
    count = number("count", COUNT, "contacts made")
    return (
        count,
        *windowed(settings, count),
        case("days_since_last", "min(age_days)", "days since the last contact", "days"),
        case("days_since_first", "max(age_days)", "days since the first contact", "days"),
    )


def _costs(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    found: list[Feature] = []
    if history.has(SOURCE, "cost"):
        cost = Feature("cost", exact_sum("cost"), "cost of contacts", "money", SOURCE, empty="0")
        found += [cost, *windowed(settings, cost)]
    if history.has(SOURCE, "arm"):
        treated = "CASE WHEN arm IS NOT NULL THEN arm <> 'control' END"
        found.append(case("treated_share", share(treated), "share of contacts not held out as control", "share"))
    return tuple(found)


def _answered(history: History) -> str:
    """Known contacts with the time of the last one that reached the customer (NULL: none did)."""
    reached = f"max(event_at) FILTER (WHERE outcome <> '{UNREACHED}') OVER (PARTITION BY rid) AS hf_reached_at"
    return f"SELECT *, {reached} FROM ({history.rows(SOURCE)})"


def _outcomes(settings: FeatureSettings) -> tuple[Feature, ...]:
    since = f"outcome = '{UNREACHED}' AND (hf_reached_at IS NULL OR event_at > hf_reached_at)"
    accepted = number("accepted", times(f"outcome = '{ACCEPTED}'"), "contacts accepted")
    null = "no outcome known so far"
    return (
        accepted,
        *windowed(settings, accepted),
        case("accepted_share", share(f"outcome = '{ACCEPTED}'"), "share of outcomes: accepted", "share", null=null),
        case("unreached_share", share(f"outcome = '{UNREACHED}'"), "share of outcomes: unreached", "share", null=null),
        number("unanswered_in_a_row", COUNT, "contacts unanswered since the last answered one", where=since),
        number("outcome_pending", COUNT, "contacts whose outcome is not known yet", where="outcome IS NULL"),
    )
