"""Terms of the current contract: of those begun the one whose cover lasts longest."""

from functools import partial

from features.aggregates import change, days_between
from features.contract_rows import has_end
from features.history import History, quoted
from features.levels import slugs
from features.own_columns import own_columns
from features.spec import Feature, FeatureSettings

SOURCE = "contracts"
term = partial(Feature, source=SOURCE, where="hf_current", null="no contract begun, or not given")


def current_features(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    """Its age, end, price, payment, plan and own columns, and how they differ from the contract before it."""
    age = _current("age_days", "age_days", "days it has run", "days")
    parts = (_ends(history), _price(history), _states(history), _plan(history), _own(history, settings))
    return (age, *(feature for part in parts for feature in part))


def compared_columns(history: History, settings: FeatureSettings) -> dict[str, str]:
    """The user's own columns that are compared with the contract before, by the name of the earlier value."""
    columns = own_columns(history, settings, SOURCE)
    types = history.columns(SOURCE)
    return {f"hf_before_{n}": c for n, c in enumerate(columns) if types[c] != "timestamp"}


def _current(what: str, sql: str, meaning: str, unit: str) -> Feature:
    """Exactly one row is current, so max only picks it."""
    return term(f"current_{what}", f"max({sql})", f"current contract: {meaning}", unit)


def _ends(history: History) -> tuple[Feature, ...]:
    if not has_end(history):
        return ()
    elapsed = f"{days_between('event_at', 'as_of')} / hf_days"
    return (
        _current("days_to_end", days_between("as_of", "ends_at"), "days to its end as signed (negative: past)", "days"),
        _current("length_days", "hf_days", "length as signed", "days"),
        _current("share_elapsed", elapsed, "share of its length that has passed", "share"),
        _current("length_change_days", "hf_days - hf_previous_days", "length against the contract before", "days"),
    )


def _price(history: History) -> tuple[Feature, ...]:
    if not history.has(SOURCE, "price"):
        return ()
    return (
        _current("price", "price", "price", "money"),
        _current("price_per_day", "hf_per_day", "price for each day", "money"),
        _current("price_change", change("price", "hf_previous_price"), "change of price, from -1 to 1", "change"),
        _current(
            "price_per_day_change",
            change("hf_per_day", "hf_previous_per_day"),
            "change of the price for each day, from -1 to 1",
            "change",
        ),
    )


def _states(history: History) -> tuple[Feature, ...]:
    found = [_current("pause_before_days", "hf_pause_days", "days without cover before it", "days")]
    if history.has(SOURCE, "known_at"):
        ahead = days_between("known_at", "event_at")
        found += [_current("known_before_days", ahead, "days it was known before its start", "days")]
    if history.has(SOURCE, "paid_at"):
        paid = days_between("event_at", "paid_at")
        found += [
            _current("unpaid", "CAST(paid_at IS NULL AS INTEGER)", "not known to be paid", "yes/no"),
            _current("payment_days", paid, "days from start to payment (negative: before)", "days"),
        ]
    if history.has(SOURCE, "renewed_at"):
        found += [_current("renewed", "CAST(renewed_at IS NOT NULL AS INTEGER)", "its renewal is agreed", "yes/no")]
    if history.has(SOURCE, "auto_renew"):
        switched = "CAST(auto_renew <> hf_previous_auto_renew AS INTEGER)"
        found += [
            _current("auto_renew", "CAST(auto_renew AS INTEGER)", "renews by itself", "yes/no"),
            _current("auto_renew_changed", switched, "renewal by itself differs from the contract before", "yes/no"),
        ]
    return tuple(found)


def _plan(history: History) -> tuple[Feature, ...]:
    if not history.has(SOURCE, "plan"):
        return ()
    changed = _current(
        "plan_changed", "CAST(plan <> hf_previous_plan AS INTEGER)", "another plan than before", "yes/no"
    )
    return (term("current_plan", "max(plan)", "current contract: plan", "category", kind="category"), changed)


def _own(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    names = slugs(own_columns(history, settings, SOURCE))
    earlier = {column: name for name, column in compared_columns(history, settings).items()}
    types = history.columns(SOURCE)
    return tuple(f for column, name in names.items() for f in _column(column, name, types[column], earlier.get(column)))


def _column(column: str, name: str, dtype: str, earlier: str | None) -> tuple[Feature, ...]:
    """The value, and against the contract before: a number's difference, whether anything else is another one."""
    value = quoted(column)
    if dtype == "timestamp":
        return (_current(f"{name}_age_days", days_between(value, "as_of"), f"days since {column}", "days"),)
    if dtype == "number":
        difference = _current(
            f"{name}_change", f"{value} - {earlier}", f"{column} against the contract before", "as given"
        )
        return (_current(name, value, column, "as given"), difference)
    changed = _current(
        f"{name}_changed", f"CAST({value} <> {earlier} AS INTEGER)", f"{column} differs from before", "yes/no"
    )
    if dtype == "flag":
        return (_current(name, f"CAST({value} AS INTEGER)", column, "yes/no"), changed)
    return (
        term(f"current_{name}", f"max({value})", f"current contract: {column}", "category", kind="category"),
        changed,
    )
