"""Open complaints: what is due by when, and who owns it."""

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from features.errors import ConfigError
from pipeline.planning.diary import Diary
from pipeline.planning.obligations import open_complaints
from pipeline.planning.owners import assign_owners
from pipeline.planning.settings import PlanSettings
from tests.plan_case import AS_OF, SLA, complaint, complaints, settings


def opened(*rows: dict[str, Any], as_of: datetime = AS_OF, **obligation: Any) -> pd.DataFrame:
    plan = settings(obligations={"minutes": 30, "default_grade": "2", **obligation})
    return open_complaints(complaints(*rows), plan, SLA, as_of)


def owned(*rows: dict[str, Any], plan: PlanSettings | None = None, as_of: datetime = AS_OF) -> pd.DataFrame:
    plan = plan or settings()
    found = open_complaints(complaints(*rows), plan, SLA, as_of)
    return assign_owners(found, plan, Diary(plan, as_of))


def test_what_is_resolved_is_not_owed() -> None:
    done = complaint("a", "2026-02-01", resolved_at="2026-02-03")
    assert opened(done, complaint("b", "2026-02-27 10:00"))["customer_id"].tolist() == ["b"]


def test_the_first_answer_is_due_first_and_the_resolution_after_it() -> None:
    found = opened(
        complaint("a", "2026-02-27 10:00"), complaint("b", "2026-02-27 10:00", responded_at="2026-02-27 11:00")
    )
    assert found["due"].tolist() == ["answer", "resolution"]
    assert found["deadline"].tolist() == [pd.Timestamp("2026-03-02 10:00"), pd.Timestamp("2026-03-03 10:00")]


def test_calendar_limits_run_through_the_weekend() -> None:
    assert opened(complaint("a", "2026-02-28 10:00", grade="1"))["deadline"].iloc[0] == pd.Timestamp("2026-02-28 12:00")


def test_an_unknown_grade_takes_the_default() -> None:
    assert opened(complaint("a", "2026-02-27", grade=None), complaint("b", "2026-02-27", grade="9"))[
        "grade"
    ].tolist() == ["2", "2"]


def test_an_escalated_case_takes_the_limits_of_its_grade() -> None:
    row = complaint("a", "2026-02-27 10:00", escalated=True)
    assert opened(row, escalated_grade="1")["grade"].tolist() == ["1"]


def test_a_reopened_case_is_open_again_from_then_on() -> None:
    row = complaint("a", "2026-01-05", resolved_at="2026-01-07", responded_at="2026-01-06")
    row["reopened_at"] = pd.Timestamp("2026-02-27 10:00")
    found = opened(row)
    assert found["deadline"].tolist() == [pd.Timestamp("2026-03-02 10:00")]
    assert found["stuck"].tolist() == [True]


def test_complaints_too_old_to_be_real_can_be_left_out() -> None:
    rows = (complaint("a", "2020-01-01"), complaint("b", "2026-02-27"))
    assert len(opened(*rows)) == 2
    assert opened(*rows, ignore_after_days=365)["customer_id"].tolist() == ["b"]


def test_a_default_grade_without_limits_is_refused() -> None:
    with pytest.raises(ConfigError, match="no limits for the grade: '7'"):
        opened(complaint("a", "2026-02-27"), default_grade="7")


def test_a_table_without_resolution_times_owes_nothing() -> None:
    plan = settings()
    table = complaints(complaint("a", "2026-02-27")).drop(columns="resolved_at")
    assert open_complaints(table, plan, SLA, AS_OF).empty


def test_the_slot_ends_before_the_limit() -> None:
    found = owned(complaint("a", "2026-02-27 10:00")).iloc[0]
    assert (found["owner"], str(found["date"]), found["slot"]) == ("Ann", "2026-03-02", "09:00-09:30")
    assert not found["late"]


def test_more_cases_than_hours_before_the_limit_are_booked_beyond_the_hours_all_the_same() -> None:
    rows = owned(*(complaint(f"c{n}", "2026-02-27 10:00") for n in range(6)))
    starts = pd.to_datetime(rows["date"].astype(str) + " " + rows["slot"].str[:5])
    assert (starts < rows["deadline"]).all()
    assert (rows["owner"] != "").all()
    assert rows["rules"].str.contains("overload").sum() == 2


def test_what_is_past_its_limit_is_booked_first_and_marked() -> None:
    rows = owned(complaint("new", "2026-02-27 10:00"), complaint("old", "2026-02-01"))
    assert rows["customer_id"].tolist() == ["old", "new"]
    assert rows["late"].tolist() == [True, False]
    assert "past_limit" in rows["rules"].iloc[0]


