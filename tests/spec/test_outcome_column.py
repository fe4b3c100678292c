"""column: the label is given in a flat file."""

from typing import Any

import pytest

from features.errors import ConfigError, MissingColumnError
from features.schema import DType
from models.outcome_kinds import GivenColumn
from tests.outcome_support import Company, day

T = day("2024-03-01")
TYPES: dict[str, DType] = {"Charges": "number", "Left": "number", "Gone": "flag"}
OUTCOME = GivenColumn(column="Churn", positive="Yes", horizon_days=60)


def labels(outcome: GivenColumn, *rows: dict[str, object]) -> list[dict[str, Any]]:
    customers = [{"customer_id": str(n), **row} for n, row in enumerate(rows)]
    return Company({"customers": customers}, [(str(n), T) for n in range(len(rows))], TYPES).labels(outcome)


def test_the_positive_value_defected_a_missing_one_has_no_label_and_all_others_stayed() -> None:
    found = labels(OUTCOME, {"Churn": "Yes"}, {"Churn": "No"}, {"Churn": None}, {"Churn": " Yes "})
    assert [row["defected"] for row in found] == [True, False, None, True]
    assert {row["status"] for row in found} == {"at_risk"}


@pytest.mark.parametrize("positive", [1, 1.0, "1", True])
def test_the_positive_value_is_compared_in_the_type_of_the_column(positive: str | float) -> None:
    found = labels(GivenColumn(column="Left", positive=positive), {"Left": 1}, {"Left": 0})
    assert [row["defected"] for row in found] == [True, False]


def test_a_positive_value_that_the_column_cannot_hold_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"outcome\.positive: not a number, as Left is: 'Yes'"):
        labels(GivenColumn(column="Left", positive="Yes"), {"Left": 1})


def test_a_flag_is_compared_as_a_flag() -> None:
    found = labels(GivenColumn(column="Gone"), {"Gone": True}, {"Gone": False})
    assert [row["defected"] for row in found] == [True, False]


def test_nothing_is_dated() -> None:
    assert labels(OUTCOME, {"Churn": "Yes"})[0]["defected_at"] is None


def test_the_reason_gives_the_type_of_those_who_defected() -> None:
    outcome = GivenColumn(column="Churn", positive="Yes", reason_column="Why", reasons={"Price too high": "price"})
    why = ["price too high", "Don't know", None, "Price too high"]
    churn = ["Yes", "Yes", "Yes", "No"]
    found = labels(outcome, *({"Churn": c, "Why": w} for c, w in zip(churn, why, strict=True)))
    assert [row["type"] for row in found] == ["price", "unknown", "unknown", None]


def test_money_of_a_period_is_spread_over_the_horizon_whether_defected_or_not() -> None:
    monthly = GivenColumn(column="Churn", positive="Yes", horizon_days=60, money_column="Charges", money_period_days=30)
    rows = ({"Churn": "Yes", "Charges": 20.0}, {"Churn": "No", "Charges": None}, {"Churn": "No", "Charges": 5.0})
    assert [row["revenue"] for row in labels(monthly, *rows)] == [40.0, None, 10.0]
    whole = monthly.model_copy(update={"money_period_days": None})
    assert [row["revenue"] for row in labels(whole, *rows)] == [20.0, None, 5.0]


def test_who_joined_later_than_the_snapshot_or_too_recently_is_too_new() -> None:
    joined = [{"Churn": "No", "joined_at": day(at)} for at in ("2024-03-01", "2024-02-29", "2023-01-01")]
    assert [row["status"] for row in labels(OUTCOME, *joined)] == ["too_new", "at_risk", "at_risk"]
    older = OUTCOME.model_copy(update={"min_tenure_days": 30})
    assert [row["status"] for row in labels(older, *joined)] == ["too_new", "too_new", "at_risk"]


def test_a_customer_without_events_is_at_risk_where_no_joining_date_is_given() -> None:
    tables = {"customers": [{"customer_id": "ada", "Churn": "No"}], "complaints": []}
    assert Company(tables, [("ada", T)]).statuses(OUTCOME) == ["at_risk"]


def test_a_column_that_is_not_there_is_named_with_the_nearest_one() -> None:
    with pytest.raises(MissingColumnError, match=r"kind column, table customers: .* 'Churn'\. Did you mean Churned\?"):
        labels(OUTCOME, {"Churned": "Yes"})
