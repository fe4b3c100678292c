"""Who does what when, and what the summary says about it."""

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from pipeline.plan import make_plan
from pipeline.planning.diary import Diary
from pipeline.planning.known import KnownTables
from pipeline.planning.settings import PlanSettings
from tests.plan_case import odds, scores, settings


def action(name: str, minutes: float, chance: float, **more: Any) -> dict[str, Any]:
    success = {"any": odds(chance, 10 - chance)}
    return {"name": name, "channel": "phone", "cost": 0, "minutes": minutes, "success": success, **more}


def one_day(*actions: dict[str, Any], agents: list[dict[str, Any]] | None = None, **more: Any) -> PlanSettings:
    ann = {"name": "Ann", "channels": ["phone"], "hours_per_day": 1}
    plan = {"period_days": 1, "holdout_share": 0, "obligations": None, "budget": None}
    return settings(**{**plan, "agents": agents or [ann], "actions": list(actions), **more})


def alike(customers: int, **columns: Any) -> pd.DataFrame:
    return scores(customers, risk=0.5, loss_if_defect=[200.0 - n for n in range(customers)], **columns)


def test_a_scarce_skill_is_not_spent_on_what_others_can_do() -> None:
    agents = [
        {"name": "Ann", "channels": ["phone"], "skills": ["offer"], "hours_per_day": 1},
        {"name": "Bo", "channels": ["phone"], "hours_per_day": 1},
    ]
    call = action("call", 20, 2, risk_bands=["low"])
    offer = action("offer", 20, 1, skill="offer", risk_bands=["high"])
    table = alike(6, risk_band=["low"] * 3 + ["high"] * 3)
    rows = make_plan(table, KnownTables(), one_day(call, offer, agents=agents)).rows
    assert rows.groupby("action")["agent"].unique().map(list).to_dict() == {"call": ["Bo"], "offer": ["Ann"]}
    assert len(rows) == 6


def test_what_needs_a_skill_waits_for_the_one_who_has_it() -> None:
    agents = [
        {"name": "Ann", "channels": ["phone"], "skills": ["offer"], "hours_per_day": 1},
        {"name": "Bo", "channels": ["phone"], "hours_per_day": 8},
    ]
    made = make_plan(
        alike(3), KnownTables(), one_day(action("offer", 40, 2, skill="offer"), agents=agents, period_days=2)
    )
    assert made.rows["agent"].tolist() == ["Ann", "Ann"]
    assert made.rows["date"].nunique() == 2
    assert made.summary.not_contacted == {"no_slot_left": 1}


def test_a_channel_takes_no_more_contacts_a_day_than_it_can() -> None:
    ann = {"name": "Ann", "channels": ["phone"], "hours_per_day": 8}
    two = {"phone": {"capacity_per_day": 2}}
    plan = one_day(action("call", 10, 2), agents=[ann], channels=two, period_days=3)
    assert make_plan(alike(6), KnownTables(), plan).rows.groupby("date").size().tolist() == [2, 2, 2]


def test_actions_that_take_nobodys_time_share_the_days_of_their_channel() -> None:
    channels = {"phone": {"capacity_per_day": 9}, "email": {"capacity_per_day": 2, "owner": "desk"}}
    mails = [action(name, 0, 2, channel="email", risk_bands=[name]) for name in ("low", "high")]
    plan = one_day(*mails, channels=channels, period_days=3)
    rows = make_plan(alike(6, risk_band=["low", "high"] * 3), KnownTables(), plan).rows
    assert rows.groupby("date").size().tolist() == [2, 2, 2]
    assert set(rows["agent"]) == {"desk"}


def test_nothing_is_booked_before_the_snapshot_on_its_own_day() -> None:
    table = alike(1).assign(as_of=pd.Timestamp("2026-03-02 13:30"))
    rows = make_plan(table, KnownTables(), one_day(action("call", 20, 2))).rows
    assert rows["slot"].tolist() == ["13:30-13:50"]


