"""Rates by class, for notebooks."""

import pandas as pd
import pytest

from pipeline.frames import rates


def test_numbers_are_cut_into_classes_that_hold_their_lower_edge() -> None:
    rows = pd.DataFrame({"hours": [0.0, 3.9, 4.0, 30.0, None], "defected": [True, False, True, True, False]})
    table = rates(rows, "hours", edges=[0, 4, 24, 1000])
    assert table.index.tolist() == ["0 to below 4", "4 to below 24", "24 to below 1000", "not known"]
    assert table["rows"].tolist() == [2, 1, 1, 1]
    assert table["defected"].tolist() == [1, 1, 1, 0]
    assert table.index.name == "hours"


def test_the_interval_holds_the_rate_and_narrows_with_rows() -> None:
    rows = pd.DataFrame({"group": ["few"] * 10 + ["many"] * 1000, "defected": [True, False] * 505})
    table = rates(rows, "group")
    assert table["rate"].tolist() == pytest.approx([0.5, 0.5])
    width = table["high"] - table["low"]
    assert width["many"] < width["few"] / 5
