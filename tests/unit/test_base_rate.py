"""What the report says about the base rate and about the level of the risk."""

import pandas as pd

from pipeline.reporting.base_rate import said

TABLE = pd.DataFrame(
    {
        "rows": [100, 100, 300, 100],
        "rate": [0.10, 0.20, 0.24, 0.50],
        "before": [0.10, 0.10, 0.14, 0.15],
        "used": ["training", "training", "training", "test"],
    }
)


def test_the_change_stands_beside_what_defected_on_the_later_snapshots_it_comes_from() -> None:
    words = said(TABLE, {"slope": 1.0, "intercept": 0.5, "calibration.snapshots": 2}).replace("\xa0", " ")
    assert "the last 2 training snapshots, where 23.0 % defected and 13.0 % were expected" in words
    assert "times 1.000 and moved by 0.500" in words


def test_without_later_snapshots_and_without_a_change_it_says_so() -> None:
    words = said(TABLE, {"slope": 1.0, "intercept": 0.0, "calibration.snapshots": 0})
    assert "Too few later snapshots were complete" in words
    assert "stated as fitted" in words
