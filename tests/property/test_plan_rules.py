"""No plan breaks a rule, whatever the company looks like."""

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.plan import ContactPlan, make_plan
from pipeline.planning.known import KnownTables
from pipeline.planning.settings import PlanSettings
from tests import plan_case

EXAMPLES = 30  # of each rule; every one is a whole plan
FOLLOW_UP = {"minutes": 10, "within_days": 5, "ignore_after_days": 20}
SEGMENTS = [
    {"name": "big", "where": {"kind": ["enterprise"]}, "at_least": 3, "at_most": 6},
    {"name": "calm", "where": {"risk_band": ["low"]}, "at_most": 2},
    {"name": "renewing", "where": {"moment": ["renewal"]}, "at_least": 2},
]
SEQUENCES = [
    {"name": "twice", "first": "letter", "then": "call", "pause_days": 1, "success": {"any": plan_case.odds(6, 4)}},
    {"name": "mail", "first": "email", "then": "discount", "pause_days": 2, "success": {"any": plan_case.odds(8, 2)}},
]


@st.composite
def cases(draw: st.DrawFn) -> tuple[pd.DataFrame, KnownTables, PlanSettings]:
    count, seed = draw(st.integers(0, 60)), draw(st.integers(0, 1_000))
    rng = np.random.default_rng(seed)
    table = plan_case.scores(count, seed).assign(
        status=rng.choice(["at_risk", "at_risk", "at_risk", "defected", "too_new", "not_found"], count)
    )
    ids = table["customer_id"].astype("str")
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "consent": rng.choice(np.array([True, True, False, None]), count),
            "do_not_contact": rng.random(count) < 0.1,
            "preferred_channel": rng.choice(np.array([None, None, "phone", "email", "letter"]), count),
            "kind": rng.choice(np.array(["enterprise", "individual", None]), count),
        }
    )
    days = rng.integers(1, 90, count)
    contacts = pd.DataFrame({"customer_id": ids, "occurred_at": plan_case.AS_OF - pd.to_timedelta(days, unit="D")})
    moments = pd.DataFrame({"customer_id": ids[rng.random(count) < 0.3], "moment": "renewal"})
    return table, KnownTables(customers, contacts, _complaints(rng, ids), moments), _settings(draw)


def _complaints(rng: np.random.Generator, ids: "pd.Series[str]") -> pd.DataFrame | None:
    rows = [
        plan_case.complaint(
            one,
            str(plan_case.AS_OF - pd.Timedelta(hours=int(rng.integers(1, 200)))),
            grade=str(rng.integers(1, 4)),
            channel=str(rng.choice(["phone", "letter", "web"])),
            handled_by=str(rng.choice(["Ann", "Bo", "Cy"])),
            responded_at=pd.NaT
            if rng.random() < 0.5
            else plan_case.AS_OF - pd.Timedelta(hours=int(rng.integers(1, 9))),
            resolved_at=pd.NaT if rng.random() < 0.6 else plan_case.AS_OF - pd.Timedelta(minutes=30),
        )
        for one in ids
        if rng.random() < 0.2
    ]
    return plan_case.complaints(*rows) if rows else None


def _settings(draw: st.DrawFn) -> PlanSettings:
    changes: dict[str, Any] = {
        "budget": draw(st.one_of(st.none(), st.floats(0, 200))),
        "holdout_share": draw(st.sampled_from([0.0, 0.1, 0.5])),
        "period_days": draw(st.integers(3, 10)),
        "start": draw(st.sampled_from([None, "2026-03-07"])),
        "cool_down_days": draw(st.sampled_from([0, 20])),
        "segments": draw(st.lists(st.sampled_from(SEGMENTS), unique_by=lambda one: one["name"])),
        "moments": {"renewal": {"table": "contracts", "ahead_days": 30, "weight": draw(st.sampled_from([1, 3]))}},
        "sequences": draw(st.sampled_from([[], SEQUENCES])),
        "obligations": {"minutes": 30, "default_grade": "2", "follow_up": draw(st.sampled_from([None, FOLLOW_UP]))},
    }
    return plan_case.settings(**changes)


