"""What complaints are about by their own words, as known at the snapshot."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.companies import SETTINGS, Row, day, features_at

T = "2024-07-01"


def complaint(days_ago: float, text: str | None) -> Row:
    opened = day(T) - timedelta(days=days_ago)
    return {"customer_id": "ann", "complaint_id": f"k{days_ago}", "opened_at": opened, "text": text}


def at(*rows: Row) -> dict[str, object]:
    return features_at({"complaints": list(rows)}, T)


def chance_of_b(score_a: float, score_b: float) -> float:
    """Softmax of the tests' model, whose second cause starts 0.25 ahead."""
    return math.exp(score_b + 0.25) / (math.exp(score_a) + math.exp(score_b + 0.25))


def test_the_words_of_a_complaint_give_a_probability_of_each_cause() -> None:
    found = at(complaint(3, "B ab"))
    assert found["text__last_b"] == pytest.approx(chance_of_b(1 / math.sqrt(2), 2 / math.sqrt(2)))
    assert found["text__last_a"] == pytest.approx(1 - chance_of_b(1 / math.sqrt(2), 2 / math.sqrt(2)))
    assert found["text__last_cause"] == "b"


def test_chinese_is_read_like_any_other_language() -> None:
    found = at(complaint(3, "价格"))
    assert found["text__last_a"] == pytest.approx(1 - chance_of_b(3, 0))
    assert found["text__last_cause"] == "a"


def test_expected_numbers_add_the_probabilities_within_the_window() -> None:
    found = at(complaint(3, "b"), complaint(30, "a"), complaint(31, "b"), complaint(366, "b"))
    b, a = chance_of_b(0, 2), chance_of_b(1, 0)
    assert found["text__expected_b_30d"] == pytest.approx(b + a, abs=2e-6)
    assert found["text__expected_b_365d"] == pytest.approx(b + a + b, abs=3e-6)
    assert (found["text__count_30d"], found["text__count_365d"]) == (2, 3)


def test_a_complaint_at_the_snapshot_or_without_words_is_not_read() -> None:
    found = at(complaint(3, "a"), complaint(2, None), complaint(0, "b"))
    assert found["text__last_cause"] == "a"
    assert found["text__count_365d"] == 1


def test_customers_without_a_complaint_in_words_have_none() -> None:
    found = at(complaint(2, None))
    assert (found["text__count_30d"], found["text__expected_a_30d"], found["text__last_a"]) == (0, 0, None)


def test_without_a_classifier_there_are_no_features_of_words() -> None:
    found = features_at({"complaints": [complaint(3, "a")]}, T, replace(SETTINGS, text=None))
    assert not [name for name in found if name.startswith("text__")]
