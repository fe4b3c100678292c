"""How the test is laid out: several periods in order of time, and groups that stay on one side of a fold."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.load import load
from pipeline.fitting import GROUP, LabelledRows
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import prepared
from pipeline.tracking import store_of
from pipeline.train import train
from tests.cli import Cli
from tests.functional.simulated import write

FLAT = """
name: flat
sources: {file: {csv: people.csv}}
tables: {customers: {source: file, columns: {customer_id: id}}}
outcome: {kind: column, column: left, positive: 1}
validation: {group: household, folds: 3, repeats: 1}
model: {risk: {max_trees: 30, bags: 1, folds: 2}}
"""


def households(folder: Path, text: str = FLAT) -> Path:
    """Four people a household, who leave together; a column that names the household under another name leaks."""
    rng = np.random.default_rng(0)
    left = np.repeat(rng.random(100) < 0.4, 4).astype(int)
    street = np.repeat(rng.permutation(100), 4)
    noise = rng.normal(size=400).round(6)
    rows = [f"p{i},h{i // 4},{street[i]},{noise[i]},{left[i]}" for i in range(400)]
    (folder / "people.csv").write_text("\n".join(["id,household,street,noise,left", *rows]), encoding="utf-8")
    config = folder / "flat.yaml"
    config.write_text(text, encoding="utf-8")
    return config


def test_a_household_is_no_feature_and_never_on_both_sides(tmp_path: Path) -> None:
    config = load(households(tmp_path))
    with prepared(config) as data:
        features = feature_plan(config, data, moments(config, data).train[-1])
        rows = LabelledRows(labelled(config, data, features, all_moments(config, data)).rows)
    assert [entry.name for entry in features.entries] == ["customers__noise", "customers__street"]
    assert len(np.unique(rows.customers)) == 100
    assert set(np.bincount(rows.customers)) == {4}
    assert GROUP in rows.table.column_names


@pytest.mark.slow
def test_what_only_tells_households_apart_is_worth_nothing_across_them(tmp_path: Path) -> None:
    apart = train(households(tmp_path)).evaluation.metrics["risk.auc"]
    mixed = train(households(tmp_path, FLAT.replace("group: household, ", ""))).evaluation.metrics["risk.auc"]
    assert apart < 0.65
    assert mixed > apart + 0.1


def test_a_group_that_is_not_there_is_named(holdfast: Cli, tmp_path: Path) -> None:
    ran = holdfast("train", households(tmp_path, FLAT.replace("household", "houshold")))
    assert ran.code == 4
    assert "validation.group" in ran.err
    assert "'houshold'" in ran.err


def test_a_group_is_refused_where_there_is_time(holdfast: Cli, tmp_path: Path) -> None:
    text = FLAT.replace("{kind: column, column: left, positive: 1}", "{kind: cancel}")
    ran = holdfast("train", households(tmp_path, text))
    assert ran.code == 3
    assert "validation.group is for flat data" in ran.err


@pytest.mark.slow
def test_each_test_period_is_measured_and_kept_with_the_run(tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    config = write(tmp_path)
    text = config.read_text(encoding="utf-8").replace("every: 91", "every: 61")
    config.write_text(f"{text}validation: {{periods: 2}}\n", encoding="utf-8")
    trained = train(config, report=tmp_path / "report.html")
    table = trained.evaluation.tables["backtest"]
    assert table["first"].is_monotonic_increasing
    assert len(table) == trained.evaluation.metrics["backtest.periods"] == 2
    last = table.iloc[-1]
    assert last["auc"] == pytest.approx(trained.evaluation.metrics["risk.auc"])
    assert last["rate"] == pytest.approx(trained.evaluation.y.mean())
    assert "test period" in trained.as_text()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Test periods" in page
    assert "How an old model ages" in page
    assert trained.evaluation.tables["decay"]["as_of"].max() == last["last"]
    client = MlflowClient(store_of(load(config)).uri)
    run = client.get_run(trained.run_id)
    nested = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{trained.run_id}'")
    assert sum(found.info.run_name.startswith("period ") for found in nested) == 2


@pytest.mark.slow
def test_tuning_looks_at_training_rows_and_keeps_every_trial_as_a_nested_run(holdfast: Cli, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    config = households(tmp_path)
    ran = holdfast("train", config, "--tune", "8s", "--json")
    assert ran.code == 0, ran.err
    client = MlflowClient(store_of(load(config)).uri)
    parent = json.loads(ran.out)["run_id"]
    experiment = client.get_run(parent).info.experiment_id
    nested = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'", max_results=1000)
    trials = [run for run in nested if run.info.run_name.startswith("trial ")]
    assert {run.info.run_name.rsplit(" ", 1)[0] for run in trials} == {
        "trial fold 1", "trial fold 2", "trial fold 3", "trial final",
    }  # fmt: skip
    assert all("cross_fitted_log_loss" in run.data.metrics and "family" in run.data.params for run in trials)
    assert (tmp_path / ".holdfast" / "tuning.db").is_file()


def test_a_budget_that_is_no_time_is_refused_before_any_work(holdfast: Cli, tmp_path: Path) -> None:
    ran = holdfast("train", households(tmp_path), "--tune", "soon")
    assert ran.code == 2
    assert "Write minutes as 10m" in ran.err
