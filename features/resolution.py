"""Resolution speed: how fast complaints were answered and solved, as far as it was known at the snapshot."""

from functools import partial

from features.aggregates import COUNT, exact_sum, hours_between, last, mean, share, times
from features.company_speed import averages, over_company
from features.history import History
from features.spec import Block, Builder, Derived, Feature, FeatureSettings, Group, windowed
from features.time_limits import hours_over, limit_features

SOURCE = "complaints"
number = partial(Feature, source=SOURCE, unit="complaints", empty="0")
case = partial(Feature, source=SOURCE)


class Resolution(Builder):
    """Hours to answers and resolutions, what is open and for how long, limits kept, how the last complaint stands."""

    name = "resolution"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE, "resolved_at"):
            return None
        features = (*_speeds(history, settings), *_open(), *_outcomes(history, settings), _state(history, settings))
        rows = _rows(history, settings)
        return Group(
            self.name,
            (Block(rows, (*features, *limit_features(history, settings))),),
            (*_silence(), *over_company(history, settings)),
            averages(history, settings, rows),
        )


def _rows(history: History, settings: FeatureSettings) -> str:
    """Known complaints with the hours they took and the hours they are over their limit, as far as known."""
    reopened = "coalesce(reopened_at > resolved_at, FALSE)" if history.has(SOURCE, "reopened_at") else "FALSE"
    added = {
        "hf_open": f"resolved_at IS NULL OR {reopened}",
        "hf_reopened": reopened,
        "hf_resolve_hours": _known_hours("resolved_at"),
        **_answer(history),
    }
    columns = ", ".join(f"{sql} AS {name}" for name, sql in added.items())
    rows = f"SELECT *, {columns} FROM ({history.rows(SOURCE)})"
    over = ", ".join(f"{sql} AS {name}" for name, sql in hours_over(history, settings).items())
    return f"SELECT *, {over} FROM ({rows})" if over else rows


def _answer(history: History) -> dict[str, str]:
    return {"hf_answer_hours": _known_hours("responded_at")} if history.has(SOURCE, "responded_at") else {}


def _known_hours(end: str) -> str:
    """A resolution before the opening is a contradiction in the data, not a speed."""
    return f"CASE WHEN {end} >= event_at THEN {hours_between('event_at', end)} END"


def _speeds(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    parts = {"resolve": "to the resolution"}
    if history.has(SOURCE, "responded_at"):
        parts["answer"] = "to the first answer"
    return tuple(
        feature for part, meaning in parts.items() for feature in _speed(part, meaning, (None, settings.longest_days))
    )


def _speed(part: str, meaning: str, windows: tuple[int | None, ...]) -> tuple[Feature, ...]:
    value = f"hf_{part}_hours"
    hours = partial(case, unit="hours", null=f"none known {meaning} so far")
    statistics = {
        "median": ("median", f"median({value})"),
        "mean": ("mean", mean(value)),
        "p90": ("90th percentile of", f"quantile_cont({value}, 0.9)"),
        "max": ("longest", f"max({value})"),
    }
    found = [
        hours(f"{part}_hours_{name}", sql, f"{words} hours {meaning}, of complaints opened", window_days=days)
        for days in windows
        for name, (words, sql) in statistics.items()
    ]
    latest = hours(f"{part}_hours_last", last(value), f"hours {meaning} of the last complaint that has one")
    return (*found, latest)


def _open() -> tuple[Feature, ...]:
    """What is not resolved: Knox and van Oest's recovery state, and the delay that does the damage."""
    waiting = partial(case, unit="hours", where="hf_open", null="nothing is open")
    return (
        number("open_now", COUNT, "complaints open, or open again", where="hf_open"),
        waiting("open_hours_oldest", "max(age_days) [if] * 24", "hours the oldest open complaint has waited"),
        waiting("open_hours_newest", "min(age_days) [if] * 24", "hours since the last complaint that is still open"),
        waiting("open_hours_total", exact_sum("age_days * 24"), "hours all open complaints have waited", empty="0"),
        number("resolved", COUNT, "complaints resolved", where="NOT hf_open"),
        case("resolved_share", share("NOT hf_open"), "share of complaints resolved", "share"),
    )


def _outcomes(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    quick = f"hf_resolve_hours <= {float(settings.quick_hours)}"
    found = [
        case(
            "quick_share",
            share(f"CASE WHEN NOT hf_open THEN {quick} END"),
            f"share of the resolved complaints that took at most {settings.quick_hours:g} hours",
            "share",
        )
    ]
    if history.has(SOURCE, "reopened_at"):
        found.append(number("reopened", times("hf_reopened"), "complaints open again after a resolution"))
    if history.has(SOURCE, "responded_at"):
        found.append(_first_contact())
    if history.has(SOURCE, "satisfied"):
        found += _satisfaction()
    if history.has(SOURCE, "compensation"):
        found += _compensation(settings)
    return tuple(found)


def _first_contact() -> Feature:
    done = "CASE WHEN NOT hf_open THEN coalesce(resolved_at <= responded_at, TRUE) END"
    meaning = "share of the resolved complaints that the first answer settled"
    return case("first_contact_share", share(done), meaning, "share")


def _satisfaction() -> list[Feature]:
    null = "no rating so far"
    return [
        case(
            "satisfied_share",
            share("satisfied"),
            "share of rated complaints with a content customer",
            "share",
            null=null,
        ),
        case(
            "satisfied_last", last("CAST(satisfied AS INTEGER)"), "content with the last rated one", "yes/no", null=null
        ),
    ]


def _compensation(settings: FeatureSettings) -> tuple[Feature, ...]:
    total = case("compensation", exact_sum("compensation"), "compensation known to be given", "money", empty="0")
    return (total, *windowed(settings, total))


def _state(history: History, settings: FeatureSettings) -> Feature:
    """How the last complaint stands (the rows of the table repurchase by complaint state, TARP)."""
    answered = "responded_at IS NOT NULL" if history.has(SOURCE, "responded_at") else "FALSE"
    state = (
        "CASE WHEN hf_reopened THEN 'unresolved' "
        f"WHEN hf_resolve_hours <= {float(settings.quick_hours)} THEN 'resolved_quickly' "
        f"WHEN resolved_at IS NOT NULL THEN 'resolved' WHEN {answered} THEN 'answered' ELSE 'open' END"
    )
    return Feature(
        "last_state",
        last(state, "event_at, complaint_id"),
        "state of the last complaint: none, open, answered, unresolved (open again), resolved, resolved_quickly",
        "category",
        SOURCE,
        empty="'none'",
        kind="category",
    )


def _silence() -> tuple[Derived, ...]:
    """Voice unanswered, then exit: nothing was bought since a complaint that is still open."""
    since_open = "{resolution__open_hours_newest} / 24"
    silent = f"CAST(coalesce({since_open} <= coalesce({{transactions__days_since_last}}, 1e9), FALSE) AS INTEGER)"
    meaning = "1 where nothing was bought since the last complaint that is still open"
    return (Derived("silent_since_open", silent, meaning, "yes/no", "complaints, transactions", null="never"),)