def test_the_owner_of_a_case_keeps_it() -> None:
    found = owned(complaint("a", "2026-02-27 15:00", handled_by="Bo")).iloc[0]
    assert found["owner"] == "Bo"
    assert "same_owner" in found["rules"]


def test_a_stuck_case_gets_another_person() -> None:
    found = owned(complaint("a", "2026-01-05", handled_by="Ann")).iloc[0]
    assert found["owner"] == "Bo"
    assert "three_changes_person" in found["rules"]


def test_a_letter_gets_a_letter() -> None:
    found = owned(complaint("a", "2026-02-27 15:00", channel="letter")).iloc[0]
    assert (found["owner"], found["channel"]) == ("Bo", "letter")


def test_a_channel_nobody_serves_is_answered_otherwise_and_said_so() -> None:
    found = owned(complaint("a", "2026-02-27 15:00", channel="fax")).iloc[0]
    assert found["channel"] == "phone"
    assert "own_form_not_served" in found["rules"]


def test_channel_names_of_complaints_can_be_mapped() -> None:
    obligations = {"minutes": 30, "default_grade": "2", "answer_channels": {"mail": "letter"}}
    found = owned(complaint("a", "2026-02-27 15:00", channel="mail"), plan=settings(obligations=obligations)).iloc[0]
    assert found["channel"] == "letter"


def test_two_complaints_of_a_customer_have_one_owner() -> None:
    rows = [complaint("a", f"2026-02-27 15:0{n}", complaint_id=f"k{n}") for n in range(3)]
    assert owned(*rows)["owner"].nunique() == 1


def test_a_period_without_working_days_still_names_an_owner() -> None:
    plan = settings(period_days=1, start="2026-03-07")
    found = owned(complaint("a", "2026-03-06 15:00"), plan=plan, as_of=datetime(2026, 3, 7)).iloc[0]
    assert (found["owner"], found["slot"]) == ("Ann", "")
    assert "no_staff_time" in found["rules"]


def absent_ann() -> PlanSettings:
    """Ann works on Fridays only."""
    ann, bo = (one.model_dump() for one in settings().agents)
    return settings(agents=[{**ann, "weekdays": ["fri"]}, bo])


def test_the_case_of_somebody_who_is_not_there_before_the_limit_goes_to_somebody_who_is() -> None:
    row = complaint("a", "2026-02-27 23:00", handled_by="Ann", channel="phone")
    found = owned(row, plan=absent_ann()).iloc[0]
    assert found["deadline"] == pd.Timestamp("2026-03-02 23:00")
    assert (found["owner"], str(found["date"]), found["slot"]) == ("Bo", "2026-03-02", "09:00-09:30")
    assert not found["late"]
    assert "handed_over" in found["rules"]


def test_a_limit_before_the_next_opening_is_late() -> None:
    row = complaint("a", "2026-03-01 08:30", grade="1", responded_at="2026-03-01 09:00", handled_by="Bo")
    found = owned(row, as_of=datetime(2026, 3, 1, 18)).iloc[0]
    assert (found["deadline"], str(found["date"])) == (pd.Timestamp("2026-03-02 08:30"), "2026-03-02")
    assert found["late"]
    assert "past_limit" in found["rules"]


def test_what_is_late_goes_to_whoever_is_there_first() -> None:
    row = complaint("a", "2026-02-28 10:00", grade="1", handled_by="Ann", channel="phone")
    found = owned(row, plan=absent_ann(), as_of=datetime(2026, 2, 28, 11)).iloc[0]
    assert (found["owner"], str(found["date"]), found["late"]) == ("Bo", "2026-03-02", True)


def test_whoever_never_works_in_the_period_is_not_waited_for() -> None:
    ann, bo = (one.model_dump() for one in settings().agents)
    plan = settings(agents=[ann, {**bo, "weekdays": ["sat"]}])
    found = owned(complaint("a", "2026-02-27 15:00", channel="letter"), plan=plan).iloc[0]
    assert (found["owner"], found["channel"], found["slot"]) == ("Ann", "phone", "09:00-09:30")
    assert "own_form_not_served" in found["rules"]


def test_work_beyond_the_hours_ends_on_the_day_on_which_it_begins() -> None:
    week = {"opens": "14:00", "closes": "23:00"}
    plan = settings(week=week, obligations={"minutes": 600, "default_grade": "2"})
    found = owned(complaint("a", "2026-02-27 15:00"), plan=plan).iloc[0]
    assert found["slot"] == "13:59-23:59"
    assert "overload" in found["rules"]
