"""No plan breaks a rule, whatever the company looks like."""

from datetime import datetime, time

import numpy as np
import pandas as pd
from hypothesis import given, settings

from pipeline.plan import ContactPlan
from tests.property.plan_cases import EXAMPLES, Case, cases, planned


def offers(made: ContactPlan) -> pd.DataFrame:
    rows = made.rows
    return rows[(rows["arm"] == "treat") & rows["net_benefit"].notna()]


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_budget_channels_and_hours_are_kept(case: Case) -> None:
    plan = case.plan
    made = planned(case)
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
    table, known, plan, as_of = case.table, case.known, case.plan, case.as_of
    made = planned(case)
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
    assert ((as_of - them["occurred_at"]).dt.days >= plan.cool_down_days).all()
    at_risk = table.loc[table["status"] == "at_risk", "customer_id"]
    assert set(chosen["customer_id"]) <= set(at_risk) - set(made.obligations["customer_id"])


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_every_row_that_is_carried_out_has_an_owner_and_nobody_is_in_two_places(case: Case) -> None:
    made = planned(case)
    work = made.rows[made.rows["arm"] == "treat"]
    assert (work["agent"] != "").all()
    assert work["date"].notna().all()
    timed = work[work["slot"].str.contains("-") & ~work["rules"].str.contains("overload")]
    for _, day in timed.groupby(["agent", "date"]):
        begins, ends = zip(*sorted(slot.split("-") for slot in day["slot"]), strict=True)
        assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_every_customer_is_contacted_or_has_one_reason_and_the_bound_holds(case: Case) -> None:
    table, plan = case.table, case.plan
    made = planned(case)
    summary = made.summary
    contacted = made.rows.loc[made.rows["arm"] == "treat", "customer_id"].nunique()
    assert contacted + sum(summary.not_contacted.values()) == len(table)
    assert summary.bound >= summary.objective - 1e-6
    done = offers(made)
    assert abs(summary.net_benefit - done["net_benefit"].sum()) < 1e-6
    weight = np.where(done["rules"].str.contains("moment_renewal"), plan.moments["renewal"].weight, 1.0)
    assert abs(summary.objective - (weight * done["net_benefit"]).sum()) < 1e-6
    assert summary.bound >= max(summary.comparison.values()) - 1e-6
    assert summary.comparison["plan"] == summary.net_benefit


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_the_same_input_gives_the_same_plan(case: Case) -> None:
    one, other = (planned(case) for _ in range(2))
    pd.testing.assert_frame_equal(one.rows, other.rows)
    assert one.summary == other.summary


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_the_bounds_of_segments_are_kept_or_said_to_be_out_of_reach(case: Case) -> None:
    table, known, plan = case.table, case.known, case.plan
    made = planned(case)
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
    plan = case.plan
    made = planned(case)
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
    plan = case.plan
    made = planned(case)
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
def test_nothing_is_planned_before_the_snapshot_or_the_start_or_on_a_day_that_is_over(case: Case) -> None:
    made = planned(case)
    work = made.rows[(made.rows["arm"] == "treat") & (made.rows["slot"] != "")]
    for row in work.to_dict("records"):
        begins = datetime.combine(row["date"], time.fromisoformat(row["slot"][:5]))
        assert begins >= case.as_of
        assert case.plan.start is None or row["date"] >= case.plan.start
        assert begins.time() < case.plan.week.closes
