"""Transactions: recency, frequency and money (RFM) of purchases, returns, breadth and rhythm."""

from functools import partial

from features.aggregates import COUNT, days_between, deviation, exact_sum, last, mean, ratio
from features.breadth import PURCHASE, SOURCE, category_features, product_block
from features.history import History
from features.own_columns import category_columns, own_features
from features.spec import Block, Builder, Derived, Feature, FeatureSettings, Group, before, windowed

GAP = days_between("previous_at", "event_at")
NEW_MOMENT = f"{PURCHASE} AND (previous_at IS NULL OR previous_at < event_at)"
PERIOD_DAYS = 30
number = partial(Feature, source=SOURCE, unit="transactions", empty="0")
amount = partial(Feature, source=SOURCE, unit="money")
days = partial(Feature, source=SOURCE, unit="days")


class Transactions(Builder):
    """Counts, sums, times and gaps of purchases and returns by window, and how broadly the customer buys."""

    name = "transactions"

    def level_columns(self, history: History) -> tuple[tuple[str, str], ...]:
        """See `Builder.level_columns`."""
        return category_columns(history, SOURCE, "category")

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        own = own_features(history, settings, SOURCE, (settings.longest_days,))
        features = (*_frequency(settings), *_money(settings), *_recency(), *_gaps(), *_returns(settings))
        blocks = [Block(_rows(history), (*features, *_optional(history, settings), *own))]
        blocks += [product_block(_rows(history), settings)] if history.has(SOURCE, "product") else []
        return Group(self.name, tuple(blocks), _shares(settings))


def _rows(history: History) -> str:
    """Known rows with `hf_return`; `previous_at` of a purchase is the purchase before it, whatever was returned."""
    kind = "coalesce(lower(kind) = 'return', FALSE) OR " if history.has(SOURCE, "kind") else ""
    is_return = f"{kind}coalesce(amount < 0, FALSE)"
    return f"SELECT *, {is_return} AS hf_return FROM ({history.rows(SOURCE, previous=is_return)})"


def _frequency(settings: FeatureSettings) -> tuple[Feature, ...]:
    count = number("count", COUNT, "purchases (lines, without returns)", where=PURCHASE)
    moments = number("moments", COUNT, "different moments of purchase", where=NEW_MOMENT)
    period = f"least(62, CAST(ceil(age_days / {PERIOD_DAYS}) AS INTEGER) - 1)"
    periods = number(
        "active_periods",
        f"bit_count(bit_or(1::BIGINT << {period}) [if])",
        f"periods of {PERIOD_DAYS} days with a purchase",
        unit="periods",
        window_days=settings.longest_days,
        where=PURCHASE,
    )
    return (count, *windowed(settings, count), *before(settings, count), moments, *windowed(settings, moments), periods)


def _money(settings: FeatureSettings) -> tuple[Feature, ...]:
    total = amount("amount", exact_sum("amount"), "money paid, returns deducted", empty="0")
    each = amount("amount_mean", mean("amount"), "money for each purchase", where=PURCHASE)
    return (
        total,
        *windowed(settings, total),
        *before(settings, total),
        each,
        *windowed(settings, each),
        amount("amount_max", "max(amount)", "largest purchase", where=PURCHASE),
        amount("amount_deviation", deviation("amount"), "standard deviation of purchases", where=PURCHASE),
        amount("amount_last", last("amount"), "last purchase", where=PURCHASE),
    )


def _recency() -> tuple[Feature, ...]:
    none = "no purchase so far"
    return (
        days("days_since_last", "min(age_days)", "days since the last purchase", where=PURCHASE, null=none),
        days("days_since_first", "max(age_days)", "days since the first purchase", where=PURCHASE, null=none),
    )


def _gaps() -> tuple[Feature, ...]:
    """Days between one purchase and the next; lines of one moment are one purchase."""
    gap = partial(days, where=f"{PURCHASE} AND previous_at < event_at", null="fewer than two purchases")
    return (
        gap("gap_median_days", f"median({GAP})", "usual (median) days between purchases"),
        gap("gap_mean_days", mean(GAP), "mean days between purchases"),
        gap("gap_max_days", f"max({GAP})", "longest days between purchases"),
        gap("gap_deviation_days", deviation(GAP), "standard deviation of the days between purchases"),
        gap("gap_last_days", last(GAP), "days between the last two purchases"),
    )


def _returns(settings: FeatureSettings) -> tuple[Feature, ...]:
    count = number("returns", COUNT, "returns", where="hf_return")
    value = amount("returned", exact_sum("-amount"), "money returned", where="hf_return", empty="0")
    return (
        count,
        *windowed(settings, count),
        value,
        *windowed(settings, value),
        days("days_since_return", "min(age_days)", "days since the last return", where="hf_return", null="no return"),
    )


def _optional(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    found: list[Feature] = []
    for column, unit in (("margin", "money"), ("quantity", "units")):
        if history.has(SOURCE, column):
            total = Feature(column, exact_sum(column), f"{column}, returns deducted", unit, SOURCE, empty="0")
            found += [total, *windowed(settings, total)]
    return (*found, *(category_features(settings) if history.has(SOURCE, "category") else ()))


def _shares(settings: FeatureSettings) -> tuple[Derived, ...]:
    longest = settings.longest_days
    part = f"{{{{transactions__{{}}_{longest}d}}}}"
    quotients = [
        ("returns", "count", "returns for each purchase"),
        ("margin", "amount", "margin for each unit of money"),
    ]
    return tuple(
        Derived(
            f"{top}_share",
            ratio(part.format(top), part.format(bottom)),
            meaning,
            "share",
            SOURCE,
            longest,
            null=f"{bottom} is 0 in the window",
        )
        for top, bottom, meaning in quotients
    )
