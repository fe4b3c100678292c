"""Reasons in words."""

import numpy as np

from models.matrix import Columns
from models.reasons import Wording, top_reasons

COLUMNS = Columns(("open_days", "channel", "calls"), {"channel": ("web", "post")})
WORDINGS = {
    "open_days": Wording("days the complaint stayed open", "days"),
    "channel": Wording("channel", "category"),
}


def reasons(effects: list[float], cells: list[float], top: int = 5) -> list[dict[str, object]]:
    found = top_reasons(np.array([[*effects, -1.0]]), np.array([cells]), COLUMNS, WORDINGS, top=top)
    return found.to_pylist()[0]  # type: ignore[no-any-return]


def test_the_largest_effects_come_first_with_the_customers_own_value() -> None:
    found = reasons([0.2, 0.7, 0.1], [12.0, 1.0, 3.456])
    assert [reason["feature"] for reason in found] == ["channel", "open_days", "calls"]
    assert [reason["value"] for reason in found] == ["post", "12", "3.46"]
    assert [reason["effect"] for reason in found] == [0.7, 0.2, 0.1]
    assert found[1]["text"] == "days the complaint stayed open: 12 days"
    assert found[0]["text"] == "channel: post"


def test_only_what_raises_the_risk_is_a_reason_for_it() -> None:
    assert [reason["feature"] for reason in reasons([-0.9, 0.1, 0.0], [1.0, 0.0, 1.0])] == ["channel"]
    assert reasons([-1.0, -1.0, -1.0], [1.0, 0.0, 1.0]) == []


def test_no_more_than_asked_for() -> None:
    assert [reason["feature"] for reason in reasons([0.1, 0.2, 0.3], [1.0, 0.0, 1.0], top=2)] == ["calls", "channel"]


def test_a_missing_value_is_said_to_be_missing() -> None:
    found = reasons([0.5, 0.0, 0.0], [np.nan, 0.0, 0.0])
    assert found[0]["value"] is None
    assert found[0]["text"] == "days the complaint stayed open: none or not known"


def test_a_column_without_words_goes_by_its_name() -> None:
    assert reasons([0.0, 0.0, 0.5], [0.0, 0.0, 12345.678])[0]["text"] == "calls: 12346"


def test_every_row_keeps_its_own_reasons() -> None:
    effects = np.array([[1.0, 0.0, 0.0, 0], [-1.0, -1.0, -1.0, 0], [0.0, 2.0, 1.0, 0]])
    found = top_reasons(effects, np.zeros((3, 3)), COLUMNS, WORDINGS, top=2).to_pylist()
    assert [[reason["feature"] for reason in row] for row in found] == [["open_days"], [], ["channel", "calls"]]
