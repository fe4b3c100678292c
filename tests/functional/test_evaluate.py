"""`holdfast evaluate`: a registered model on snapshots that came after its training, and how an old one ages."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config.load import load
from pipeline.evaluate import Evaluated, evaluate
from pipeline.tracking import run_of, store_of
from pipeline.train import train
from tests.browser import look
from tests.cli import Cli
from tests.functional.company import change, write

pytestmark = pytest.mark.slow
LATER, TRAINED = "last: 2024-10-02", "last: 2024-08-07"
SMALL = "model: {risk: {max_trees: 20, bags: 1, folds: 2}, loss: {max_trees: 20, objectives: [squared]}}\n"
CURVE = "validation: {decay_snapshots: 6, segments: [customers__tenure_days], protected: [region]}\n"
SECTIONS = [
    "What was measured",
    "How good it is",
    "What to be careful about",
    "Ranking",
    "Probabilities",
    "Profit",
    "Groups of customers",
    "Stability over time",
    "How an old model ages",
    "What moves the risk",
    "Money",
    "Provenance",
]


@pytest.fixture(name="config", scope="module")
def _config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the snapshots up to August; the config then goes on to October. Outcome windows are two steps long."""
    path = write(tmp_path_factory.mktemp("later"), customers=120)
    path.write_text(path.read_text(encoding="utf-8") + SMALL + CURVE, encoding="utf-8")
    change(path, "every: month", "every: 14")
    change(path, "last: 2024-10-01", TRAINED)
    change(path, "test_snapshots: 2", "test_snapshots: 1")
    train(path)
    change(path, TRAINED, LATER)
    return path


@pytest.fixture(name="found", scope="module")
def _found(config: Path) -> Evaluated:
    return evaluate(config, "1", config.parent / "page.html")


def test_only_snapshots_later_than_every_label_it_learned_from_are_measured(found: Evaluated) -> None:
    assert f"{found.learned_until:%Y-%m-%d}" == "2024-08-07"
    assert [f"{day:%m-%d}" for day in found.snapshots] == ["09-18", "10-02"]
    assert len(found.measured.y) == found.periods["rows"].sum()
    assert "learned from snapshots up to 2024-08-07" in found.protocol


def test_the_periods_add_up_to_the_whole(found: Evaluated) -> None:
    periods, metrics = found.periods, found.metrics
    assert np.average(periods["log_loss"], weights=periods["rows"]) == pytest.approx(metrics["risk.log_loss"])
    totals = (periods["rows"] * periods["mean_risk"]).sum() / (periods["rows"] * periods["rate"]).sum()
    assert totals == pytest.approx(metrics["risk.total_ratio"])
    revenue = periods["expected_revenue"].sum() / periods["revenue"].sum()
    assert revenue == pytest.approx(metrics["revenue.total_ratio"])
    assert metrics["risk.auc.low"] <= metrics["risk.auc"] <= metrics["risk.auc.high"]


def test_the_baselines_of_its_training_stand_beside_it_with_paired_gains(found: Evaluated) -> None:
    metrics, risk = found.metrics, found.measured.risk
    assert set(risk) == {"model", "base_rate", "single_rule", "logistic"}
    assert len(np.unique(risk["base_rate"])) == 1
    assert metrics["paired.logistic.auc"] == pytest.approx(metrics["risk.auc"] - metrics["baseline.logistic.auc"])
    assert metrics["paired.single_rule.log_loss.low"] <= metrics["paired.single_rule.log_loss"]
    for name in ("risk.max_profit", "risk.empc", "risk.empb"):
        assert metrics[f"{name}.low"] <= metrics[name] <= metrics[f"{name}.high"]
    text = found.as_text()
    assert "logistic" in text
    assert "single rule" in text
    assert f"{metrics['paired.logistic.auc']:+.4f} ({metrics['paired.logistic.auc.low']:.4f} to" in text


def test_groups_of_the_config_deciles_and_captured_money_are_measured_too(found: Evaluated) -> None:
    tables = found.measured.tables
    assert tables["protected"]["group"].tolist() == ["north", "south"]
    assert {"selected.low", "found", "total_ratio.high"} <= set(tables["protected"])
    assert set(tables["segments"]["column"]) == {"customers__tenure_days"}
    assert tables["deciles"]["customers"].sum() == len(found.measured.y)
    assert {"captured", "calibration", "drivers", "money", "decay"} <= set(tables)
    told = found.as_json()
    assert [group["group"] for group in told["protected"]] == ["north", "south"]
    assert "region: north" in found.as_text()


def test_the_evaluation_is_a_run_in_that_of_the_training_with_all_that_it_found(config: Path, found: Evaluated) -> None:
    from mlflow.tracking import MlflowClient

    store = store_of(load(config))
    client = MlflowClient(store.uri)
    run = client.get_run(found.run_id)
    assert (run.info.run_name, run.info.status) == ("evaluate tiny/1", "FINISHED")
    assert run.data.tags["mlflow.parentRunId"] == run_of(store, 1)
    assert run.data.tags["holdfast.model_version"] == "tiny/1"
    assert run.data.metrics == pytest.approx({k: v for k, v in found.metrics.items() if math.isfinite(v)})
    assert run.data.params["snapshots"] == "2024-09-18, 2024-10-02"
    assert run.data.params["validation.decay_snapshots"] == "6"
    (read,) = run.inputs.dataset_inputs
    assert read.dataset.name == "tiny: later"
    assert read.dataset.digest == run.data.tags["holdfast.data_fingerprint"][:36]
    kept = {item.path for item in client.list_artifacts(found.run_id)}
    assert {"report.html", "figures", "tables", "tested_rows.parquet"} <= kept
    tables = {item.path for item in client.list_artifacts(found.run_id, "tables")}
    assert {"tables/decay.csv", "tables/protected.csv", "tables/by_snapshot.csv"} <= tables


