"""Prices, payments and renewals over a customer's contracts."""

from dataclasses import replace
from functools import partial

from features.aggregates import COUNT, days_between, deviation, exact_sum, last, mean, share
from features.contract_rows import OVER, SOURCE, STARTED, case, has_end, number
from features.history import History
from features.spec import Feature, FeatureSettings, windowed

PAYMENT_DAYS = days_between("event_at", "paid_at")


def price_features(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    """Money of the contracts begun, and how often the price for each day rose."""
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


def payment_features(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    """Unpaid is what is not known to be paid at the snapshot."""
    if not history.has(SOURCE, "paid_at"):
        return ()
    unpaid = f"{STARTED} AND paid_at IS NULL"
    days = partial(case, unit="days", null="no payment known")
    worst = days("payment_max_days", f"max({PAYMENT_DAYS})", "most days from start to payment")
    return (
        number("unpaid", COUNT, "contracts begun and not paid", where=unpaid),
        number("unpaid_over", COUNT, "contracts over and never paid", where=f"{OVER} AND paid_at IS NULL"),
        case("unpaid_days", "max(age_days)", "days the oldest unpaid contract has run", "days", where=unpaid),
        days("payment_mean_days", mean(PAYMENT_DAYS), "mean days from start to payment (negative: before)"),
        worst,
        replace(worst, window_days=settings.longest_days),
        days("payment_deviation_days", deviation(PAYMENT_DAYS), "standard deviation of the days from start to payment"),
        days("payment_last_days", last(PAYMENT_DAYS), "days from start to payment of the last paid contract"),
        days("days_since_payment", days_between("max(paid_at)", "any_value(as_of)"), "days since the last payment"),
        case("paid_late_share", share("paid_at > event_at"), "share of paid contracts paid after the start", "share"),
    )


def renewal_features(history: History) -> tuple[Feature, ...]:
    """How contracts ended: renewed, renewing by themselves, before or after the end as signed."""
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
    ahead = days_between("ended_at", "ends_at")
    early = f"{OVER} AND ended_at < ends_at - INTERVAL 1 DAY"
    late = f"{OVER} AND ended_at > ends_at + INTERVAL 1 DAY"
    return [
        number("cut_short", COUNT, "contracts that ended before the signed end", where=early),
        number("extended", COUNT, "contracts that ran past the signed end", where=late),
        case(
            "ended_ahead_mean_days", mean(ahead), "mean days the real end lay before the signed one", "days", where=OVER
        ),
        case(
            "ended_ahead_max_days",
            f"max({ahead})",
            "most days the real end lay before the signed one",
            "days",
            where=OVER,
        ),
    ]
