"""`holdfast evaluate --truth`: the model beside the possible; folders without truth or with another's are refused."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.simulator import simulate
from tests.cli import Cli
from tests.simulated import company

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("telecom")
    company(out)
    return out


def test_every_part_is_compared_with_the_truth(folder: Path, holdfast: Cli) -> None:
    ran = holdfast("evaluate", folder / "telecom.yaml", "--truth", folder / "company/truth", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    measures = found["measures"]
    assert found["scenario"] == "telecom"
    assert {name.split(".")[0] for name in measures} == {"risk", "type", "loss", "plan"}
    assert 0 < measures["risk.share_of_lift"] < 1.05
    assert measures["risk.auc"] < measures["risk.auc_oracle"] + 0.02
    assert measures["type.log_loss_oracle"] < measures["type.log_loss"]
    assert 0 < measures["plan.share_of_best"] <= 1
    assert measures["loss.spearman"] > 0.8
    assert max(found["snapshots"]["train"]) < min(found["snapshots"]["test"])


def test_the_text_names_the_scenario_and_the_rows(folder: Path, holdfast: Cli) -> None:
    ran = holdfast("evaluate", folder / "telecom.yaml", "--truth", folder / "company/truth")
    assert "truth of the scenario telecom" in ran.out
    assert "risk.share_of_lift" in ran.out


def test_a_folder_without_truth_is_refused(folder: Path, holdfast: Cli) -> None:
    ran = holdfast("evaluate", folder / "telecom.yaml", "--truth", folder / "company")
    assert ran.code == 4
    assert "is not a truth folder" in ran.err
    assert "holdfast simulate" in ran.err


def test_a_truth_without_its_parameters_is_refused(folder: Path, tmp_path: Path, holdfast: Cli) -> None:
    shutil.copytree(folder / "company/truth", tmp_path / "truth")
    (tmp_path / "truth/scenario.json").write_text("{")
    ran = holdfast("evaluate", folder / "telecom.yaml", "--truth", tmp_path / "truth")
    assert ran.code == 4
    assert "scenario.json cannot be read" in ran.err


@pytest.mark.parametrize(("scenario", "seed"), [("telecom", 6), ("retail", 5)])
def test_the_truth_of_another_company_is_refused(
    scenario: str, seed: int, folder: Path, tmp_path: Path, holdfast: Cli
) -> None:
    simulate(500, 24, seed, tmp_path / "other", scenario, workers=1)
    ran = holdfast("evaluate", folder / "telecom.yaml", "--truth", tmp_path / "other/truth")
    assert ran.code == 4
    assert "does not belong to the data" in ran.err


def test_a_horizon_that_the_truth_does_not_know_is_refused(folder: Path, holdfast: Cli) -> None:
    config = folder / "other_horizon.yaml"
    config.write_text((folder / "telecom.yaml").read_text().replace("horizon_days: 180", "horizon_days: 60"))
    ran = holdfast("evaluate", config, "--truth", folder / "company/truth")
    assert ran.code == 3
    assert "outcome.horizon_days" in ran.err
    assert "30, 90, 180" in ran.err
