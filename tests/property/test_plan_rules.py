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
        }
    )
    days = rng.integers(1, 90, count)
    contacts = pd.DataFrame({"customer_id": ids, "occurred_at": plan_case.AS_OF - pd.to_timedelta(days, unit="D")})
    return table, KnownTables(customers, contacts, _complaints(rng, ids)), _settings(draw)


def _complaints(rng: np.random.Generator, ids: "pd.Series[str]") -> pd.DataFrame | None:
    rows = [
        plan_case.complaint(
            one,
            str(plan_case.AS_OF - pd.Timedelta(hours=int(rng.integers(1, 200)))),
            grade=str(rng.integers(1, 4)),
            channel=str(rng.choice(["phone", "letter", "web"])),
            handled_by=str(rng.choice(["Ann", "Bo", "Cy"])),
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
        "period_days": draw(st.integers(1, 10)),
        "start": draw(st.sampled_from([None, "2026-03-07"])),
        "cool_down_days": draw(st.sampled_from([0, 20])),
    }
    return plan_case.settings(**changes)


Case = tuple[pd.DataFrame, KnownTables, PlanSettings]


def offers(made: ContactPlan) -> pd.DataFrame:
    rows = made.rows
    return rows[(rows["arm"] == "treat") & rows["net_benefit"].notna()]


@settings(max_examples=50, deadline=None)
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


@settings(max_examples=50, deadline=None)
@given(cases())
def test_nobody_is_contacted_who_must_not_be(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    chosen = made.rows[made.rows["net_benefit"].notna()]
    assert chosen["customer_id"].is_unique
    assert (chosen["net_benefit"] > plan.min_net_benefit).all()
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


@settings(max_examples=50, deadline=None)
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


@settings(max_examples=50, deadline=None)
@given(cases())
def test_what_is_owed_starts_before_its_limit_unless_nobody_works_before_it(case: Case) -> None:
    table, known, plan = case
    owed = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA).obligations
    booked = owed[~owed["late"].astype(bool) & (owed["slot"] != "")]
    starts = pd.to_datetime(booked["date"].astype(str) + " " + booked["slot"].str[:5])
    assert (starts < pd.to_datetime(booked["deadline"])).all()
    assert (owed["owner"] != "").all()


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_customer_is_contacted_or_has_one_reason_and_the_bound_holds(case: Case) -> None:
    table, known, plan = case
    made = make_plan(table, known, plan, as_of=plan_case.AS_OF, sla=plan_case.SLA)
    summary = made.summary
    contacted = made.rows.loc[made.rows["arm"] == "treat", "customer_id"].nunique()
    assert contacted + sum(summary.not_contacted.values()) == len(table)
    assert summary.bound >= summary.objective - 1e-6
    assert abs(summary.objective - offers(made)["net_benefit"].sum()) < 1e-6
    assert summary.bound >= max(summary.comparison.values()) - 1e-6


@settings(max_examples=30, deadline=None)
@given(cases())
def test_the_same_input_gives_the_same_plan(case: Case) -> None:
    one, other = (make_plan(*case, as_of=plan_case.AS_OF, sla=plan_case.SLA) for _ in range(2))
    pd.testing.assert_frame_equal(one.rows, other.rows)
    assert one.summary == other.summary
