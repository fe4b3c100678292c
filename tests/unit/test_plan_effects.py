"""Learned effects take the place of the odds: harm is left alone, and nothing that does not work is offered."""

import pandas as pd
import pytest

from pipeline.plan import ContactPlan, make_plan
from pipeline.planning.effects import Effects
from pipeline.planning.known import KnownTables
from tests.plan_case import complaint, complaints, scores, settings

ACTIONS = ("discount", "call", "letter", "email")


def planned(effects: Effects, customers: int = 200, known: KnownTables | None = None) -> ContactPlan:
    return make_plan(scores(customers), known or KnownTables(), settings(), effects=effects)


def kept(value: float, customers: int = 200) -> pd.DataFrame:
    return pd.DataFrame(value, index=scores(customers)["customer_id"], columns=list(ACTIONS))


def test_measured_effects_decide_what_an_offer_saves() -> None:
    made = planned(Effects("measured", "spring", kept=kept(0.05)))
    offers = made.rows[made.rows["arm"] == "treat"]
    loss = scores(200).set_index("customer_id")["loss_if_defect"].loc[offers["customer_id"]]
    assert offers["expected_saved"].to_numpy() == pytest.approx(0.05 * loss.to_numpy())
    assert made.summary.effects == "measured"
    assert any("spring" in note for note in made.summary.notes)
    assert "spring" in made.pages["plan.html"]


def test_customers_whom_every_contact_harms_are_left_alone_and_counted() -> None:
    effect = kept(0.05)
    effect.iloc[:40] = -0.01
    made = planned(Effects("measured", "spring", kept=effect))
    assert made.summary.not_contacted["contact_harms"] == 40
    assert not set(effect.index[:40]) & set(made.rows["customer_id"])


def test_customers_without_a_measured_effect_keep_their_odds() -> None:
    some = planned(Effects("measured", "spring", kept=kept(-0.01).head(150)))
    offered = set(some.rows["customer_id"])
    assert offered and offered <= set(scores(200)["customer_id"].iloc[150:])


def test_actions_that_were_not_shown_to_work_are_offered_to_nobody() -> None:
    made = planned(Effects("updated", "spring", {"email": "tried often", "call": "tried often"}))
    assert set(made.rows["action"]) <= {"discount", "letter"}
    assert made.summary.never == {"email": "tried often", "call": "tried often"}
    assert "tried often" in made.pages["plan.html"]


def test_where_nothing_works_only_obligations_are_left() -> None:
    known = KnownTables(complaints=complaints(complaint("c00003", "2026-02-27 10:00")))
    made = planned(Effects("updated", "spring", dict.fromkeys(ACTIONS, "tried often")), known=known)
    assert set(made.rows["customer_id"]) == {"c00003"}
    assert made.summary.contacts == made.summary.hold_out == 0


def test_without_anything_learned_the_plan_says_that_odds_are_assumed() -> None:
    made = planned(Effects())
    assert made.summary.effects == "assumed"
    assert make_plan(scores(200), KnownTables(), settings()).summary == made.summary
