"""Contacts: how often the firm tried to keep the customer, what it cost, what came of it."""

from functools import partial

from features.aggregates import COUNT, exact_sum, last, share, times
from features.history import History, quoted
from features.levels import level_counts
from features.own_columns import own_features, own_level_columns
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
        canonical = tuple((SOURCE, column) for column in LEVELS if history.has(SOURCE, column))
        return (*canonical, *own_level_columns(history, SOURCE))

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        own = own_features(history, settings, SOURCE, (settings.longest_days,))
        features = (*_counts(settings), *_costs(history, settings), *_by_level(history, settings), *own)
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


def _by_level(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    found: list[Feature] = []
    for column in LEVELS:
        if history.has(SOURCE, column):
            found += level_counts(settings, SOURCE, column, "contacts", window_days=settings.longest_days)
            latest = case(f"{column}_last", last(quoted(column)), f"last known {column}", "category", kind="category")
            found.append(latest)
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
