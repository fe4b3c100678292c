"""What the evaluation says by group, about money, and against the baselines on the same rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.errors import MissingColumnError
from pipeline.config.load import load
from pipeline.evaluation import Evaluation
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.pages.document import Notes, Table, Text
from pipeline.prepare import prepared
from pipeline.promote import promote
from pipeline.reporting.cautions import cautions
from pipeline.reporting.figures import figures
from pipeline.reporting.groups import groups
from pipeline.reporting.material import Material
from pipeline.train import evaluate, train
from tests.functional.company import write

VALIDATION = "validation: {segments: [customers__tenure_days], protected: [region], contacted_share: 0.2}\n"


def evaluated(folder: Path, validation: str) -> tuple[Evaluation, Material]:
    path = write(folder, customers=120)
    path.write_text(path.read_text(encoding="utf-8") + validation, encoding="utf-8")
    config = load(path)
    with prepared(config) as data:
        split = moments(config, data)
        features = feature_plan(config, data, split.train[-1])
        found = labelled(config, data, features, all_moments(config, data))
        evaluation = evaluate(config, split, features, found)
    manifest = None
    return evaluation, Material(config, evaluation, manifest, found)  # type: ignore[arg-type]


@pytest.fixture(name="case", scope="module")
def _case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evaluation, Material]:
    return evaluated(tmp_path_factory.mktemp("groups"), VALIDATION)


@pytest.mark.slow
def test_segments_and_protected_attributes_of_the_config_have_their_tables(case: tuple[Evaluation, Material]) -> None:
    evaluation, material = case
    protected = evaluation.tables["protected"]
    assert protected["group"].tolist() == ["north", "south"]
    assert set(protected["column"]) == {"region"}
    weighted = np.average(protected["rate"], weights=protected["rows"])
    assert weighted == pytest.approx(evaluation.y.mean(), abs=0.01)
    section = groups(material)
    assert section is not None
    captions = [block.caption for block in section.blocks if isinstance(block, Table)]
    assert captions == ["By customers__tenure_days", "Protected: region"]


@pytest.mark.slow
def test_gains_over_baselines_and_money_of_everybody_are_measured(case: tuple[Evaluation, Material]) -> None:
    metrics = case[0].metrics
    assert metrics["paired.logistic.auc"] == pytest.approx(metrics["risk.auc"] - metrics["baseline.logistic.auc"])
    assert metrics["paired.base_rate.log_loss.low"] <= metrics["paired.base_rate.log_loss"]
    assert metrics["revenue.total_ratio.low"] < metrics["revenue.total_ratio"] < metrics["revenue.total_ratio.high"]
    assert metrics["risk.empb"] >= 0
    assert case[0].tables["captured"]["risk"].between(0, 1).all()


@pytest.mark.slow
def test_a_champion_stands_among_those_it_is_compared_with_and_is_kept_where_it_is_better(
    case: tuple[Evaluation, Material],
) -> None:
    worse = {
        f"paired.champion.{name}{end}": -0.1 for name in ("auc", "log_loss", "brier") for end in ("", ".low", ".high")
    }
    metrics = {**case[0].metrics, **worse, "paired.champion.rows": 70.0}
    beaten = replace(case[1], evaluation=replace(case[0], metrics=metrics, champion="shop/1"))
    against = [block for block in figures(beaten).blocks if isinstance(block, Table)][1]
    assert against.rows[-1][0] == ("the champion shop/1", "on 70 rows")
    (remarks,) = [block for block in cautions(beaten).blocks if isinstance(block, Notes)]
    assert any("The champion shop/1 has the smaller log loss" in remark for remark in remarks.remarks)
    apart = replace(case[1], evaluation=replace(case[0], champion="shop/1"))
    said = [block.says for block in figures(apart).blocks if isinstance(block, Text)]
    assert "There are no rows on which both this model and the champion shop/1 could be tested." in said


FLAT = """
name: flat
sources: {file: {csv: people.csv}}
tables: {customers: {source: file, columns: {customer_id: id}}}
outcome: {kind: column, column: left, positive: 1, money_column: bill}
validation: {folds: 3, repeats: 2, protected: [gender], segments: [age]}
model: {risk: {max_trees: 30, bags: 1, folds: 2}}
"""


@pytest.mark.slow
def test_flat_data_have_paired_gains_groups_and_captured_money_over_their_folds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    age, gender = rng.integers(18, 80, 600), rng.choice(["f", "m"], 600)
    left = (rng.random(600) < np.where(age < 40, 0.6, 0.2)).astype(int)
    rows = [f"p{i},{age[i]},{gender[i]},{10 + age[i]},{left[i]}" for i in range(600)]
    (tmp_path / "people.csv").write_text("\n".join(["id,age,gender,bill,left", *rows]), encoding="utf-8")
    (tmp_path / "flat.yaml").write_text(FLAT, encoding="utf-8")
    found = train(tmp_path / "flat.yaml", report=tmp_path / "report.html").evaluation
    metrics, protected = found.metrics, found.tables["protected"]
    assert metrics["paired.base_rate.auc"] == pytest.approx(metrics["risk.auc"] - metrics["baseline.base_rate.auc"])
    assert 0 < metrics["paired.base_rate.auc.low"] < metrics["paired.base_rate.auc"]
    assert protected["group"].tolist() == ["f", "m"]
    assert protected["rows"].sum() == len(found.y) == 600
    assert np.average(protected["selected"], weights=protected["rows"]) == pytest.approx(0.1, abs=0.01)
    assert found.tables["captured"]["expected_loss"].is_monotonic_increasing
    assert found.tables["deciles"]["value"].sum() > 0
    assert "risk.empb" in metrics
    assert not [name for name in metrics if name.startswith("revenue.")]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Protected: gender" in page
    assert "By how much the model is better on the same rows" in page
    promote(tmp_path / "flat.yaml", force=True)
    again = train(tmp_path / "flat.yaml").evaluation
    assert again.champion == "flat/1"
    assert again.metrics["paired.champion.rows"] == 600
    assert again.metrics["paired.champion.auc"] == 0


def test_a_column_that_is_not_there_is_named_before_anything_is_fitted(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match=r"validation\.protected"):
        evaluated(tmp_path, "validation: {protected: [regoin]}\n")
