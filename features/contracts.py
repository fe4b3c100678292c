"""Contracts: cover and its end, how contracts followed one another, renewals and payments."""

from functools import partial

from features.aggregates import COUNT, at_most, days_between, ever, exact_sum, last, mean, share
from features.contract_rows import FOREVER, contract_rows, has_end
from features.current_contract import compared_columns, current_features
from features.history import History
from features.spec import Block, Builder, Feature, FeatureSettings, Group, windowed

SOURCE = "contracts"
STARTED = "hf_started"
OVER = "hf_started AND NOT hf_running"
PAYMENT_DAYS = days_between("event_at", "paid_at")
number = partial(Feature, source=SOURCE, unit="contracts", empty="0", where=STARTED)
case = partial(Feature, source=SOURCE)


class Contracts(Builder):
    """Every contract known at the snapshot, those signed for later included, and the terms of the current one."""

    name = "contracts"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        rows = contract_rows(history, compared_columns(history, settings))
        features = (*_counts(history, settings), *_cover(history), *_breaks(settings), *_prices(history, settings))
        more = (*_payments(history), *_renewals(history), *current_features(history, settings))
        return Group(self.name, (Block(rows, (*features, *more)),))


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
            case("length_max_days", "max(hf_days)", "longest length as signed", "days", where=STARTED),
        ]
    if history.has(SOURCE, "plan"):
        found += _plans()
    return tuple(found)


def _plans() -> list[Feature]:
    switched = f"{STARTED} AND plan <> hf_previous_plan"
    return [
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


def _prices(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    if not history.has(SOURCE, "price"):
        return ()
    total = case("price_sum", exact_sum("price"), "price of contracts begun", "money", empty="0", where=STARTED)
    dearer = f"{STARTED} AND hf_per_day > hf_previous_per_day"
    return (
        total,
        *windowed(settings, total),
        case("price_mean", mean("price"), "mean price", "money", where=STARTED),
        case("price_per_day_mean", mean("hf_per_day"), "mean price for each day", "money", where=STARTED),
        number("price_increases", COUNT, "contracts dearer a day than the one before", where=dearer),
        number("free", COUNT, "contracts at no price", where=f"{STARTED} AND price = 0"),
    )


def _payments(history: History) -> tuple[Feature, ...]:
    """Unpaid is what is not known to be paid at the snapshot."""
    if not history.has(SOURCE, "paid_at"):
        return ()
    unpaid = f"{STARTED} AND paid_at IS NULL"
    days = partial(case, unit="days", null="no payment known")
    return (
        number("unpaid", COUNT, "contracts begun and not paid", where=unpaid),
        number("unpaid_over", COUNT, "contracts over and never paid", where=f"{OVER} AND paid_at IS NULL"),
        case("unpaid_days", "max(age_days)", "days the oldest unpaid contract has run", "days", where=unpaid),
        days("payment_mean_days", mean(PAYMENT_DAYS), "mean days from start to payment (negative: before)"),
        days("payment_max_days", f"max({PAYMENT_DAYS})", "most days from start to payment"),
        days("payment_last_days", last(PAYMENT_DAYS), "days from start to payment of the last paid contract"),
        days("days_since_payment", days_between("max(paid_at)", "any_value(as_of)"), "days since the last payment"),
        case("paid_late_share", share("paid_at > event_at"), "share of paid contracts paid after the start", "share"),
    )


def _renewals(history: History) -> tuple[Feature, ...]:
    found: list[Feature] = []
    if history.has(SOURCE, "renewed_at"):
        lead = days_between("renewed_at", "ends_at") if has_end(history) else ""
        renewed = share("renewed_at IS NOT NULL")
        days = days_between("max(renewed_at)", "any_value(as_of)")
        found += [
            case(
                "renewed_share", renewed, "share of the contracts that are over that were renewed", "share", where=OVER
            ),
            case("days_since_renewal", days, "days since the last renewal", "days", null="no renewal known"),
        ]
        if lead:
            found += [
                case("renewal_lead_mean_days", mean(lead), "mean days from renewal to the end it renewed", "days"),
                case("renewal_lead_last_days", last(lead), "days from the last renewal to the end it renewed", "days"),
            ]
    if history.has(SOURCE, "auto_renew"):
        found.append(case("auto_renew_share", share("auto_renew"), "share renewing by itself", "share", where=STARTED))
    if history.has(SOURCE, "ended_at") and has_end(history):
        found += _against_signed()
    return tuple(found)


def _against_signed() -> list[Feature]:
    early = f"{OVER} AND ended_at < ends_at - INTERVAL 1 DAY"
    late = f"{OVER} AND ended_at > ends_at + INTERVAL 1 DAY"
    return [
        number("cut_short", COUNT, "contracts that ended before the signed end", where=early),
        number("extended", COUNT, "contracts that ran past the signed end", where=late),
    ]
