"""The difference between the arms of an experiment."""

import numpy as np
import pandas as pd
import pytest

from models.arms import ALL, difference_by_arm


def _cases(action: str, treated: tuple[int, int], control: tuple[int, int]) -> pd.DataFrame:
    """`treated` and `control`: how many defected, out of how many."""
    parts = [
        pd.DataFrame({"action": action, "arm": arm, "defected": [i < hits for i in range(rows)]})
        for arm, (hits, rows) in (("treat", treated), ("control", control))
    ]
    return pd.concat(parts)


def test_the_interval_of_one_comparison_is_that_of_newcombe() -> None:
    # Newcombe 1998, table II: 56/70 against 48/80, method 10.
    # Two comparisons (the action, and all together) of 90 % make 95 % for each.
    found = difference_by_arm(_cases("call", (56, 70), (48, 80)), level=0.9)
    assert found["difference"].iloc[0] == pytest.approx(0.2)
    assert (found["low"].iloc[0], found["high"].iloc[0]) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_more_actions_make_wider_intervals() -> None:
    one = difference_by_arm(_cases("call", (10, 100), (20, 100))).set_index("action")
    parts = [_cases(f"a{n}", (10, 100), (20, 100)) for n in range(6)]
    many = difference_by_arm(pd.concat(parts)).set_index("action")
    assert many.loc["a0", "high"] - many.loc["a0", "low"] > one.loc["call", "high"] - one.loc["call", "low"]


def test_an_effect_is_claimed_only_where_zero_lies_outside() -> None:
    cases = pd.concat([_cases("strong", (20, 1000), (120, 1000)), _cases("none", (100, 1000), (101, 1000))])
    found = difference_by_arm(cases).set_index("action")["claimed"]
    assert found.to_dict() == {ALL: True, "none": False, "strong": True}


def test_an_action_without_both_arms_is_left_out() -> None:
    lone = _cases("lone", (5, 50), (0, 0))
    found = difference_by_arm(pd.concat([lone, _cases("call", (5, 50), (6, 50))]))
    assert found["action"].tolist() == [ALL, "call"]


def test_chance_alone_is_seldom_claimed() -> None:
    rng = np.random.default_rng(0)
    claims = 0
    for _ in range(60):
        n = 400
        cases = pd.DataFrame(
            {
                "action": rng.choice(["a", "b", "c"], n),
                "arm": rng.choice(["treat", "control"], n),
                "defected": rng.random(n) < 0.1,
            }
        )
        claims += bool(difference_by_arm(cases)["claimed"].any())
    assert claims <= 8