Case = tuple[pd.DataFrame, KnownTables, PlanSettings]


def offers(made: ContactPlan) -> pd.DataFrame:
    rows = made.rows
    return rows[(rows["arm"] == "treat") & rows["net_benefit"].notna()]


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_budget_channels_and_hours_are_kept(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    done = offers(made)
    if plan.budget is not None:
        assert done["cost"].sum() <= plan.budget + 1e-6
    for name, channel in plan.channels.items():
        assert (done[done["channel"] == name].groupby("date").size() <= channel.capacity_per_day).all()
    minutes = done["action"].map({action.name: action.minutes for action in plan.actions})
    worked = minutes.groupby([done["agent"], done["date"]]).sum()
    hours = {agent.name: agent.hours_per_day for agent in plan.agents}
    assert all(spent <= hours[agent] * 60 + 1e-6 for (agent, _), spent in worked.items() if agent in hours)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_nobody_is_contacted_who_must_not_be(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    chosen = made.rows[made.rows["net_benefit"].notna()]
    assert not chosen.duplicated(["customer_id", "step"]).any()
    assert (
        chosen.groupby("customer_id").size() == np.where(chosen.groupby("customer_id")["sequence"].first(), 2, 1)
    ).all()
    assert (chosen.groupby("customer_id")["net_benefit"].sum() > plan.min_net_benefit).all()
    assert known.customers is not None and known.contacts is not None
    them = (
        chosen.astype({"customer_id": "str"})
        .merge(known.customers, on="customer_id")
        .merge(known.contacts, on="customer_id")
    )
    assert them["consent"].eq(True).all()
    assert not them["do_not_contact"].any()
    assert (them["preferred_channel"].isna() | (them["preferred_channel"] == them["channel"])).all()
    assert ((plan_case.AS_OF - them["occurred_at"]).dt.days >= plan.cool_down_days).all()
    at_risk = table.loc[table["status"] == "at_risk", "customer_id"]
    assert set(chosen["customer_id"]) <= set(at_risk) - set(made.obligations["customer_id"])


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_every_row_that_is_carried_out_has_an_owner_and_nobody_is_in_two_places(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    work = made.rows[made.rows["arm"] == "treat"]
    assert (work["agent"] != "").all()
    assert work["date"].notna().all()
    timed = work[work["slot"].str.contains("-") & ~work["rules"].str.contains("overload")]
    for _, day in timed.groupby(["agent", "date"]):
        begins, ends = zip(*sorted(slot.split("-") for slot in day["slot"]), strict=True)
        assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_what_is_owed_starts_before_its_limit_unless_nobody_works_before_it(case: Case) -> None:
    table, known, plan = case
    owed = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA).obligations
    booked = owed[~owed["late"].astype(bool) & (owed["slot"] != "")]
    starts = pd.to_datetime(booked["date"].astype(str) + " " + booked["slot"].str[:5])
    assert (starts < pd.to_datetime(booked["deadline"])).all()
    assert (owed["owner"] != "").all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_every_customer_is_contacted_or_has_one_reason_and_the_bound_holds(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    summary = made.summary
    contacted = made.rows.loc[made.rows["arm"] == "treat", "customer_id"].nunique()
    assert contacted + sum(summary.not_contacted.values()) == len(table)
    assert summary.bound >= summary.objective - 1e-6
    done = offers(made)
    assert abs(summary.net_benefit - done["net_benefit"].sum()) < 1e-6
    weight = np.where(done["rules"].str.contains("moment_renewal"), plan.moments["renewal"].weight, 1.0)
    assert abs(summary.objective - (weight * done["net_benefit"]).sum()) < 1e-6
    assert summary.bound >= max(summary.comparison.values()) - 1e-6


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_the_same_input_gives_the_same_plan(case: Case) -> None:
    one, other = (make_plan(*case, as_of=plan_case.AS_OF, sla=plan_case.SLA) for _ in range(2))
    pd.testing.assert_frame_equal(one.rows, other.rows)
    assert one.summary == other.summary


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_the_bounds_of_segments_are_kept_or_said_to_be_out_of_reach(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    assert known.customers is not None and known.moments is not None
    ids = offers(made)["customer_id"].drop_duplicates()
    kinds, bands = (t.set_index("customer_id") for t in (known.customers, table))
    counts = {
        "big": int((ids.map(kinds["kind"]) == "enterprise").sum()),
        "calm": int((ids.map(bands["risk_band"]) == "low").sum()),
        "renewing": int(ids.isin(known.moments["customer_id"]).sum()),
    }
    for segment in plan.segments:
        if segment.at_most is not None:
            assert counts[segment.name] <= segment.at_most
        if segment.at_least is not None and counts[segment.name] < segment.at_least:
            assert any(f"segment {segment.name} at least" in note for note in made.summary.notes)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_the_steps_of_a_sequence_keep_their_order_and_their_pause(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    pause = {one.name: (one.first, one.then, one.pause_days) for one in plan.sequences}
    done = offers(made)
    for _, steps in done[done["sequence"] != ""].groupby("customer_id"):
        first, then, days = pause[steps["sequence"].iloc[0]]
        assert steps["action"].tolist() == [first, then]
        assert steps["step"].tolist() == [1, 2]
        assert steps["rank"].diff().iloc[1] == 1
        assert (steps["date"].iloc[1] - steps["date"].iloc[0]).days >= days


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_every_action_is_done_by_somebody_able_within_the_hours_of_the_day(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    actions, agents = {one.name: one for one in plan.actions}, {one.name: one for one in plan.agents}
    for row in offers(made).itertuples():
        action = actions[str(row.action)]
        assert row.channel == action.channel
        if action.minutes > 0:
            agent = agents[str(row.agent)]
            assert action.channel in agent.channels
            assert action.skill is None or action.skill in agent.skills
            begins, ends = str(row.slot).split("-")
            assert f"{plan.week.opens:%H:%M}" <= begins < ends <= f"{plan.week.closes:%H:%M}"
            assert plan.week.works(row.date, agent.weekdays)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_no_row_breaks_one_of_the_three_taboos(case: Case) -> None:
    """One owner is named, the answer has the customer's own form, and a date before the limit is set."""
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    owed, work = made.obligations, made.rows[made.rows["arm"] == "treat"]
    assert (work["agent"] != "").all() and work["date"].notna().all()
    assert set(work.loc[work["net_benefit"].isna(), "customer_id"]) == set(owed["customer_id"])
    in_time = owed[~owed["late"].astype(bool)]
    assert (pd.to_datetime(in_time["date"]) <= pd.to_datetime(in_time["deadline"])).all()
    assert owed["rules"].str.contains("own_form|three_changes_place").sum() == len(owed)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_a_stuck_case_gets_each_of_the_three_changes_or_says_which_cannot_be_made(case: Case) -> None:
    table, known, plan = case
    owed = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA).obligations
    assert known.complaints is not None or owed.empty
    if owed.empty:
        return
    before = known.complaints.set_index("complaint_id").loc[owed["complaint_id"]].reset_index()
    for row, was in zip(owed.to_dict("records"), before.to_dict("records"), strict=True):
        rules = str(row["rules"]).split("; ")
        stuck = row["due"] != "follow_up" and row["deadline"] <= pd.Timestamp(plan_case.AS_OF)
        assert stuck == any(rule.startswith(("three_changes", "no_other")) for rule in rules)
        if not stuck or row["slot"] == "":
            continue
        assert (row["owner"] != was["handled_by"]) == ("three_changes_person" in rules)
        if "three_changes_place" in rules:
            assert row["channel"] != was["channel"]
        if "three_changes_time" in rules:
            handled = was["opened_at"] if pd.isna(was["responded_at"]) else was["responded_at"]
            assert (str(row["slot"])[:5] >= "12:30") != (f"{handled:%H:%M}" >= "12:30")
