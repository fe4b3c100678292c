"""Which customer may be offered what, and what it is worth."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.planning.candidates import Candidates, candidates
from pipeline.planning.facts import customer_facts
from pipeline.planning.known import KnownTables
from pipeline.planning.relationship import RelationshipGrid, relationship_levels
from pipeline.planning.scores import read_scores
from pipeline.planning.settings import PlanSettings
from tests.plan_case import AS_OF, odds, scores, settings

GRID = {
    "medium_margin_from": 10,
    "high_margin_from": 100,
    "medium_customers_from": 2,
    "many_customers_from": 4,
    "grid": {
        "few": {"low": "reactive", "medium": "accountable", "high": "partnership"},
        "medium": {"low": "reactive", "medium": "accountable", "high": "proactive"},
        "many": {"low": "basic", "medium": "reactive", "high": "accountable"},
    },
    "source": "invented",
    "status": "assumption",
}


def one_customer(**columns: Any) -> pd.DataFrame:
    types = {"type_price": 0.5, "type_product": 0.0, "type_service": 0.3, "type_self": 0.2, "type_unknown": 0.0}
    return scores(1, risk=0.4, loss_if_defect=1000.0, **types).assign(**columns)


def pairs(table: pd.DataFrame, plan: PlanSettings, known: KnownTables | None = None, owed: bool = False) -> Candidates:
    checked = read_scores(table)
    facts = customer_facts(checked, known or KnownTables()).assign(owed=owed)
    levels = relationship_levels(checked.frame["loss_profit"], plan.relationship)
    return candidates(checked, facts, levels, plan)


def only(**changes: Any) -> PlanSettings:
    action = {"name": "call", "channel": "phone", "cost": 15, "minutes": 5, "success": {"any": odds(2, 8)}}
    return settings(actions=[{**action, **changes}])


def why(known: KnownTables | None = None, owed: bool = False, plan: PlanSettings | None = None, **columns: Any) -> str:
    return str(pairs(one_customer(**columns), plan or only(), known, owed).excluded.iloc[0])


def customers(**columns: Any) -> KnownTables:
    return KnownTables(customers=pd.DataFrame({"customer_id": ["c00000"], **{k: [v] for k, v in columns.items()}}))


def contacts(occurred_at: str, **columns: Any) -> KnownTables:
    row = {"customer_id": ["c00000"], "occurred_at": [pd.Timestamp(occurred_at)]}
    return KnownTables(contacts=pd.DataFrame({**row, **{k: [v] for k, v in columns.items()}}))


def test_expected_saved_weighs_the_odds_by_the_types_the_risk_and_the_loss() -> None:
    found = pairs(one_customer(), only(success={"price": odds(5, 5), "service": odds(1, 9)}))
    assert found.saved[0, 0] == pytest.approx(0.4 * 1000 * (0.5 * 0.5 + 0.3 * 0.1))
    assert found.net[0, 0] == pytest.approx(found.saved[0, 0] - 15)


def test_any_stands_in_for_the_types_not_named() -> None:
    found = pairs(one_customer(), only(success={"price": odds(5, 5), "any": odds(1, 9)}))
    assert found.saved[0, 0] == pytest.approx(0.4 * 1000 * (0.5 * 0.5 + 0.5 * 0.1))


def test_customers_without_types_count_as_unknown() -> None:
    empty = dict.fromkeys(("type_price", "type_product", "type_service", "type_self", "type_unknown"), np.nan)
    found = pairs(one_customer(**empty), only(success={"unknown": odds(1, 3)}))
    assert found.saved[0, 0] == pytest.approx(0.4 * 1000 * 0.25)
    assert found.top_type.iloc[0] == "unknown"


@pytest.mark.parametrize("status", ["defected", "too_new", "not_found"])
def test_only_customers_at_risk_are_offered_anything(status: str) -> None:
    assert why(status=status) == status


def test_a_customer_without_an_estimated_loss_is_left_out_and_counted() -> None:
    assert why(loss_if_defect=np.nan) == "no_estimate"


def test_do_not_contact_and_missing_consent_are_kept() -> None:
    assert why(customers(do_not_contact=True)) == "do_not_contact"
    assert why(customers(consent=False)) == "no_consent"
    assert why(customers(consent=None)) == "no_consent"
    assert why(customers(consent=True, do_not_contact=None)) == ""


def test_a_customer_missing_from_the_table_that_asks_for_consent_has_not_given_it() -> None:
    table = pd.DataFrame({"customer_id": ["somebody else"], "consent": [True]})
    assert why(KnownTables(customers=table)) == "no_consent"


def test_the_cool_down_counts_from_the_last_contact() -> None:
    assert why(contacts("2026-02-20")) == "cool_down"
    assert why(contacts("2026-01-20")) == ""


def test_a_hold_out_row_among_the_contacts_is_not_a_contact() -> None:
    assert why(contacts("2026-02-20", arm="control")) == ""
    assert why(contacts("2026-02-20", arm="treat")) == "cool_down"


def test_who_was_held_out_is_left_alone_for_as_long_as_the_plan_says() -> None:
    long = settings(holdout_days=60, actions=[only().actions[0].model_dump()])
    assert why(contacts("2026-02-20", arm="control"), plan=long) == "held_out_before"
    assert why(contacts("2025-12-20", arm="control"), plan=long) == ""
    assert why(contacts("2026-01-20", arm="treat"), plan=long) == ""


def test_an_open_complaint_comes_before_any_offer() -> None:
    assert why(owed=True) == "complaint_first"


def test_the_preferred_channel_is_required_unless_the_plan_ignores_it() -> None:
    assert why(customers(preferred_channel="letter")) == "no_fitting_action"
    assert why(customers(preferred_channel="phone")) == ""
    ignoring = settings(preferred_channel="ignore", actions=[only().actions[0].model_dump()])
    assert why(customers(preferred_channel="letter"), plan=ignoring) == ""


def test_actions_are_for_the_types_kinds_and_risk_bands_they_name() -> None:
    assert why(plan=only(types=["service"])) == "no_fitting_action"
    assert why(plan=only(types=["price"])) == ""
    assert why(plan=only(kinds=["enterprise"])) == "no_fitting_action"
    assert why(customers(kind="enterprise"), plan=only(kinds=["enterprise"])) == ""
    assert why(plan=only(risk_bands=["high"]), risk_band="low") == "no_fitting_action"
    assert why(plan=only(risk_bands=["high"]), risk_band="high") == ""


def test_an_action_that_costs_more_than_it_saves_is_not_worth_it() -> None:
    assert why(plan=only(cost=81)) == "not_worth_it"
    assert why(plan=only(cost=79)) == ""


def test_an_action_is_for_its_relationship_level_and_closer_ones() -> None:
    grid = RelationshipGrid.model_validate(GRID)
    base = {"name": "visit", "channel": "phone", "cost": 1, "minutes": 5, "success": {"any": odds(1, 1)}}
    plan = settings(relationship=grid.model_dump(), actions=[{**base, "relationship_level": "accountable"}])
    table = scores(3, loss_profit=[5.0, 50.0, 500.0])
    assert pairs(table, plan).excluded.tolist() == ["no_fitting_action", "", ""]


def test_the_level_falls_with_the_number_of_customers_in_the_tier() -> None:
    grid = RelationshipGrid.model_validate(GRID)
    few = relationship_levels(pd.Series([500.0, 50.0, 5.0, np.nan]), grid)
    assert few.tolist() == ["partnership", "accountable", "reactive", "reactive"]
    assert relationship_levels(pd.Series([500.0] * 4), grid).unique().tolist() == ["accountable"]


def test_the_last_complaint_gives_cause_and_state() -> None:
    table = pd.DataFrame(
        {
            "customer_id": ["c00000", "c00000"],
            "complaint_id": ["a", "b"],
            "opened_at": pd.to_datetime(["2026-02-01", "2026-01-01"]),
            "resolved_at": pd.to_datetime([None, "2026-01-02"]),
            "cause": ["attitude", "product"],
        }
    )
    facts = customer_facts(read_scores(scores(2), AS_OF), KnownTables(complaints=table))
    assert facts["cause"].iloc[0] == "attitude"
    assert facts["complaint_state"].tolist() == ["open", "none"]
