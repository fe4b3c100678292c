"""Each check of the gate before the champion, by itself and together."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipeline import tested_rows as kept_rows
from pipeline.champion import Rival
from pipeline.config.promotion import PromotionConfig
from pipeline.gate import Evidence, findings

ASKED = PromotionConfig()


def rows_of(sharpness: float = 1.0, rows: int = 2000, start: int = 0) -> pd.DataFrame:
    """A model whose log-odds are the true ones times `sharpness`, and a baseline that knows only the share."""
    rng = np.random.default_rng(0)
    log_odds = 1.5 * rng.normal(size=rows)
    y = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    frame = pd.DataFrame({"row": np.arange(start, start + rows), "customer": np.arange(rows) // 2, "y": y})
    return frame.assign(model=1 / (1 + np.exp(-sharpness * log_odds)), base_rate=y.mean())


GOOD = Evidence(True, "abc", "abc", {"risk.ece": 0.01, "loss.coverage": 0.89}, rows_of(), None, 0.9)


def against(**changed: Any) -> tuple[str, ...]:
    return findings(replace(GOOD, **changed), ASKED)


def test_a_version_that_shows_everything_passes() -> None:
    assert against() == ()
    assert against(champion=Rival("shop/1", rows_of(0.3))) == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"leakcheck": None}, "it has no leak check"),
        ({"leakcheck": False}, "it failed its leak check"),
        ({"checked_features": "old"}, "it was checked with other features than it was trained with"),
        ({"tested": None}, "its run kept no tested rows"),
        ({"tested": rows_of(0.0)}, "it does not beat the baseline base rate beyond chance: log loss lower by"),
        ({"tested": rows_of(-1.0)}, "it is worse than the baseline base rate"),
        ({"champion": Rival("shop/1", rows_of())}, "it does not beat the champion shop/1 beyond chance"),
        ({"tested": rows_of(0.3), "champion": Rival("shop/1", rows_of())}, "it is worse than the champion shop/1"),
        ({"champion": Rival("shop/1", None)}, "there are no rows to test it and the champion shop/1 on"),
        ({"champion": Rival("shop/1", rows_of(start=9000))}, "there are no rows to test it and the champion shop/1 on"),
        ({"metrics": {"risk.ece": 0.2}}, "its expected calibration error is 0.200, above 0.05"),
        ({"metrics": {}}, "its calibration was not measured"),
        ({"metrics": {"risk.ece": 0.0, "loss.coverage": 0.7}}, "held 0.700 of the values, 0.9 are stated"),
    ],
)
def test_what_is_missing_is_the_finding(changed: dict[str, Any], said: str) -> None:
    found = against(**changed)
    assert len(found) == 1
    assert said in found[0]


def test_all_findings_come_together() -> None:
    found = against(leakcheck=None, tested=rows_of(-1.0), metrics={"risk.ece": 0.3, "loss.coverage": 0.1})
    assert len(found) == 4


def test_an_interval_that_holds_more_than_it_states_is_kept_and_without_money_nothing_is_asked() -> None:
    assert against(metrics={"risk.ece": 0.0, "loss.coverage": 1.0}) == ()
    assert against(metrics={"risk.ece": 0.0}) == ()


def test_not_worse_is_enough_where_the_config_says_so() -> None:
    equal = replace(GOOD, champion=Rival("shop/1", rows_of()))
    assert findings(equal, PromotionConfig(against_champion="not_worse")) == ()
    nothing = replace(GOOD, tested=rows_of(0.0))
    assert findings(nothing, PromotionConfig(against_baselines="not_worse")) == ()


def test_versions_are_compared_on_the_rows_that_both_were_tested_on() -> None:
    mine, theirs = rows_of(), rows_of(0.3).iloc[500:900]
    found = kept_rows.between(mine, theirs, 0.95)
    assert found is not None
    assert found.rows == 400
    assert found.better


def test_tested_rows_hold_no_ids_and_tell_customers_and_snapshots_apart() -> None:
    class Kept:
        keys = pa.table({"customer_id": ["a", "a", "b"], "as_of": [1, 2, 1]})
        y = np.array([0.0, 1.0, 0.0])
        risk = {"model": np.array([0.1, 0.2, 0.3])}  # noqa: RUF012 - stands in for a frozen object

    found = kept_rows.tested_rows(Kept())  # type: ignore[arg-type]
    assert list(found.columns) == ["row", "customer", "y", "model"]
    assert found["row"].nunique() == 3
    assert found["customer"].tolist()[0] == found["customer"].tolist()[1] != found["customer"].tolist()[2]
    assert found.select_dtypes(exclude="number").empty
