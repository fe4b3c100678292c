"""Timing, returners, backsliding and the window of silence, by hand."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.diagnosis.result import Diagnosis, Row
from tests.diagnosis_support import diagnosed, row

OUTCOME = {"kind": "cancel", "horizon_days": 30}
LATER = "2025-01-01"  # after the records end: nobody knows it
MONTHLY = {"period": "month", "periods": 12, "min_cases": 1}


def buys(who: str, day: str, amount: float = 10) -> Row:
    return {"customer_id": who, "occurred_at": day, "amount": amount}


def company(
    folder: Path, joined: dict[str, str], left: dict[str, str], purchases: list[Row], periods: int = 12
) -> Diagnosis:
    tables = {
        "customers": [{"customer_id": c, "joined_at": day, "side": f"s{int(c[1:]) % 2}"} for c, day in joined.items()],
        "transactions": purchases or [buys("c0", "2023-01-01")],
        "defections": [
            {"customer_id": c, "occurred_at": day, "type": "price"} for c, day in {**left, "c9": LATER}.items()
        ],
    }
    first = {"first": "2023-03-01"}
    return diagnosed(
        folder, tables, OUTCOME, data_until="2024-01-01", snapshots=first, diagnosis=MONTHLY | {"periods": periods}
    )


def test_survival_counts_those_watched_at_each_month_of_tenure(tmp_path: Path) -> None:
    """All joined on 2023-02-15. c0 and c1 leave in their third month (tenure 2.2), c2 in the fifth (4.6)."""
    joined = {f"c{n}": "2023-02-15" for n in range(10)}
    found = company(tmp_path, joined, {"c0": "2023-04-24", "c1": "2023-04-24", "c2": "2023-07-05"}, [])
    curve = {one["months"]: one for one in found.table("defection", "survival") if one["segment"] == "all"}
    assert (curve[2]["at_risk"], curve[2]["defected"]) == (10, 0)
    assert (curve[3]["at_risk"], curve[3]["defected"]) == (10, 2)
    assert curve[3]["survival"] == pytest.approx(0.8)
    assert (curve[5]["at_risk"], curve[5]["defected"]) == (8, 1)
    assert curve[10]["survival"] == pytest.approx(0.8 * 7 / 8)


def test_survival_lets_customers_in_at_the_age_they_are_first_seen_at(tmp_path: Path) -> None:
    """c0 to c4 joined five months before the first period: they say nothing about the months before that."""
    joined = {f"c{n}": "2022-10-01" if n < 5 else "2023-02-15" for n in range(10)}
    found = company(tmp_path, joined, {}, [])
    curve = {one["months"]: one for one in found.table("defection", "survival") if one["segment"] == "all"}
    assert [curve[month]["at_risk"] for month in (4, 8, 12)] == [5, 10, 5]


def test_a_month_that_was_watched_in_part_only_counts_for_nobody_who_stayed(tmp_path: Path) -> None:
    """The records end half a month into the eleventh month of everybody's tenure."""
    found = company(tmp_path, {f"c{n}": "2023-02-15" for n in range(10)}, {}, [])
    curve = {one["months"]: one for one in found.table("defection", "survival") if one["segment"] == "all"}
    assert curve[10]["at_risk"] == 10
    assert 11 not in curve


@pytest.mark.parametrize(("periods", "error"), [(2, 0.15), (6, 0.07)])
def test_a_constant_hazard_is_found_however_few_periods_are_watched(tmp_path: Path, periods: int, error: float) -> None:
    rng = np.random.default_rng(0)
    joined = {f"c{n}": f"{date(2020, 1, 1) + timedelta(days=int(rng.integers(300, 1300)))}" for n in range(10, 8010)}
    stays = {who: rng.exponential(1 / 0.05) * 30.4375 for who in joined}
    left = {who: f"{date.fromisoformat(day) + timedelta(days=1 + int(stays[who]))}" for who, day in joined.items()}
    left = {who: day for who, day in left.items() if day < "2024-01-01"}
    found = company(tmp_path, joined, left, [], periods=periods)
    rows = [one for one in found.table("defection", "survival") if one["segment"] == "all"]
    hazard = sum(one["defected"] for one in rows) / sum(one["at_risk"] for one in rows)
    assert hazard == pytest.approx(1 - np.exp(-0.05), rel=error)


def test_survival_is_drawn_for_each_segment(tmp_path: Path) -> None:
    joined = {f"c{n}": "2023-02-15" for n in range(10)}
    found = company(tmp_path, joined, {"c1": "2023-04-24"}, [])
    last = {one["level"]: one["survival"] for one in found.table("defection", "survival") if one["segment"] == "side"}
    assert last == {"s0": 1.0, "s1": pytest.approx(0.8)}


