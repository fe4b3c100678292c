"""Floors and caps by segment, moments of truth, and sequences of two actions."""

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from features.errors import ConfigError
from features.schema import COMPLAINTS, CONTRACTS, shape_of
from pipeline.plan import ContactPlan, make_plan
from pipeline.planning.known import KnownTables, known_tables
from pipeline.planning.moment_settings import PlanMoment
from pipeline.planning.settings import PlanSettings
from tests.plan_case import AS_OF, odds, scores, settings


def calls(**changes: Any) -> PlanSettings:
    """One kind of call, enough staff, no hold-out."""
    action = {"name": "call", "channel": "phone", "cost": 5, "minutes": 10, "success": {"any": odds(2, 8)}}
    base = {"actions": [action], "holdout_share": 0, "budget": 50, "obligations": None}
    return settings(**{**base, "channels": {"phone": {"capacity_per_day": 100}}, "agents": [ann()], **changes})


def ann(**changes: Any) -> dict[str, Any]:
    return {"name": "Ann", "channels": ["phone"], "hours_per_day": 8, **changes}


def kinds(*values: str | None) -> KnownTables:
    ids = [f"c{n:05d}" for n in range(len(values))]
    return KnownTables(customers=pd.DataFrame({"customer_id": ids, "kind": values, "seats": range(len(values))}))


def alike(customers: int) -> pd.DataFrame:
    """The first ones are worth most."""
    return scores(customers, risk=0.5, loss_if_defect=[1000.0 - n for n in range(customers)])


def contacted(made: ContactPlan) -> list[int]:
    rows = made.rows[made.rows["arm"] == "treat"]
    return sorted(int(name[1:]) for name in rows["customer_id"].unique())


def segment(**changes: Any) -> dict[str, Any]:
    return {"name": "big", "where": {"kind": ["enterprise"]}, **changes}


def test_a_cap_leaves_room_for_the_others() -> None:
    known = kinds(*["enterprise"] * 10, *["individual"] * 10)
    made = make_plan(alike(20), known, calls(segments=[segment(at_most=3)]))
    assert contacted(made) == [0, 1, 2, 10, 11, 12, 13, 14, 15, 16]


def test_a_floor_reaches_those_who_are_worth_less() -> None:
    known = kinds(*["individual"] * 10, *["enterprise"] * 10)
    made = make_plan(alike(20), known, calls(segments=[segment(at_least=4)]))
    assert contacted(made) == [0, 1, 2, 3, 4, 5, 10, 11, 12, 13]
    use = made.summary.capacity_used["segment big at least"]
    assert (use.unit, use.limit, use.used) == ("customers", 4, 4)
    assert use.shadow_price == pytest.approx(-0.1 * (994 - 986) / 2, rel=1)
    assert use.plus_10_percent <= 0 <= use.minus_10_percent


def test_a_floor_out_of_reach_is_lowered_and_said() -> None:
    known = kinds(*["individual"] * 10, "enterprise", "enterprise")
    made = make_plan(alike(12), known, calls(segments=[segment(at_least=4)]))
    assert {10, 11} <= set(contacted(made))
    assert "Out of reach: segment big at least 4; the plan contacts 2." in made.summary.notes


def test_segments_go_by_numbers_and_by_what_the_plan_knows() -> None:
    known = kinds(*["individual"] * 6)
    for where, expected in (
        ({"seats": [0, 5]}, [1, 2, 3, 4]),
        ({"risk_band": ["high"], "kind": ["individual"]}, []),
        ({"kind": ["Individual"]}, []),
        ({"risk_band": ["low"]}, [0, 1, 2, 3, 4, 5]),
    ):
        plan = calls(segments=[segment(where=where, at_most=0)])
        assert contacted(make_plan(alike(6).assign(risk_band="high"), known, plan)) == expected, where


def test_a_column_or_moment_that_is_not_there_is_refused() -> None:
    for where, text in (({"knd": ["x"]}, "no such column: 'knd'"), ({"moment": ["x"]}, "no such moment: 'x'")):
        with pytest.raises(ConfigError, match=text):
            make_plan(alike(2), kinds("a", "b"), calls(segments=[segment(where=where, at_most=1)]))