def by_mail(as_of: str, **more: Any) -> pd.DataFrame:
    """The plan of six e-mails, which take nobody's time, in a channel of four a day."""
    mail = {"name": "mail", "channel": "email", "cost": 0, "success": {"any": odds(2, 8)}}
    channels = {"phone": {"capacity_per_day": 9}, "email": {"capacity_per_day": 4, "owner": "desk"}}
    plan = one_day(mail, channels=channels, **{"period_days": 3, **more})
    return make_plan(alike(6).assign(as_of=pd.Timestamp(as_of)), KnownTables(), plan).rows


def test_a_snapshot_after_closing_leaves_nothing_of_its_day() -> None:
    rows = by_mail("2026-03-02 18:00")
    assert rows["date"].astype(str).value_counts().to_dict() == {"2026-03-03": 4, "2026-03-04": 2}
    assert set(rows["slot"]) == {"09:00"}


def test_a_start_before_the_snapshot_begins_with_the_snapshots_day() -> None:
    rows = by_mail("2026-03-04 00:00", start="2026-03-02")
    assert rows["date"].astype(str).value_counts().to_dict() == {"2026-03-04": 4, "2026-03-05": 2}


def test_work_does_not_grow_with_customers_times_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each customer's step takes a day that was made out once, not the whole calendar again."""
    asked: list[int] = []
    opening = Diary.opening
    monkeypatch.setattr(Diary, "opening", lambda diary, day: asked.append(day) or opening(diary, day))  # type: ignore[func-returns-value]
    pair = {"name": "twice", "first": "mail", "then": "mail", "pause_days": 1, "success": {"any": odds(5, 5)}}
    channels = {"phone": {"capacity_per_day": 9}, "email": {"capacity_per_day": 40, "owner": "desk"}}
    mail = {"name": "mail", "channel": "email", "cost": 0, "success": {"any": odds(2, 8)}}
    plan = one_day(mail, channels=channels, sequences=[pair], period_days=4)
    rows = make_plan(alike(60), KnownTables(), plan).rows
    assert len(rows) > 100
    assert len(asked) <= 4


def test_what_was_chosen_and_fits_into_no_day_is_counted_apart() -> None:
    summary = make_plan(alike(4), KnownTables(), one_day(action("call", 40, 2), period_days=2)).summary
    assert summary.contacts == 2
    assert summary.not_contacted == {"limits_used_up": 1, "no_slot_left": 1}


def test_the_summary_says_what_more_or_less_time_is_worth() -> None:
    roomy = {"phone": {"capacity_per_day": 100}}
    summary = make_plan(alike(30), KnownTables(), one_day(action("call", 6, 1), channels=roomy)).summary
    hours = summary.capacity_used["hours for call"]
    assert (hours.limit, hours.used, hours.share) == pytest.approx((1.0, 1.0, 1.0))
    assert hours.plus_10_percent > 0 > hours.minus_10_percent
    assert hours.plus_10_percent == pytest.approx(hours.shadow_price * 0.1, rel=0.05)
    assert summary.shadow_prices["channel phone"] >= 0


def test_a_limit_with_room_to_spare_changes_nothing() -> None:
    summary = make_plan(alike(3), KnownTables(), one_day(action("call", 6, 1))).summary
    hours = summary.capacity_used["hours for call"]
    assert (hours.shadow_price, hours.plus_10_percent, hours.minus_10_percent) == (0.0, 0.0, 0.0)


def test_the_budget_holds_for_what_fills_the_gaps_too() -> None:
    plan = one_day(action("long", 40, 9, cost=10), action("short", 20, 1, cost=8), period_days=2, budget=30)
    rows = make_plan(alike(5), KnownTables(), plan).rows
    assert rows["cost"].sum() <= 30
    assert sorted(rows["action"]) == ["long", "long", "short"]


def test_a_row_lists_the_rules_that_applied() -> None:
    known = KnownTables(
        customers=pd.DataFrame({"customer_id": ["c00000"], "preferred_channel": ["phone"]}),
        contacts=pd.DataFrame({"customer_id": ["c00000"], "occurred_at": [datetime(2025, 1, 1)]}),
    )
    plan = one_day(action("call", 20, 2, risk_bands=["low"]))
    rows = make_plan(alike(1, risk_band="low"), known, plan).rows
    assert rows["rules"].tolist() == ["preferred_channel; cool_down_over; for_risk_band"]
