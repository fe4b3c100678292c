"""Effects that only rise or fall, and rows that weigh by value."""

from dataclasses import replace

import numpy as np
import pytest

from features.errors import ConfigError
from models.risk import fit_risk
from models.rows import Rows
from models.settings import LinearShape, RiskSettings
from models.wishes import by_value, wished
from tests.planted import NAMES, QUICK, planted_rows

BENT = LinearShape(name="spline", bend="spline", strength=1.0)


def hill(count: int = 3000) -> Rows:
    """The risk rises with the first column and then falls again."""
    rows = planted_rows(count)
    chance = 0.1 + 0.6 * np.exp(-(np.nan_to_num(rows.X[:, 0]) ** 2))
    return rows.target((np.random.default_rng(1).random(count) < chance).astype(float))


def climb(rows: Rows, settings: RiskSettings) -> np.ndarray:
    """Log-odds along the first column, all else equal."""
    fitted = fit_risk(wished(rows, NAMES, ("channel",), settings), settings)
    X = np.tile(np.array([0.0, 0.0, 1.0, 0.0]), (60, 1))
    X[:, 0] = np.linspace(-3, 3, 60)
    return fitted.model.log_odds(X)


@pytest.mark.parametrize(("direction", "sign"), [("rises", 1), ("falls", -1)])
def test_the_risk_keeps_the_direction_whichever_candidate_is_chosen(direction: str, sign: int) -> None:
    settings = QUICK.model_copy(update={"monotone": {"open_*": direction}, "linear": (BENT,)})
    assert (sign * np.diff(climb(hill(), settings)) >= -1e-12).all()
    free = np.diff(climb(hill(), QUICK.model_copy(update={"linear": (BENT,)})))
    assert free.max() > 0.05
    assert free.min() < -0.05


@pytest.mark.parametrize(("direction", "sign"), [("rises", 1), ("falls", -1)])
def test_data_that_contradict_the_wish_do_not_break_it(direction: str, sign: int) -> None:
    """The first column alone says everything, and says the opposite: no candidate may follow it."""
    rows = planted_rows(1500)
    chance = 1 / (1 + np.exp(sign * 2 * np.nan_to_num(rows.X[:, 0])))
    rows = rows.target((np.random.default_rng(2).random(len(rows.y)) < chance).astype(float))
    against = QUICK.model_copy(update={"monotone": {"open_*": direction}})
    assert (sign * np.diff(climb(rows, against)) >= -1e-12).all()
    assert (sign * np.diff(climb(rows, QUICK))).min() < -0.05


def test_a_later_pattern_overrides_an_earlier_one_and_others_stay_free() -> None:
    settings = RiskSettings(monotone={"*": "rises", "noise": "falls"})
    assert wished(planted_rows(10), NAMES, ("channel",), settings).monotone == (1, 1, 0, -1)
    assert wished(planted_rows(10), NAMES, (), RiskSettings()).monotone == ()


def test_rows_weigh_in_proportion_to_the_value() -> None:
    assert by_value("worth", np.array([1.0, 3.0, np.nan, -5.0])).tolist() == pytest.approx([0.75, 2.25, 1.0, 0.0])
    rows = replace(planted_rows(3), X=np.array([[1.0, 1, 0, 0], [3.0, 1, 0, 0], [2.0, 1, 0, 0]]))
    weighed = wished(rows, NAMES, ("channel",), RiskSettings(weight_by="open_days"))
    assert weighed.weights is not None
    assert weighed.weights.tolist() == pytest.approx([0.5, 1.5, 1.0])


def test_rows_of_worth_count_more_in_the_level() -> None:
    rows = planted_rows(3000, signal=False)
    y = np.where(rows.X[:, 2] == 0, 1.0, rows.y)
    X = rows.X.copy()
    X[:, 3] = np.where(rows.X[:, 2] == 0, 9.0, 1.0)
    base = fit_risk(wished(replace(rows, X=X, y=y), NAMES, (), RiskSettings(weight_by="noise")), QUICK)
    assert base.baselines["base_rate"].log_odds(X[:1])[0] > 1.0


@pytest.mark.parametrize(
    ("wish", "where"),
    [({"monotone": {"silense": "rises"}}, "monotone"), ({"monotone": {"channel": "falls"}}, "monotone"),
     ({"weight_by": "channel"}, "weight_by"), ({"weight_by": "nothing"}, "weight_by")],
)  # fmt: skip
def test_a_wish_about_no_numeric_feature_is_refused(wish: dict[str, object], where: str) -> None:
    with pytest.raises(ConfigError, match=rf"model\.risk\.{where}: no numeric feature"):
        wished(planted_rows(10), NAMES, ("channel",), RiskSettings.model_validate(wish))


@pytest.mark.parametrize(("values", "seen"), [([0.0, -2.0], "The largest is 0"), ([np.nan, np.nan], "All are missing")])
def test_values_none_of_which_is_above_zero_are_refused(values: list[float], seen: str) -> None:
    refusal = rf"model\.risk\.weight_by: no customer has a value above zero: 'worth'\. {seen}"
    with pytest.raises(ConfigError, match=refusal):
        by_value("worth", np.array(values))