@pytest.mark.parametrize(
    ("bounds", "text"), [({}, "neither"), ({"at_least": 5, "at_most": 4}, "the floor is above the cap")]
)
def test_bounds_that_say_nothing_or_contradict_each_other_are_refused(bounds: dict[str, int], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        calls(segments=[segment(**bounds)])


MOMENTS = {"renewal": {"table": "contracts", "ahead_days": 30}}


def in_a_moment(*customers: int) -> KnownTables:
    ids = [f"c{number:05d}" for number in customers]
    return KnownTables(moments=pd.DataFrame({"customer_id": ids, "moment": "renewal"}))


def test_a_moment_of_truth_gets_the_earlier_slot() -> None:
    rows = make_plan(alike(5), in_a_moment(4), calls(moments=MOMENTS)).rows.set_index("customer_id")
    assert rows.loc["c00004", "slot"] == "09:00-09:10"
    assert rows.loc["c00004", "rules"] == "moment_renewal"
    assert rows.loc["c00000", "slot"] == "09:10-09:20"


def test_a_weighted_moment_is_chosen_before_others_and_money_is_told_without_the_weight() -> None:
    weighted = {"renewal": {**MOMENTS["renewal"], "weight": 2}}
    plan = calls(moments=weighted, budget=5)
    made = make_plan(alike(5), in_a_moment(4), plan)
    assert contacted(made) == [4]
    assert made.summary.objective == pytest.approx(2 * made.summary.net_benefit)
    assert made.summary.net_benefit == pytest.approx(made.rows["net_benefit"].sum())


def test_pages_and_comparison_show_money_and_say_where_prices_are_weighted() -> None:
    weighted = {"renewal": {**MOMENTS["renewal"], "weight": 3}}
    known = in_a_moment(*range(5))
    made, plain = (make_plan(alike(5), known, calls(moments=one)) for one in (weighted, MOMENTS))
    assert made.summary.comparison == pytest.approx(plain.summary.comparison)
    assert made.summary.comparison["plan"] == pytest.approx(made.summary.net_benefit)
    for page, shown in (("plan.html", "<b>{:,.0f} "), ("team.html", "{:,.2f}")):
        assert shown.format(made.summary.net_benefit) in made.pages[page]
        assert shown.format(made.summary.objective) not in made.pages[page]
    assert ["weights" in one.pages["team.html"] for one in (made, plain)] == [True, False]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE complaints AS SELECT customer_id, complaint_id, CAST(day AS TIMESTAMP) AS opened_at FROM (VALUES "
        "('a', 'k1', '2026-02-20'), ('b', 'k2', '2025-01-01'), ('b', 'k3', '2026-02-25'), ('c', 'k4', '2026-03-05')) "
        "t(customer_id, complaint_id, day)"
    )
    con.execute(
        "CREATE TABLE contracts AS SELECT customer_id, 'v-' || customer_id AS contract_id, TIMESTAMP '2025-03-10' AS "
        "starts_at, TIMESTAMP '2026-03-10' AS ends_at, CAST(renewed AS TIMESTAMP) AS renewed_at, NULL::TIMESTAMP AS "
        "known_at FROM (VALUES ('a', NULL), ('b', '2026-02-01'), ('c', '2026-03-05')) t(customer_id, renewed)"
    )
    yield con
    con.close()


SHAPES = {
    "complaints": shape_of(COMPLAINTS, {"customer_id": "text", "complaint_id": "text", "opened_at": "timestamp"}),
    "contracts": shape_of(
        CONTRACTS,
        {
            "customer_id": "text",
            "contract_id": "text",
            "starts_at": "timestamp",
            "ends_at": "timestamp",
            "renewed_at": "timestamp",
            "known_at": "timestamp",
        },
    ),
}


def found(con: duckdb.DuckDBPyConnection, **moment: Any) -> list[str]:
    asked = {"it": PlanMoment.model_validate(moment)}
    known = known_tables(con, SHAPES, pd.Series(["a", "b", "c"]), AS_OF, asked)
    assert known.moments is not None
    return known.moments["customer_id"].tolist()


def test_a_first_complaint_is_the_first_one_known_and_recent(con: duckdb.DuckDBPyConnection) -> None:
    assert found(con, table="complaints", within_days=30) == ["a", "b"]
    assert found(con, table="complaints", within_days=30, first_only=True) == ["a"]
    assert found(con, table="complaints", within_days=4) == []


def test_a_renewal_counts_ahead_and_what_is_not_known_yet_does_not_end_it(con: duckdb.DuckDBPyConnection) -> None:
    due = {"table": "contracts", "column": "ends_at", "ahead_days": 30}
    assert found(con, **due) == ["a", "b", "c"]
    assert found(con, **due, where="renewed_at IS NULL") == ["a", "c"]
    assert found(con, **{**due, "ahead_days": 5}) == []


def test_what_was_announced_counts_ahead_and_what_was_not_does_not(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "INSERT INTO contracts SELECT customer_id, 'w', TIMESTAMP '2026-03-20', TIMESTAMP '2027-03-20', "
        "NULL, CAST(known AS TIMESTAMP) FROM (VALUES ('a', '2026-02-15'), ('b', '2026-03-15')) t(customer_id, known)"
    )
    assert found(con, table="contracts", ahead_days=30) == ["a"]
    assert found(con, table="contracts", within_days=30) == []


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ({"table": "deliveries", "within_days": 1}, "no such table"),
        ({"table": "contracts", "column": "end_at", "ahead_days": 1}, "no such column"),
        ({"table": "contracts", "where": "nonsense = 1", "ahead_days": 1}, "nonsense"),
    ],
)
def test_a_moment_that_does_not_fit_the_tables_is_refused(
    con: duckdb.DuckDBPyConnection, moment: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        found(con, **moment)


def test_a_moment_without_days_is_refused() -> None:
    with pytest.raises(ConfigError, match="no days in which the moment counts"):
        PlanMoment.model_validate({"table": "contracts"})


LETTER = {"name": "letter", "channel": "letter", "cost": 2, "minutes": 10, "success": {"any": odds(1, 9)}}
CALL = {"name": "call", "channel": "phone", "cost": 5, "minutes": 20, "success": {"any": odds(2, 8)}}
BOTH = {"name": "both", "first": "letter", "then": "call", "pause_days": 2, "success": {"any": odds(4, 6)}}


def letters_and_calls(**changes: Any) -> PlanSettings:
    base = {
        "actions": [LETTER, CALL],
        "sequences": [BOTH],
        "channels": {"phone": {"capacity_per_day": 100}, "letter": {"capacity_per_day": 100}},
        "agents": [ann(channels=["phone", "letter"])],
    }
    return calls(**{**base, **changes})


def test_a_sequence_is_two_appointments_with_the_pause_between_them() -> None:
    made = make_plan(alike(1), KnownTables(), letters_and_calls())
    rows = made.rows
    assert rows["action"].tolist() == ["letter", "call"]
    assert rows["date"].astype(str).tolist() == ["2026-03-02", "2026-03-04"]
    assert (rows["sequence"] == "both").all()
    assert rows["step"].tolist() == [1, 2]
    assert rows["cost"].tolist() == [2.0, 5.0]
    assert rows["expected_saved"].tolist() == pytest.approx([50.0, 150.0])
    assert made.summary.net_benefit == pytest.approx(193.0)
    assert made.summary.by_action == {"letter": 0, "call": 0, "both": 1}
    assert made.summary.contacts == 1


def test_a_sequence_whose_second_day_has_no_room_leaves_the_first_one_free() -> None:
    mondays = [ann(channels=["phone", "letter"], weekdays=["mon"])]
    rows = make_plan(alike(1), KnownTables(), letters_and_calls(agents=mondays)).rows
    assert rows["action"].tolist() == ["call"]
    assert rows["slot"].tolist() == ["09:00-09:20"]


def test_the_choice_knows_that_a_sequence_must_begin_in_time() -> None:
    """Of five days the first three leave time for the call; without that knowledge all five letters would go there."""
    channels = {"phone": {"capacity_per_day": 100}, "letter": {"capacity_per_day": 1}}
    summary = make_plan(alike(9), KnownTables(), letters_and_calls(channels=channels)).summary
    assert summary.by_action == {"letter": 1, "call": 5, "both": 3}
    assert summary.gap == pytest.approx(0.0, abs=1e-6)


def test_a_sequence_needs_a_customer_whom_both_actions_are_for() -> None:
    only_low = {**LETTER, "risk_bands": ["low"]}
    plan = letters_and_calls(actions=[only_low, CALL])
    rows = make_plan(alike(1).assign(risk_band="high"), KnownTables(), plan).rows
    assert rows["action"].tolist() == ["call"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"then": "visit"}, "unknown action"),
        ({"pause_days": 7}, "lies beyond the plan"),
        ({"name": "call"}, "the name occurs twice"),
    ],
)
def test_a_sequence_that_cannot_be_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        letters_and_calls(sequences=[{**BOTH, **changes}])


