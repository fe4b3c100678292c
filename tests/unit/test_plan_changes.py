"""The three changes for a case that is stuck, and the follow-up of one that is resolved."""

from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.planning.diary import Diary
from pipeline.planning.follow_up import with_follow_ups
from pipeline.planning.known import KnownTables
from pipeline.planning.obligations import open_complaints
from pipeline.planning.owners import assign_owners
from pipeline.planning.settings import PlanSettings
from tests.plan_case import AS_OF, SLA, complaint, complaints, settings

FOLLOW_UP = {"minutes": 10, "within_days": 7, "ignore_after_days": 14}
OBLIGATIONS = {"minutes": 30, "default_grade": "2", "follow_up": FOLLOW_UP}
NORTH_AND_SOUTH = [
    {"name": "Ann", "channels": ["phone"], "site": "North", "hours_per_day": 2},
    {"name": "Cy", "channels": ["phone"], "site": "North", "hours_per_day": 2},
    {"name": "Bo", "channels": ["phone", "letter"], "site": "South", "hours_per_day": 1},
]


def owed(*rows: dict[str, Any], plan: PlanSettings | None = None, **known: Any) -> pd.DataFrame:
    plan = plan or settings(obligations=OBLIGATIONS)
    tables = KnownTables(complaints=complaints(*rows), **known)
    opened = open_complaints(tables.complaints, plan, SLA, AS_OF)
    return assign_owners(with_follow_ups(opened, tables, plan, AS_OF), plan, Diary(plan, AS_OF))


def stuck(**more: Any) -> dict[str, Any]:
    return complaint("a", "2026-01-05 10:00", **{"handled_by": "Ann", "channel": "phone", **more})


def all_at(site: str | None = None) -> PlanSettings:
    agents = [{"name": name, "channels": ["phone"], "site": site, "hours_per_day": 2} for name in ("Ann", "Bo")]
    actions = [one.model_dump() for one in settings().actions if one.channel == "phone" and one.skill is None]
    return settings(obligations=OBLIGATIONS, agents=agents, actions=actions)


def test_a_stuck_case_gets_another_person_another_site_and_another_part_of_the_day() -> None:
    found = owed(stuck(), plan=settings(obligations=OBLIGATIONS, agents=NORTH_AND_SOUTH, actions=all_actions())).iloc[0]
    assert (found["owner"], found["site"], found["channel"]) == ("Bo", "South", "phone")
    assert (str(found["date"]), found["slot"]) == ("2026-03-02", "12:30-13:00")
    assert {"three_changes_person", "three_changes_place", "three_changes_time"} <= set(found["rules"].split("; "))


def all_actions() -> list[dict[str, Any]]:
    return [one.model_dump() for one in settings().actions if one.skill is None]


def test_without_sites_the_place_is_the_channel_once_the_customer_had_an_answer() -> None:
    found = owed(stuck(responded_at="2026-01-05 11:00")).iloc[0]
    assert (found["owner"], found["channel"]) == ("Bo", "letter")
    assert "own_form" not in found["rules"]


def test_another_channel_is_not_served_by_the_one_with_whom_the_case_is_stuck() -> None:
    both = [{"name": name, "channels": ["phone", "letter"], "hours_per_day": 2} for name in ("Ann", "Bo")]
    plan = settings(obligations=OBLIGATIONS, agents=both, actions=all_actions())
    found = owed(stuck(responded_at="2026-01-05 11:00"), plan=plan).iloc[0]
    assert (found["owner"], found["channel"]) == ("Bo", "letter")
    assert {"three_changes_person", "three_changes_place"} <= set(found["rules"].split("; "))


def test_the_first_answer_keeps_the_customers_own_form_even_when_it_is_late() -> None:
    found = owed(stuck()).iloc[0]
    assert (found["due"], found["channel"]) == ("answer", "phone")
    assert "no_other_place" in found["rules"]


def test_changes_that_cannot_be_made_are_named() -> None:
    alone = settings(
        obligations=OBLIGATIONS,
        agents=[{"name": "Ann", "channels": ["phone"], "hours_per_day": 2}],
        actions=[one for one in all_actions() if one["channel"] == "phone"],
    )
    found = owed(stuck(responded_at="2026-01-05 11:00"), plan=alone).iloc[0]
    assert found["owner"] == "Ann"
    assert {"no_other_person", "no_other_place", "three_changes_time"} <= set(found["rules"].split("; "))


def test_a_case_handled_in_the_afternoon_moves_to_the_morning() -> None:
    found = owed(stuck(responded_at="2026-01-05 15:00"), plan=all_at()).iloc[0]
    assert found["slot"] == "09:00-09:30"
    assert "three_changes_time" in found["rules"]


def test_of_a_date_without_a_time_no_part_of_the_day_is_known() -> None:
    found = owed(complaint("a", "2026-01-05", handled_by="Ann", channel="phone"), plan=all_at()).iloc[0]
    assert found["slot"] == "09:00-09:30"
    assert "time" not in found["rules"]


def test_another_time_is_not_taken_beyond_the_limit() -> None:
    row = complaint("a", "2026-01-05 10:00", resolved_at="2026-01-06", responded_at="2026-01-05", handled_by="Ann")
    row |= {"reopened_at": pd.Timestamp("2026-02-27 10:00"), "channel": "phone"}
    found = owed(row, plan=all_at()).iloc[0]
    assert found["deadline"] == pd.Timestamp("2026-03-02 10:00")
    assert found["slot"] == "09:00-09:30"
    assert "three_changes_person" in found["rules"]


