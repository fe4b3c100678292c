"""Contracts: cover and its end, and how contracts followed one another."""

from dataclasses import replace
from functools import partial

from features.aggregates import COUNT, at_most, days_between, ever, exact_sum, last, mean
from features.contract_money import payment_features, price_features, renewal_features
from features.contract_rows import FOREVER, OVER, SOURCE, STARTED, case, contract_rows, has_end, number
from features.current_contract import compared_columns, current_features
from features.history import History, quoted
from features.levels import level_counts, slugs
from features.own_columns import category_columns, own_columns
from features.spec import Block, Builder, Feature, FeatureSettings, Group, windowed


class Contracts(Builder):
    """Every contract known at the snapshot, those signed for later included, and the terms of the current one."""

    name = "contracts"

    def level_columns(self, history: History) -> tuple[tuple[str, str], ...]:
        """See `Builder.level_columns`."""
        return category_columns(history, SOURCE)

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        rows = contract_rows(history, compared_columns(history, settings))
        parts = (
            _counts(history, settings),
            _cover(history),
            _breaks(settings),
            price_features(history, settings),
            payment_features(history, settings),
            renewal_features(history),
            current_features(history, settings),
            _own(history, settings),
        )
        return Group(self.name, (Block(rows, tuple(feature for part in parts for feature in part)),))


def _counts(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    begun = number("count", COUNT, "contracts begun")
    found = [
        begun,
        *windowed(settings, begun),
        number("running", COUNT, "contracts running in parallel", where="hf_running"),
        number("over", COUNT, "contracts that are over", where=OVER),
        number("announced", COUNT, "contracts known to begin later", where="NOT hf_started"),
        case("tenure_days", "max(age_days)", "days since the first contract began", "days"),
        case("days_since_start", "min(age_days)", "days since the last contract began", "days"),
    ]
    if has_end(history):
        found += [
            case("length_mean_days", mean("hf_days"), "mean length as signed", "days", where=STARTED),
            case("length_min_days", "min(hf_days)", "shortest length as signed", "days", where=STARTED),
            case("length_max_days", "max(hf_days)", "longest length as signed", "days", where=STARTED),
        ]
    if history.has(SOURCE, "plan"):
        found += _plans(history)
    return tuple(found)


def _plans(history: History) -> list[Feature]:
    switched = f"{STARTED} AND plan <> hf_previous_plan"
    lower = f"{switched} AND hf_per_day < hf_previous_per_day"
    words = "days since the last switch to a cheaper plan"
    downgrades = [
        number("downgrades", COUNT, "contracts with another plan, cheaper a day than the one before", where=lower),
        case("days_since_downgrade", "min(age_days)", words, "days", where=lower, null="no switch to a cheaper plan"),
    ]
    return [
        *(downgrades if history.has(SOURCE, "price") else []),
        number("plan_switches", COUNT, "contracts with another plan than the one before", where=switched),
        case("days_since_plan_switch", "min(age_days)", "days since the last switch of plan", "days", where=switched),
    ]


def _cover(history: History) -> tuple[Feature, ...]:
    """Until when the customer is covered by what is signed; negative days: cover is over."""
    if not has_end(history):
        return ()
    until = days_between("any_value(as_of)", "max(hf_until)")
    limited = f"CASE WHEN max(hf_until) < {FOREVER} THEN {until} END"
    covered = f"CAST({exact_sum(_covered_days())} AS DOUBLE)"
    return (
        case("days_to_end", limited, "days to the latest known end of cover", "days", null="open-ended, or none"),
        case("covered_now", ever("hf_running"), "covered by a contract", "yes/no", empty="0"),
        case("next_known", ever("NOT hf_started"), "a contract that begins later is known", "yes/no", empty="0"),
        case(
            "covered_share",
            at_most(f"{covered} / nullif(max(age_days), 0)", 1),
            "share of the days since the first contract with cover",
            "share",
            where=STARTED,
        ),
    )


def _covered_days() -> str:
    """Days of cover that a contract adds to the ones before it, up to the snapshot."""
    begin = "greatest(event_at, coalesce(hf_covered, event_at))"
    return f"greatest(0, {days_between(begin, 'least(hf_until, as_of)')})"


def _breaks(settings: FeatureSettings) -> tuple[Feature, ...]:
    """A break is a pause in cover longer than the config allows."""
    long = f"{STARTED} AND hf_pause_days > {settings.break_days}"
    first = f"{STARTED} AND (hf_position = 1 OR hf_pause_days > {settings.break_days})"
    days = partial(case, unit="days", null="no earlier contract", where=f"{STARTED} AND hf_position > 1")
    return (
        number("breaks", COUNT, f"pauses in cover of more than {settings.break_days} days", where=long),
        number("pauses", COUNT, "pauses in cover of at least a day", where=f"{STARTED} AND hf_pause_days > 0"),
        days("pause_max_days", "max(hf_pause_days)", "longest pause in cover"),
        days("pause_mean_days", mean("hf_pause_days"), "mean pause in cover"),
        days("pause_last_days", last("hf_pause_days"), "pause in cover before the last contract"),
        case("unbroken_days", "min(age_days)", "days since cover began without a break", "days", where=first),
        case("days_since_return", "min(age_days)", "days since cover began again", "days", where=long, null="no break"),
        case(
            "unbroken_count",
            f"max(hf_position) FILTER (WHERE {STARTED}) - max(hf_position) FILTER (WHERE {first}) + 1",
            "contracts since cover began without a break",
            "contracts",
        ),
    )


def _own(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    """The user's own numbers summed and averaged, and own categories counted, over the contracts begun."""
    found: list[Feature] = []
    for column, name in slugs(own_columns(history, settings, SOURCE)).items():
        dtype, value = history.columns(SOURCE)[column], quoted(column)
        if dtype == "number":
            total = case(f"{name}_sum", exact_sum(value), f"sum of {column}", "as given", empty="0", where=STARTED)
            found += [total, case(f"{name}_mean", mean(value), f"mean {column}", "as given", where=STARTED)]
        if dtype == "text":
            levels = level_counts(settings, SOURCE, column, "contracts", window_days=None, stem=f"{name}_count")
            found += [replace(level, where=f"{STARTED} AND {level.where}") for level in levels]
    return tuple(found)