def test_the_agents_named_by_an_action_are_the_only_ones_to_perform_it() -> None:
    staff = [ann(), ann(name="Bo"), ann(name="Cy")]
    rows = make_plan(alike(9), KnownTables(), calls(agents=staff, actions=[{**CALL, "agents": ["Bo"]}])).rows
    assert rows["agent"].unique().tolist() == ["Bo"]
    with pytest.raises(ConfigError, match="unknown agent: 'Bob'"):
        calls(actions=[{**CALL, "agents": ["Bob"]}])


def test_an_action_can_be_for_complaints_of_a_grade() -> None:
    table = pd.DataFrame(
        {
            "customer_id": ["c00000", "c00001"],
            "complaint_id": ["x", "y"],
            "opened_at": [datetime(2026, 1, 1)] * 2,
            "resolved_at": [datetime(2026, 1, 2)] * 2,
            "grade": ["1", "4"],
        }
    )
    plan = calls(actions=[{**CALL, "grades": ["4", "5"]}])
    assert contacted(make_plan(alike(3), KnownTables(complaints=table), plan)) == [1]


@example_settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(0, 40),
    st.integers(0, 2),
    st.integers(1, 3),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_with_sequences_and_a_floor_the_plan_is_the_best_of_all_plans(
    customers: int, budget: int, letters_a_day: int, floor: int, big: list[bool]
) -> None:
    """Every offer to every customer is tried, counted by hand: money, letters, hours, and the floor."""
    known = kinds(*("enterprise" if one else "individual" for one in big[:customers]))
    plan = letters_and_calls(
        budget=budget,
        channels={"phone": {"capacity_per_day": 1}, "letter": {"capacity_per_day": letters_a_day}},
        agents=[ann(channels=["phone", "letter"], hours_per_day=0.5)],
        segments=[segment(at_least=floor)],
    )
    made = make_plan(scores(customers, seed=budget), known, plan)
    assert made.summary.bound >= _best(scores(customers, seed=budget), budget, letters_a_day, floor, big) - 1e-6
    assert made.summary.bound == pytest.approx(_best(scores(customers, seed=budget), budget, letters_a_day, floor, big))