def test_what_follows_goes_around_a_slot_that_was_set_aside() -> None:
    plan = settings(week={"opens": "09:00", "closes": "11:00", "noon": "09:30"}, agents=[ann(hours=2)], actions=calls())
    diary = Diary(plan, AS_OF)
    found = diary.earliest_in("afternoon", 0, 30, "phone")
    assert found == (0, 30.0)
    diary.book_at(0, *found, 30, "phone")
    starts = [f"{diary.book(0, 0, 20, 'phone').starts:%H:%M}" for _ in range(3)]
    assert starts == ["09:00", "10:00", "10:20"]
    assert diary.earliest(0, 30, "phone") == 1


def ann(hours: float) -> dict[str, Any]:
    return {"name": "Ann", "channels": ["phone"], "hours_per_day": hours}


def calls() -> list[dict[str, Any]]:
    return [one for one in all_actions() if one["channel"] == "phone"]


def test_a_resolved_complaint_is_followed_up_by_the_one_who_had_it() -> None:
    done = complaint("a", "2026-02-20", resolved_at="2026-02-25 10:00", handled_by="Bo", channel="phone", grade="3")
    found = owed(done).iloc[0]
    assert (found["due"], found["owner"], found["deadline"]) == ("follow_up", "Bo", pd.Timestamp("2026-03-04 10:00"))
    assert found["slot"] == "09:00-09:10"
    assert found["rules"].split("; ") == ["follow_up", "own_form", "same_owner"]


def test_of_several_resolved_complaints_the_last_one_is_asked_about() -> None:
    done = {"opened_at": pd.Timestamp("2026-02-18"), "channel": "phone"}
    rows = [
        {**complaint("a", "2026-02-18", resolved_at=day, complaint_id=day), **done}
        for day in ("2026-02-24", "2026-02-26")
    ]
    assert owed(*rows)["complaint_id"].tolist() == ["2026-02-26"]


def test_a_case_that_was_taken_up_again_has_no_solution_to_ask_about() -> None:
    row = complaint("a", "2026-02-10", resolved_at="2026-02-20", channel="phone")
    plan = settings(obligations={**OBLIGATIONS, "ignore_after_days": 5})
    assert owed(row, plan=plan)["due"].tolist() == ["follow_up"]
    assert owed({**row, "reopened_at": pd.Timestamp("2026-02-21")}, plan=plan).empty


def test_nobody_is_followed_up_twice_or_late_or_while_a_complaint_is_open_or_against_their_will() -> None:
    done = {"resolved_at": "2026-02-25 10:00", "channel": "phone"}
    rows = [complaint(name, "2026-02-20", **done) for name in ("spoken", "open", "refuses", "held")]
    rows += [complaint("old", "2026-01-01", **{**done, "resolved_at": "2026-02-01 10:00"})]
    rows += [complaint("open", "2026-02-28 10:00", complaint_id="k2")]
    contacts = pd.DataFrame(
        {
            "customer_id": ["spoken", "held", "open"],
            "occurred_at": pd.to_datetime(["2026-02-26", "2026-02-26", "2026-02-01"]),
            "arm": ["treat", "control", "treat"],
        }
    )
    customers = pd.DataFrame({"customer_id": ["refuses"], "do_not_contact": [True]})
    found = owed(*rows, contacts=contacts, customers=customers)
    assert found.groupby("customer_id")["due"].agg(list).to_dict() == {"held": ["follow_up"], "open": ["answer"]}


def test_an_attempt_that_reached_nobody_has_asked_nothing() -> None:
    done = {"resolved_at": "2026-02-25 10:00", "channel": "phone"}
    rows = [complaint(name, "2026-02-20", **done) for name in ("unreached", "asked", "no outcome")]
    contacts = pd.DataFrame(
        {
            "customer_id": ["unreached", "asked", "asked", "no outcome"],
            "occurred_at": pd.to_datetime(["2026-02-26", "2026-02-26", "2026-02-27", "2026-02-26"]),
            "outcome": ["unreached", "declined", "unreached", None],
        }
    )
    assert owed(*rows, contacts=contacts)["customer_id"].tolist() == ["unreached"]


def test_who_gave_no_consent_is_not_called_for_a_follow_up_and_who_was_not_asked_is() -> None:
    done = {"resolved_at": "2026-02-25 10:00", "channel": "phone"}
    rows = [complaint(name, "2026-02-20", **done) for name in ("no", "yes", "blank")]
    customers = pd.DataFrame({"customer_id": ["no", "yes", "blank"], "consent": [False, True, None]})
    assert sorted(owed(*rows, customers=customers)["customer_id"]) == ["blank", "yes"]
    still = complaint("no", "2026-02-27 10:00", channel="phone")
    assert owed(still, customers=customers)["customer_id"].tolist() == ["no"]


def test_escalated_cases_say_so_and_go_before_others_of_the_same_limit() -> None:
    rows = [complaint(name, "2026-02-27 15:00", escalated=name == "b") for name in ("a", "b")]
    found = owed(*rows)
    assert found["customer_id"].tolist() == ["b", "a"]
    assert "escalated" in found["rules"].iloc[0]
    assert "escalated" not in found["rules"].iloc[1]


def test_the_part_of_a_day_that_begins_late_is_what_is_left_of_it() -> None:
    plan = settings()
    diary = Diary(plan, datetime(2026, 3, 2, 14, 0))
    assert diary.earliest_in("afternoon", 0, 30, "phone") == (0, 0.0)
    assert diary.earliest_in("morning", 0, 30, "phone") == (1, 0.0)