def copied(config: Path, folder: Path) -> Path:
    """The company with its models, to be changed: the path of its config."""
    shutil.copytree(config.parent, folder, dirs_exist_ok=True)
    return folder / config.name


def test_the_champion_is_measured_on_the_same_rows(config: Path, tmp_path: Path, holdfast: Cli) -> None:
    """Two models of the same rows say the same, so neither gains anything over the other."""
    path = copied(config, tmp_path)
    assert holdfast("promote", path, "--force").code == 0
    change(path, LATER, TRAINED)
    assert train(path).model_version == 2
    change(path, TRAINED, LATER)
    found = evaluate(path, "2")
    assert found.measured.champion == "tiny/1"
    assert found.metrics["paired.champion.rows"] == len(found.measured.y)
    assert found.metrics["paired.champion.log_loss"] == pytest.approx(0, abs=1e-12)
    assert "the champion tiny/1" in found.as_text()
    assert evaluate(path, "1").measured.champion is None


def test_a_model_stored_before_baselines_were_kept_is_compared_with_the_base_rate(config: Path, tmp_path: Path) -> None:
    path = copied(config, tmp_path)
    shutil.rmtree(tmp_path / ".holdfast")
    change(path, LATER, TRAINED)
    train(path)
    for stored in (tmp_path / ".holdfast").rglob("baselines.json"):
        stored.unlink()
    change(path, TRAINED, LATER)
    found = evaluate(path, "1")
    assert set(found.measured.risk) == {"model", "base_rate"}
    assert "paired.base_rate.log_loss.low" in found.metrics


def test_an_old_model_is_measured_on_every_snapshot_after_its_labels_were_known(found: Evaluated) -> None:
    assert found.decay is not None
    assert [f"{day:%m-%d}" for day in found.decay.learned] == ["05-01", "05-15", "05-29", "06-12", "06-26", "07-10"]
    table = found.decay.table
    assert [f"{day:%m-%d}" for day in table["as_of"]] == ["08-21", "09-04", "09-18", "10-02"]
    known = pd.Timestamp("2024-08-09")
    assert table["age_days"].tolist() == [(day - known).days for day in table["as_of"]]


def test_programs_get_one_object_and_people_a_page(config: Path, found: Evaluated, holdfast: Cli) -> None:
    ran = holdfast("evaluate", config, "--json")
    assert ran.code == 0, ran.err
    assert "no champion yet, taking tiny/1" in ran.err
    told = json.loads(ran.out)
    assert {**told, "run_id": found.run_id} == json.loads(json.dumps(found.as_json()))
    assert all(math.isfinite(value) for value in told["metrics"].values())
    assert [row["as_of"] for row in told["periods"]] == told["snapshots"] == ["2024-09-18", "2024-10-02"]
    text = found.as_text()
    assert "revenue ratio" in text
    assert "how a model of 2024-05-01 to 2024-07-10 ages:" in text


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_shows_both_curves_and_fits_its_screen(config: Path, found: Evaluated, width: int) -> None:
    seen = look(config.parent / "page.html", width)
    assert found.decay is not None
    assert seen.measures["sections"] == SECTIONS
    assert seen.measures["figures"] == seen.measures["charts"] == 11
    assert seen.console == []
    assert seen.measures["needed"] <= width
    assert seen.measures["clipped"] == seen.measures["colliding"] == []


def test_a_model_that_learned_every_labelled_snapshot_is_not_measured_on_them(config: Path, holdfast: Cli) -> None:
    change(config, LATER, TRAINED)
    ran = holdfast("evaluate", config, "--model", "1")
    change(config, TRAINED, LATER)
    assert ran.code == 4
    assert "no labelled snapshot is later than the training" in ran.err
    assert "snapshots.last (now 2024-08-07)" in ran.err
    assert "holdfast report" in ran.err


def test_a_config_with_another_outcome_is_refused(config: Path, holdfast: Cli) -> None:
    change(config, "active_days: 60", "active_days: 50")
    ran = holdfast("evaluate", config, "--model", "1")
    change(config, "active_days: 50", "active_days: 60")
    assert ran.code == 6
    assert "outcome.active_days differs: trained with 60, now 50" in ran.err


def test_no_curve_is_drawn_where_the_config_wants_none(config: Path) -> None:
    change(config, CURVE, CURVE.replace("6", "0"))
    found = evaluate(config, "1")
    change(config, CURVE.replace("6", "0"), CURVE)
    assert found.decay is None
    assert found.as_json()["decay"] is None
    assert "ages" not in found.as_text()


def test_flat_data_are_refused(tmp_path: Path, holdfast: Cli) -> None:
    flat = (
        "name: flat\nsources: {file: {csv: people.csv}}\n"
        "tables: {customers: {source: file, columns: {customer_id: id}}}\n"
        "outcome: {kind: column, column: left, positive: 1}\n"
    )
    (tmp_path / "flat.yaml").write_text(flat, encoding="utf-8")
    ran = holdfast("evaluate", tmp_path / "flat.yaml")
    assert ran.code == 3
    assert "flat data have no later period" in ran.err
