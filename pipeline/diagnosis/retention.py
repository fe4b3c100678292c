"""Retention rates (维系率) of the customers at the start of a period, new customers excluded.

crude (概约维系率)       customers still there / customers at the start
weighted (加权维系率)     base-period purchases of those still there / of all
customer (客户保留率)     (customers at the end - new customers) / customers at the start; who left and came back counts
net revenue retention  purchases of the cohort in the end period / in the base period
"""

from itertools import pairwise

from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.panel import by_segment
from pipeline.diagnosis.result import Note, Row, Section, spread
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.small import together
from pipeline.diagnosis.statistics import NOTHING, Estimate, Sums, Z, difference, ratio, ratio_change, wilson

# What purchases a customer made counts, what was given back on top does not: a weight is never below zero.
WEIGHT = "greatest(coalesce(money_before, 0), 0)"
SUMS = f"""count(*) AS customers, count(*) FILTER (WHERE gone) AS defected,
  sum({WEIGHT}) AS weight, sum({WEIGHT}) FILTER (WHERE NOT gone) AS kept,
  sum({WEIGHT} * {WEIGHT}) AS weight2, sum({WEIGHT} * {WEIGHT}) FILTER (WHERE NOT gone) AS kept2,
  sum(money_before) AS x, sum(money_after) AS y, sum(money_before * money_before) AS xx,
  sum(money_before * money_after) AS xy, sum(money_after * money_after) AS yy"""
COUNTS = ("customers", "defected", "returned", "weight", "kept", "weight2", "kept2", "x", "y", "xx", "xy", "yy")


def questions(scope: Scope) -> tuple[Question, ...]:
    """Sums by period and segment, returners apart: they need not have been customers at the start."""
    shown = f"p >= 0 AND p <= {scope.last}"
    away = by_segment(scope, "count(*) AS returned", f"back AND {shown}")
    fresh = f"SELECT p - 1 AS p, count(*) AS new FROM panel WHERE fresh AND p >= 1 AND p <= {scope.last + 1} GROUP BY p"
    return (
        Question("retention", by_segment(scope, SUMS, f"base AND {shown}"), ("segment", "level", "p")),
        Question("returned", away, ("segment", "level", "p")),
        Question("new", fresh, ("p",)),
    )


def section(scope: Scope, answers: Answers) -> Section:
    """By period with changes, and by segment over the last periods pooled."""
    new = {row["p"]: row["new"] for row in answers["new"]}
    rows = with_returned(answers)
    every = [row for row in rows if row["segment"] == "all"]
    periods = [_rates(scope, row, new.get(row["p"], 0)) for row in every]
    changes = [_change(scope, row, before) for before, row in pairwise(every)]
    segments = _by_segment(scope, rows)
    return Section(
        "retention",
        _effect(periods),
        {"by_period": periods, "changes": changes, "by_segment": segments},
        _notes(scope),
    )


def _notes(scope: Scope) -> tuple[Note, ...]:
    notes = [Note("no_money")] if not scope.pays else []
    if scope.flat:
        return (*notes, Note("flat"))
    base, window = scope.settings.base_periods, scope.outcome.kind in ("lapse", "backslide")
    notes.append(Note("base_period", {"periods": base, "kind": scope.settings.period}))
    return (*notes, Note("own_window", {"days": scope.outcome.horizon_days})) if window else tuple(notes)


def with_returned(answers: Answers) -> list[Row]:
    """The sums with those who came back."""
    back = {(row["segment"], row["level"], row["p"]): row["returned"] for row in answers["returned"]}
    return [{**row, "returned": back.get((row["segment"], row["level"], row["p"]), 0)} for row in answers["retention"]]


def _rates(scope: Scope, row: Row, new: int) -> Row:
    retained, returned = row["customers"] - row["defected"], row["returned"]
    return {
        "period": scope.name(row["p"]),
        "customers_start": row["customers"],
        "defected": row["defected"],
        "returned": returned,
        "new": new,
        "customers_end": retained + returned + new,
        **spread("crude", wilson(retained, row["customers"])),
        **spread("weighted", weighted(scope, row)),
        **spread("customer", customer_retention(row["customers"], retained, returned)),
        **spread("net_revenue", net_revenue(scope, row)),
    }


def customer_retention(start: int, retained: int, returned: int) -> Estimate:
    """(customers at the end - new) / customers at the start; at the end are the retained, the returned and the new.

    The variance is that of the retained (binomial) plus that of the returned (Poisson).
    """
    share = wilson(retained, start)
    if share.value is None or share.low is None or share.high is None:
        return share
    value, noise = share.value + returned / start, Z * Z * returned / start**2
    down = ((share.value - share.low) ** 2 + noise) ** 0.5
    up = ((share.high - share.value) ** 2 + noise) ** 0.5
    return Estimate(value, value - down, value + up)