OFFERS = {  # cost, letters, calls, minutes, chance
    "none": (0, 0, 0, 0, 0.0),
    "letter": (2, 1, 0, 10, 0.1),
    "call": (5, 0, 1, 20, 0.2),
    "both": (7, 1, 1, 30, 0.4),
}
DAYS = 5  # working days of the period


def _best(table: pd.DataFrame, budget: int, letters_a_day: int, floor: int, big: list[bool]) -> float:
    stake = (table["risk"] * table["loss_if_defect"]).tolist()
    best = (-1, -1.0)
    for chosen in product(OFFERS, repeat=len(stake)):
        cost, letters, phone, minutes = (sum(OFFERS[name][n] for name in chosen) for n in range(4))
        worth = [OFFERS[name][4] * at - OFFERS[name][0] for name, at in zip(chosen, stake, strict=True)]
        offered = [name != "none" for name in chosen]
        pairs = chosen.count("both")  # its letter comes on the first three days, its call on the last three
        fits = pairs <= min(3 * letters_a_day, 3, 90 // 20)
        fits = fits and cost <= budget and letters <= letters_a_day * DAYS and phone <= DAYS and minutes <= 30 * DAYS
        if fits and all(one > 0 for one, yes in zip(worth, offered, strict=True) if yes):
            reached = min(floor, int(np.sum([yes and one for yes, one in zip(offered, big, strict=False)])))
            best = max(best, (reached, sum(worth)))
    return best[1]