def test_who_comes_back_is_counted_among_those_watched_long_enough(tmp_path: Path) -> None:
    """c0 leaves in May and buys in June, c1 leaves in May and buys in August, c2 leaves in December."""
    joined = {f"c{n}": "2022-01-01" for n in range(6)}
    left = {"c0": "2023-05-10", "c1": "2023-05-10", "c2": "2023-12-10"}
    found = company(tmp_path, joined, left, [buys("c0", "2023-06-05"), buys("c1", "2023-08-05")])
    rows = found.table("defection", "returners")
    assert [(one["within_periods"], one["left"], one["back"]) for one in rows] == [(1, 3, 0), (2, 2, 1), (4, 2, 2)]


def test_sliding_back_is_not_leaving(tmp_path: Path) -> None:
    """c0 falls from 100 to 40, c1 from 100 to 60, c2 stays level."""
    joined = {f"c{n}": "2022-01-01" for n in range(3)}
    purchases = [buys(f"c{n}", "2023-11-05", 100) for n in range(3)]
    purchases += [buys("c0", "2023-12-05", 40), buys("c1", "2023-12-05", 60), buys("c2", "2023-12-05", 100)]
    found = company(tmp_path, joined, {}, purchases)
    line = row(found.table("defection", "backsliding"), period="2023-12")
    assert (line["stayed"], line["slid_back"], line["money_fallen"]) == (3, 1, 60)
    assert row(found.table("defection", "by_period"), period="2023-12")["defected"] == 0


def test_cohorts_follow_the_customers_of_a_joining_period(tmp_path: Path) -> None:
    joined = {f"c{n}": "2023-03-10" for n in range(4)} | {"c8": "2022-01-01"}
    found = company(tmp_path, joined, {"c0": "2023-03-20", "c1": "2023-05-03"}, [])
    march = {one["age"]: one for one in found.table("cohorts", "triangle") if one["cohort"] == "2023-03"}
    assert {one["members"] for one in march.values()} == {4}
    assert [march[age]["share"] for age in range(4)] == [0.75, 0.75, 0.5, 0.5]


def regular(who: str, every: int, until: int) -> list[Row]:
    return [buys(who, str(date(2023, 1, 1) + timedelta(days=day))) for day in range(0, until, every)]


@pytest.mark.parametrize(
    "outcome",
    [
        {"kind": "lapse", "horizon_days": 30, "active_days": 60},
        {"kind": "rhythm", "horizon_days": 30, "min_purchases": 3, "floor_days": 10, "quantile": 0.9},
    ],
    ids=["lapse", "rhythm"],
)
def test_the_window_of_the_config_gives_the_rates_of_the_config(tmp_path: Path, outcome: Row) -> None:
    """At a change of 0 % the table counts who has left exactly as the rates by period do."""
    who = [f"c{n}" for n in range(30)]
    purchases = [one for n, c in enumerate(who) for one in regular(c, 5 + n % 23, 365 if n % 3 else 120 + 7 * n)]
    tables = {"customers": [{"customer_id": c} for c in who], "transactions": purchases}
    settings = {"period": "month", "periods": 12}
    first = {"first": "2023-03-01"}
    found = diagnosed(tmp_path, tables, outcome, data_until="2024-01-01", snapshots=first, diagnosis=settings)
    usual = row(found.table("sensitivity", "windows"), change=0.0)
    watched = [one for one in found.table("defection", "by_period") if one["period"] <= "2023-10"]
    rates = [one["rate"] for one in watched]
    assert usual["customer_periods"] == sum(one["customers_start"] for one in watched)
    assert usual["rate"] * usual["customer_periods"] == pytest.approx(sum(one["defected"] for one in watched))
    assert (usual["rate_least"], usual["rate_most"]) == (min(rates), max(rates))
    assert 0 < usual["rate"] < 1


def test_who_buys_after_a_short_window_came_back(tmp_path: Path) -> None:
    """c1 buys every 40 days: a window of 30 days takes that for leaving, and every time it comes back."""
    purchases = regular("c1", 40, 300) + regular("c2", 20, 300)
    tables = {"customers": [{"customer_id": c} for c in ("c1", "c2")], "transactions": purchases}
    outcome = {"kind": "lapse", "horizon_days": 40, "active_days": 80}
    settings = {"period": "month", "periods": 12}
    found = diagnosed(tmp_path, tables, outcome, data_until="2023-10-01", diagnosis=settings)
    rows = {one["change"]: one for one in found.table("sensitivity", "windows")}
    assert rows[-0.25]["rate"] > 0
    assert rows[-0.25]["back"] == 1.0
    assert rows[0.25]["rate"] == 0
    assert rows[0.25]["judged_otherwise"] == 0
