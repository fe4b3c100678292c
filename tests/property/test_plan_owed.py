"""No plan breaks a rule about what is owed, whatever the company looks like."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings

from pipeline.planning.settings import Agent, PlanSettings
from tests.property.plan_cases import EXAMPLES, MANY_EXAMPLES, Case, cases, owed, planned


def beginnings(agent: Agent, plan: PlanSettings, as_of: datetime) -> list[datetime]:
    """When the agent could begin on each of their days, as slowly and obviously as can be."""
    first = max(plan.start or as_of.date(), as_of.date())
    days = [first + timedelta(days=n) for n in range(plan.period_days)]
    worked = [day for day in days if plan.week.works(day) and plan.week.works(day, agent.weekdays)]
    moments = [max(datetime.combine(day, plan.week.opens), as_of) for day in worked]
    return [moment for moment in moments if moment.date() in worked and moment.time() < plan.week.closes]


def able(plan: PlanSettings, channel: str, as_of: datetime) -> list[Agent]:
    """Those who can answer in the customer's own form, or anybody where none of these is ever there."""
    there = [one for one in plan.agents if one.answers_complaints and beginnings(one, plan, as_of)]
    return [one for one in there if channel in one.channels] or there


def booked(case: Case) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each obligation that has a slot, with the complaint it is about."""
    found = owed(case)
    assert (found["owner"] != "").all()
    return [(row, was) for row, was in with_complaints(case, found) if row["slot"] != ""]


def with_complaints(case: Case, due: pd.DataFrame) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each obligation, with the complaint it is about."""
    if due.empty:
        return []
    assert case.known.complaints is not None
    before = case.known.complaints.set_index("complaint_id").loc[due["complaint_id"]].reset_index()
    return list(zip(due.to_dict("records"), before.to_dict("records"), strict=True))  # type: ignore[arg-type]


def starts(row: dict[str, Any]) -> datetime:
    return datetime.combine(row["date"], time.fromisoformat(row["slot"][:5]))


@pytest.mark.slow
@settings(max_examples=MANY_EXAMPLES, deadline=None)
@given(cases())
def test_a_slot_after_its_limit_is_marked_late_and_no_other(case: Case) -> None:
    for row, _ in booked(case):
        assert row["late"] == (starts(row) >= row["deadline"])
        assert row["late"] == ("past_limit" in row["rules"])


@pytest.mark.slow
@settings(max_examples=MANY_EXAMPLES, deadline=None)
@given(cases())
def test_what_is_owed_starts_before_its_limit_unless_nobody_able_works_before_it(case: Case) -> None:
    for row, was in booked(case):
        those = able(case.plan, was["channel"], case.as_of)
        in_time = any(begins < row["deadline"] for one in those for begins in beginnings(one, case.plan, case.as_of))
        assert starts(row) < row["deadline"] or not in_time


@pytest.mark.slow
@settings(max_examples=MANY_EXAMPLES, deadline=None)
@given(cases())
def test_whoever_has_a_case_keeps_it_where_they_are_there_before_its_limit(case: Case) -> None:
    for row, was in booked(case):
        those = able(case.plan, was["channel"], case.as_of)
        handler = next((one for one in those if one.name == was["handled_by"]), None)
        if handler is None or is_stuck(row, was, case.as_of):
            continue
        there = any(begins < row["deadline"] for begins in beginnings(handler, case.plan, case.as_of))
        assert (row["owner"] == handler.name) == ("same_owner" in row["rules"])
        assert not there or row["owner"] == handler.name


@pytest.mark.slow
@settings(max_examples=MANY_EXAMPLES, deadline=None)
@given(cases())
def test_the_owner_works_on_the_day_and_the_slot_ends_after_it_begins(case: Case) -> None:
    agents = {one.name: one for one in case.plan.agents}
    for row, _ in booked(case):
        days: list[date] = [begins.date() for begins in beginnings(agents[row["owner"]], case.plan, case.as_of)]
        assert row["date"] in days
        assert row["slot"][:5] < row["slot"][6:]


def is_stuck(row: dict[str, Any], was: dict[str, Any], as_of: datetime) -> bool:
    """Taken up again after its resolution, or past its limit at the snapshot."""
    again = pd.notna(was["reopened_at"]) and not was["reopened_at"] <= was["resolved_at"]
    return row["due"] != "follow_up" and (again or row["deadline"] <= as_of)


@pytest.mark.slow
@settings(max_examples=MANY_EXAMPLES, deadline=None)
@given(cases())
def test_a_stuck_case_gets_each_of_the_three_changes_or_says_which_cannot_be_made(case: Case) -> None:
    sites = {one.name: one.site for one in case.plan.agents}
    for row, was in booked(case):
        rules = str(row["rules"]).split("; ")
        stuck = is_stuck(row, was, case.as_of)
        assert stuck == any(rule.startswith(("three_changes", "no_other")) for rule in rules)
        if not stuck:
            continue
        assert (row["owner"] != was["handled_by"]) == ("three_changes_person" in rules)
        if "three_changes_place" in rules:
            assert row["channel"] != was["channel"] or row["site"] != sites[was["handled_by"]]
        if "three_changes_time" in rules:
            handled = was["opened_at"] if pd.isna(was["responded_at"]) else was["responded_at"]
            assert (row["slot"][:5] >= "12:30") != (f"{handled:%H:%M}" >= "12:30")


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_no_row_breaks_one_of_the_three_taboos(case: Case) -> None:
    """One owner is named, the answer has the customer's own form, and a date before the limit is set."""
    made = planned(case)
    due, work = made.obligations, made.rows[made.rows["arm"] == "treat"]
    assert (work["agent"] != "").all() and work["date"].notna().all()
    assert set(work.loc[work["net_benefit"].isna(), "customer_id"]) == set(due["customer_id"])
    in_time = due[~due["late"].astype(bool)]
    assert (pd.to_datetime(in_time["date"]) <= pd.to_datetime(in_time["deadline"])).all()
    for row, was in with_complaints(case, due):
        rules = row["rules"].split("; ")
        served = any(was["channel"] in one.channels for one in able(case.plan, was["channel"], case.as_of))
        assert ("own_form_not_served" in rules) == (not served)
        assert ("own_form" in rules) == (served and row["channel"] == was["channel"])
        assert not served or "own_form" in rules or (row["due"] != "answer" and "three_changes_place" in rules)


@pytest.mark.slow
@settings(max_examples=MANY_EXAMPLES, deadline=None)
@given(cases())
def test_nobody_is_followed_up_who_refuses_contact(case: Case) -> None:
    found = owed(case)
    asked = found.loc[found["due"] == "follow_up", "customer_id"]
    assert case.known.customers is not None
    them = case.known.customers.set_index("customer_id").loc[asked]
    assert not them["do_not_contact"].any()
    assert not them["consent"].eq(False).any()
