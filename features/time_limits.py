"""Time limits (service levels) by grade: which complaints kept theirs, and by how much the others are over."""

from functools import partial

from features.aggregates import COUNT, mean, share
from features.history import History
from features.spec import Feature, FeatureSettings
from features.working_time import elapsed_hours, limit_hours

SOURCE = "complaints"
case = partial(Feature, source=SOURCE)


def hours_over(history: History, settings: FeatureSettings) -> dict[str, str]:
    """SQL by column: hours past the limit (negative: before it), measured up to the snapshot while not done."""
    if not settings.limits:
        return {}
    grade = "grade" if history.has(SOURCE, "grade") else None
    ends = {"resolve": "CASE WHEN hf_open THEN as_of ELSE resolved_at END"}
    if history.has(SOURCE, "responded_at"):
        ends["answer"] = "coalesce(responded_at, CASE WHEN NOT hf_open THEN resolved_at END, as_of)"
    return {
        f"hf_{what}_over": f"{elapsed_hours(settings.limits, grade, 'event_at', end)} "
        f"- {limit_hours(settings.limits, grade, f'{what}_hours')}"
        for what, end in ends.items()
    }


def limit_features(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    """Share kept among what is decided: an open case is undecided until its limit is over, then it is breached."""
    if not settings.limits:
        return ()
    parts = [("resolve", "resolution", "hf_open")]
    if history.has(SOURCE, "responded_at"):
        parts.append(("answer", "first answer", "responded_at IS NULL AND hf_open"))
    return tuple(f for part, words, pending in parts for f in _kept(part, words, pending))


def _kept(part: str, words: str, pending: str) -> tuple[Feature, ...]:
    over = f"hf_{part}_over"
    kept = f"CASE WHEN {over} > 0 THEN FALSE WHEN NOT ({pending}) THEN {over} <= 0 END"
    late = partial(case, unit="hours", where=f"{over} > 0", null="no limit exceeded so far")
    return (
        case(
            f"{part}_within_share",
            share(kept),
            f"share of complaints whose {words} kept the limit of its grade",
            "share",
            null="none decided so far",
        ),
        Feature(
            f"{part}_breaches",
            COUNT,
            f"complaints whose {words} is past its limit",
            "complaints",
            SOURCE,
            where=f"{over} > 0",
            empty="0",
        ),
        late(f"{part}_over_hours_max", f"max({over})", f"most hours a {words} is past its limit"),
        late(f"{part}_over_hours_mean", mean(over), f"mean hours that late {words}s are past their limit"),
    )
