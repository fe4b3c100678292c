"""Named metrics and the tables of the report."""

import numpy as np
import pytest

from models import evaluate
from models.money import MoneySettings

RISK = ("auc", "average_precision", "log_loss", "brier", "lift_10", "total_ratio")


@pytest.fixture(name="rows")
def _rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.7, 1000)
    return (rng.random(1000) < p).astype(float), p, np.arange(1000) // 3


def test_risk_metrics_carry_their_names_and_intervals(rows: tuple[np.ndarray, ...]) -> None:
    found = evaluate.evaluate_risk(*rows, money=MoneySettings(), replicates=50)
    names = (*RISK, "max_profit", "empc")
    assert set(found) == {f"risk.{name}{end}" for name in names for end in ("", ".low", ".high")} | {"risk.ece"}
    assert all(found[f"risk.{name}.low"] <= found[f"risk.{name}"] <= found[f"risk.{name}.high"] for name in names)
    for name in RISK:
        assert found[f"risk.{name}.low"] <= found[f"risk.{name}.high"]
    assert found["risk.auc.low"] < found["risk.auc"] < found["risk.auc.high"]


def test_baselines_are_named_and_measured_on_the_same_rows(rows: tuple[np.ndarray, ...]) -> None:
    y, p, customers = rows
    found = evaluate.evaluate_baselines(y, {"base_rate": np.full(1000, y.mean()), "same": p})
    assert found["baseline.base_rate.auc"] == 0.5
    assert found["baseline.same.auc"] == evaluate.evaluate_risk(y, p, customers, replicates=0)["risk.auc"]


def test_loss_metrics_carry_their_names() -> None:
    actual = np.random.default_rng(0).gamma(1.0, 10.0, 200)
    found = evaluate.evaluate_loss(actual, actual, actual - 1, actual + 1, np.arange(200), replicates=20)
    assert found["loss.mae"] == 0
    assert found["loss.spearman"] == found["loss.gini"] == found["loss.total_ratio"] == found["loss.coverage"] == 1
    assert {"loss.mae.low", "loss.coverage.high", "loss.total_ratio.low"} <= set(found)


def test_the_mean_over_folds_is_wider_than_independent_folds_would_say() -> None:
    folds = [{"risk.auc": value} for value in (0.80, 0.82, 0.84, 0.82, 0.82)]
    found = evaluate.mean_over_folds(folds, test_over_train=0.25)
    assert found["risk.auc"] == pytest.approx(0.82)
    half = found["risk.auc.high"] - found["risk.auc"]
    assert half == pytest.approx(2.776445 * np.sqrt((1 / 5 + 0.25) * 0.0002), rel=1e-5)


def test_deciles_add_up_to_everybody(rows: tuple[np.ndarray, ...]) -> None:
    y, p, _ = rows
    table = evaluate.deciles(y, p, value=np.ones(1000))
    assert table["customers"].tolist() == [100] * 10
    assert table["defectors"].sum() == y.sum()
    assert table["captured"].iloc[-1] == pytest.approx(1.0)
    assert table["mean_risk"].is_monotonic_decreasing
    assert table["value"].sum() == 1000
    assert table["lift"].iloc[0] > 1.5


def test_the_calibration_table_holds_the_rate_within_its_interval(rows: tuple[np.ndarray, ...]) -> None:
    table = evaluate.calibration_table(*rows[:2])
    assert table["customers"].sum() == 1000
    assert ((table["low"] <= table["rate"]) & (table["rate"] <= table["high"])).all()
    assert (table["low"] <= table["mean_risk"]).mean() >= 0.8


def test_the_type_table_compares_shares() -> None:
    table = evaluate.type_table(np.array([0, 0, 2, 4]), np.full((4, 5), 0.2))
    assert table["actual"].tolist() == [0.5, 0, 0.25, 0, 0.25]
    assert table["predicted"].tolist() == pytest.approx([0.2] * 5)
