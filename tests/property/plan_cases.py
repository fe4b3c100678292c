"""Companies for the properties of the contact plan: any staff, any hour of the snapshot, any complaints."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from pipeline.plan import ContactPlan, make_plan
from pipeline.planning.diary import Diary
from pipeline.planning.follow_up import with_follow_ups
from pipeline.planning.known import KnownTables
from pipeline.planning.obligations import open_complaints
from pipeline.planning.owners import assign_owners
from pipeline.planning.settings import PlanSettings
from tests import plan_case

EXAMPLES = 30  # of each rule; every one is a whole plan
MANY_EXAMPLES = 80  # of what is owed, which is booked before anything is chosen
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
WEEKDAYS = [None, ["fri"], ["mon", "wed"], ["tue", "thu"], ["sat"]]  # nobody works on a Saturday here: never there
HOURS = [0.0, 8.5, 10.25, 13.0, 16.75, 18.0, 23.75]  # of the snapshot: before, within and after the working day
FIRST_DAYS = [None, "2026-03-07", "2026-02-27"]  # the last one lies before every snapshot


class Case(NamedTuple):
    """What a plan is made from."""

    table: pd.DataFrame
    known: KnownTables
    plan: PlanSettings
    as_of: datetime


def planned(case: Case) -> ContactPlan:
    return make_plan(case.table, case.known, case.plan, as_of=case.as_of, sla=plan_case.SLA)


def owed(case: Case) -> pd.DataFrame:
    """The obligations of `planned`, without the choice that comes after them."""
    opened = open_complaints(case.known.complaints, case.plan, plan_case.SLA, case.as_of)
    due = with_follow_ups(opened, case.known, case.plan, case.as_of)
    return assign_owners(due, case.plan, Diary(case.plan, case.as_of))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    count, seed = draw(st.integers(0, 60)), draw(st.integers(0, 1_000))
    as_of = plan_case.AS_OF + timedelta(days=draw(st.integers(0, 6)), hours=draw(st.sampled_from(HOURS)))
    rng = np.random.default_rng(seed)
    table = plan_case.scores(count, seed).assign(
        as_of=pd.Timestamp(as_of),
        status=rng.choice(["at_risk", "at_risk", "at_risk", "defected", "too_new", "not_found"], count),
    )
    ids = table["customer_id"].astype("str")
    moments = pd.DataFrame({"customer_id": ids[rng.random(count) < 0.3], "moment": "renewal"})
    known = KnownTables(_customers(rng, ids), _contacts(rng, ids, as_of), _complaints(rng, ids, as_of), moments)
    return Case(table, known, _settings(draw), as_of)


def _customers(rng: np.random.Generator, ids: "pd.Series[str]") -> pd.DataFrame:
    count = len(ids)
    return pd.DataFrame(
        {
            "customer_id": ids,
            "consent": rng.choice(np.array([True, True, False, None]), count),
            "do_not_contact": rng.random(count) < 0.1,
            "preferred_channel": rng.choice(np.array([None, None, "phone", "email", "letter"]), count),
            "kind": rng.choice(np.array(["enterprise", "individual", None]), count),
        }
    )


def _contacts(rng: np.random.Generator, ids: "pd.Series[str]", as_of: datetime) -> pd.DataFrame:
    days = rng.integers(1, 90, len(ids))
    return pd.DataFrame({"customer_id": ids, "occurred_at": as_of - pd.to_timedelta(days, unit="D")})


def _complaints(rng: np.random.Generator, ids: "pd.Series[str]", as_of: datetime) -> pd.DataFrame | None:
    rows = [_complaint(rng, one, pd.Timestamp(as_of)) for one in ids if rng.random() < 0.2]
    if not rows:
        return None
    return plan_case.complaints(*rows).assign(reopened_at=[row["reopened_at"] for row in rows])


def _complaint(rng: np.random.Generator, one: str, as_of: pd.Timestamp) -> dict[str, Any]:
    resolved = rng.random() < 0.4
    return plan_case.complaint(
        one,
        str(as_of - pd.Timedelta(hours=int(rng.integers(1, 200)))),
        grade=str(rng.integers(1, 4)),
        channel=str(rng.choice(["phone", "letter", "web"])),
        handled_by=str(rng.choice(["Ann", "Bo", "Cy"])),
        responded_at=pd.NaT if rng.random() < 0.5 else as_of - pd.Timedelta(hours=int(rng.integers(1, 9))),
        resolved_at=as_of - pd.Timedelta(minutes=30) if resolved else pd.NaT,
        reopened_at=as_of - pd.Timedelta(minutes=10) if resolved and rng.random() < 0.4 else pd.NaT,
    )


def _settings(draw: st.DrawFn) -> PlanSettings:
    changes: dict[str, Any] = {
        "budget": draw(st.one_of(st.none(), st.floats(0, 200))),
        "holdout_share": draw(st.sampled_from([0.0, 0.1, 0.5])),
        "period_days": draw(st.integers(3, 10)),
        "start": draw(st.sampled_from(FIRST_DAYS)),
        "cool_down_days": draw(st.sampled_from([0, 20])),
        "segments": draw(st.lists(st.sampled_from(SEGMENTS), unique_by=lambda one: one["name"])),
        "moments": {"renewal": {"table": "contracts", "ahead_days": 30, "weight": draw(st.sampled_from([1, 3]))}},
        "sequences": draw(st.sampled_from([[], SEQUENCES])),
        "agents": _agents(draw),
        "obligations": {"minutes": 30, "default_grade": "2", "follow_up": draw(st.sampled_from([None, FOLLOW_UP]))},
    }
    return plan_case.settings(**changes)


def _agents(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The company's staff, each with their own days; sometimes at two sites."""
    sites = draw(st.sampled_from([(None, None), ("North", "South")]))
    return [
        {**agent.model_dump(), "weekdays": draw(st.sampled_from(WEEKDAYS)), "site": site}
        for agent, site in zip(plan_case.settings().agents, sites, strict=True)
    ]