def weighted(scope: Scope, row: Row) -> Estimate:
    """Weighted retention, within 0 and 1; nothing without money."""
    if not scope.pays:
        return NOTHING
    found = ratio(weight_sums(row))
    if found.low is None or found.high is None:
        return found
    return Estimate(found.value, max(0.0, found.low), min(1.0, found.high))


def weight_sums(row: Row) -> Sums:
    """x: base-period purchases, y: those of the retained."""
    kept2 = row["kept2"] or 0.0
    return Sums(row["customers"], row["weight"], row["kept"] or 0.0, row["weight2"], kept2, kept2)


def net_revenue(scope: Scope, row: Row) -> Estimate:
    """Net revenue retention; nothing where the end period is not over yet."""
    unfinished = row["p"] + scope.settings.base_periods > len(scope.periods)
    if scope.flat or not scope.pays or unfinished or row["x"] is None:
        return NOTHING
    return ratio(revenue_sums(row))


def revenue_sums(row: Row) -> Sums:
    """x: base-period purchases, y: those in the end period."""
    return Sums(row["customers"], *(row[name] or 0.0 for name in ("x", "y", "xx", "xy", "yy")))


def _change(scope: Scope, now: Row, before: Row) -> Row:
    """One period minus the one before it."""
    stayed = [row["customers"] - row["defected"] for row in (now, before)]
    change = {
        "period": scope.name(now["p"]),
        "before": scope.name(before["p"]),
        **spread("crude", difference(stayed[0], now["customers"], stayed[1], before["customers"])),
        **spread("weighted", NOTHING),
        **spread("net_revenue", NOTHING),
    }
    if scope.pays:
        change |= spread("weighted", ratio_change(weight_sums(now), weight_sums(before)))
    if net_revenue(scope, now).value is not None:
        change |= spread("net_revenue", ratio_change(revenue_sums(now), revenue_sums(before)))
    return change


def _by_segment(scope: Scope, rows: list[Row]) -> list[Row]:
    """The last periods pooled: each level against all the others of its segment."""
    recent = [row for row in rows if row["p"] in scope.recent and row["segment"] != "all"]
    pooled = together(recent, ("segment", "level"), COUNTS, "customers", scope.settings.min_cases)
    bands = sorted((row for row in pooled if row["segment"] == "tenure"), key=lambda row: row["level"])
    pooled = [row for name in scope.segments for row in pooled if row["segment"] == name] + bands
    found = []
    for row in pooled:
        others = [other for other in pooled if other["segment"] == row["segment"] and other is not row]
        found.append(_segment(scope, row, others, rows))
    return found


def _segment(scope: Scope, row: Row, others: list[Row], rows: list[Row]) -> Row:
    retained, start = row["customers"] - row["defected"], row["customers"]
    rest, of_rest = sum(o["customers"] - o["defected"] for o in others), sum(o["customers"] for o in others)
    finished = _finished(scope, row, rows)
    return {
        "segment": row["segment"],
        "level": row["level"],
        "customer_periods": start,
        "defected": row["defected"],
        **spread("crude", wilson(retained, start)),
        **spread("weighted", weighted(scope, row)),
        **spread("customer", customer_retention(start, retained, row["returned"])),
        **spread("net_revenue", finished),
        **spread("against_others", difference(retained, start, rest, of_rest)),
    }


def _finished(scope: Scope, row: Row, rows: list[Row]) -> Estimate:
    """Net revenue retention of a level over the latest of its periods whose end period is over."""
    if scope.flat or not scope.pays:
        return NOTHING
    until = len(scope.periods) - scope.settings.base_periods
    since = until - scope.settings.projection_periods
    own = [r for r in rows if r["segment"] == row["segment"] and r["level"] == row["level"] and since < r["p"] <= until]
    if not own:
        return NOTHING
    return ratio(revenue_sums({name: sum(r[name] or 0.0 for r in own) for name in COUNTS}))


def _effect(periods: list[Row]) -> Row:
    """What defection did in the last period: how far each rate is from 1, and what the leavers' purchases weigh."""
    if not periods:
        return {}
    last = periods[-1]
    crude, heavy = last["crude"], last["weighted"]
    weigh = (1 - heavy) / (1 - crude) if heavy is not None and crude is not None and crude < 1 else None
    return {
        "period": last["period"],
        "customers_lost": last["defected"],
        "crude": crude,
        "weighted": heavy,
        "customer": last["customer"],
        "net_revenue": next((p["net_revenue"] for p in reversed(periods) if p["net_revenue"] is not None), None),
        "leaver_weight": weigh,
    }
