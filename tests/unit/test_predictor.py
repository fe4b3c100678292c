"""All models behind one door."""

import numpy as np
import pytest

from features.errors import ModelMismatchError, OneClassError
from models.arrays import from_json, to_json
from models.predictor import Predictor
from models.rows import Rows
from models.settings import LossSettings, ModelSettings, TypeSettings
from models.training import Fitted, Outcomes, fit_predictor
from models.types import TYPES
from tests.planted import QUICK, as_matrix, catalogue, planted_rows

SETTINGS = ModelSettings(
    risk=QUICK,
    types=TypeSettings(folds=3, max_trees=30, patience=5, num_threads=1),
    loss=LossSettings(folds=3, max_trees=30, patience=5, num_threads=1),
)
SCORES = (
    "risk",
    "risk_band",
    *(f"type_{name}" for name in TYPES),
    *("loss_if_defect", "loss_low", "loss_high", "expected_loss"),
    *("loss_sales", "loss_profit", "loss_replacement", "loss_word_of_mouth"),
)


def outcomes(rows: Rows) -> Outcomes:
    rng = np.random.default_rng(0)
    revenue = np.exp(3 + rows.X[:, 1]) * np.where(rows.y == 1, 0.1, 1.0)
    types = [("service" if rng.random() < 0.7 else None) if left else None for left in rows.y]
    return Outcomes(rows.y, [f"c{c}" for c in rows.customers], types=types, revenue=revenue)


@pytest.fixture(scope="module", name="fitted")
def _fitted() -> Fitted:
    rows = planted_rows(1500)
    return fit_predictor(as_matrix(rows), catalogue(), outcomes(rows), settings=SETTINGS)


def test_it_gives_the_score_columns_for_each_row_in_order(fitted: Fitted) -> None:
    table = as_matrix(planted_rows(300, seed=1))
    scores = fitted.predictor.predict(table)
    assert set(SCORES) <= set(scores.columns)
    assert len(scores) == 300
    turned = fitted.predictor.predict(table.take(list(range(299, -1, -1))))
    np.testing.assert_array_equal(scores["risk"], turned["risk"][::-1])


def test_scores_keep_their_bounds(fitted: Fitted) -> None:
    scores = fitted.predictor.predict(as_matrix(planted_rows(300, seed=1)))
    assert scores["risk"].between(0, 1).all()
    np.testing.assert_allclose(scores[[f"type_{name}" for name in TYPES]].sum(axis=1), 1.0)
    assert (scores["loss_low"] <= scores["loss_if_defect"]).all()
    assert (scores["loss_if_defect"] <= scores["loss_high"]).all()
    np.testing.assert_allclose(scores["expected_loss"], scores["risk"] * scores["loss_if_defect"])


def test_bands_follow_the_risk_and_hold_about_their_shares(fitted: Fitted) -> None:
    scores = fitted.predictor.predict(as_matrix(planted_rows(4000, seed=2)))
    shares = scores["risk_band"].value_counts(normalize=True)
    assert shares["very_high"] == pytest.approx(0.05, abs=0.03)
    assert shares["low"] == pytest.approx(0.5, abs=0.07)
    means = scores.groupby("risk_band")["risk"].mean()
    assert means["low"] < means["medium"] < means["high"] < means["very_high"]


def test_reasons_name_the_planted_cause(fitted: Fitted) -> None:
    rows = planted_rows(1, seed=3)
    rows.X[0] = [3.0, -1.0, 0, 0]
    found = fitted.predictor.reasons(as_matrix(rows), top=1).to_pylist()[0]
    assert found[0]["feature"] == "open_days"
    assert found[0]["text"] == "time the complaint stayed open: 3 days (typical 0 days)"


def test_it_loads_to_the_same_predictor_from_text(fitted: Fitted) -> None:
    table = as_matrix(planted_rows(200, seed=4))
    parts = fitted.predictor.dump()
    assert all(name.endswith((".json", ".txt")) and content.decode("utf-8") for name, content in parts.items())
    loaded = Predictor.load(parts)
    assert loaded.predict(table).equals(fitted.predictor.predict(table))
    assert loaded.reasons(table).equals(fitted.predictor.reasons(table))
    assert loaded.dump() == parts


def test_the_same_seed_gives_the_same_bytes(fitted: Fitted) -> None:
    rows = planted_rows(1500)
    again = fit_predictor(as_matrix(rows), catalogue(), outcomes(rows), settings=SETTINGS)
    assert again.predictor.dump() == fitted.predictor.dump()


def test_another_format_is_refused(fitted: Fitted) -> None:
    parts = fitted.predictor.dump()
    changed = from_json(parts["manifest.json"]) | {"format": 99}
    with pytest.raises(ModelMismatchError, match="format differs: trained with 99, now 2"):
        Predictor.load(parts | {"manifest.json": to_json(changed)})


def test_flat_data_without_money_or_reasons_still_get_a_score() -> None:
    rows = planted_rows(600)
    fitted = fit_predictor(as_matrix(rows), catalogue(), Outcomes(rows.y, rows.customers.tolist()), settings=SETTINGS)
    scores = fitted.predictor.predict(as_matrix(rows))
    assert (scores["type_unknown"] == 1).all()
    assert scores["expected_loss"].isna().all()
    known = fitted.predictor.predict(as_matrix(rows), known_value=np.full(600, 12.0))
    np.testing.assert_allclose(known["expected_loss"], 12.0 * known["risk"])


def test_nobody_defecting_is_refused() -> None:
    rows = planted_rows(100)
    with pytest.raises(OneClassError):
        fit_predictor(as_matrix(rows), catalogue(), Outcomes(np.zeros(100), list(range(100))), settings=SETTINGS)


def test_the_summary_says_what_was_chosen_and_why(fitted: Fitted) -> None:
    summary = fitted.summary()
    assert summary["risk.chosen"] in {"logistic", "lightgbm", "blend"}
    assert {"risk.candidate.base_rate.log_loss", "types.chosen", "loss.chosen", "loss.defector_share"} <= set(summary)


def test_a_model_that_was_stored_without_baselines_is_loaded_without_them(fitted: Fitted) -> None:
    parts = fitted.predictor.dump()
    del parts["baselines.json"]
    assert set(Predictor.load(fitted.predictor.dump()).baselines) == {"base_rate", "single_rule", "logistic"}
    assert Predictor.load(parts).baselines == {}


@pytest.mark.parametrize("damaged", [b"", b"x", b"{}"])
def test_trees_that_lightgbm_did_not_write_are_refused(fitted: Fitted, damaged: bytes) -> None:
    parts = fitted.predictor.dump()
    trees = next(name for name in parts if name.endswith("booster_00.txt"))
    with pytest.raises(ValueError, match="holds no trees"):
        Predictor.load({**parts, trees: damaged})


def test_baselines_score_the_same_table(fitted: Fitted) -> None:
    found = fitted.predictor.baseline_risks(fitted.predictor.encode(as_matrix(planted_rows(50, seed=5))))
    assert set(found) == {"base_rate", "single_rule", "logistic"}
    assert all(((risk > 0) & (risk < 1)).all() for risk in found.values())
