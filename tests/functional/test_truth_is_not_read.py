"""Only the simulator and the evaluation against the truth know of the truth."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pipeline
from tests.simulated import company

ROOT = Path(pipeline.__file__).parents[1]
MAY_KNOW = (ROOT / "pipeline/simulator", ROOT / "pipeline/truth")
FILES = ("customer_months", "truth/customers", "truth/states", "/truth", "scenario.json")


def _others() -> list[Path]:
    modules = [path for part in ("features", "models", "pipeline") for path in (ROOT / part).rglob("*.py")]
    return [path for path in modules if not any(path.is_relative_to(folder) for folder in MAY_KNOW)]


def _spoken(tree: ast.Module) -> list[str]:
    """Texts in the code, without docstrings."""
    holders = [n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)]
    described = {id(n.body[0].value) for n in holders if n.body and isinstance(n.body[0], ast.Expr)}
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [str(text.value) for text in texts if id(text) not in described]


def _imported(tree: ast.Module) -> set[str]:
    return {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)} | {
        name.name for n in ast.walk(tree) if isinstance(n, ast.Import) for name in n.names
    }


def test_no_other_module_names_a_file_of_the_truth() -> None:
    for path in _others():
        found = [text for text in _spoken(ast.parse(path.read_text())) if any(name in text for name in FILES)]
        assert not found, f"{path} speaks of the truth: {found}"


def test_only_commands_that_make_or_judge_simulated_companies_import_them() -> None:
    knowing = {
        path.relative_to(ROOT).as_posix()
        for path in _others()
        if any(
            name.startswith(("pipeline.simulator", "pipeline.truth")) for name in _imported(ast.parse(path.read_text()))
        )
    }
    assert knowing <= {"pipeline/cli.py", "pipeline/demo.py"}


def _train(config: Path) -> dict[str, Any]:
    """In a process of its own, as a user would."""
    command = [sys.executable, "-m", "pipeline.cli", "train", str(config), "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name: value for name, value in json.loads(ran.stdout).items() if name not in ("run_id", "model_version")}


@pytest.mark.slow
def test_training_gives_the_same_figures_when_the_truth_is_gone(tmp_path: Path) -> None:
    config = company(tmp_path)
    with_truth = _train(config)
    shutil.rmtree(tmp_path / "company/truth")
    assert _train(config) == with_truth
    assert with_truth["metrics"]["risk.auc"] > 0.5
