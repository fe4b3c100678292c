"""Notebooks run from top to bottom, and are kept without outputs."""

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


def read(notebook: Path) -> Any:
    import jupytext

    return jupytext.read(notebook)


def run(notebook: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Execute in a fresh kernel of this Python, with this checkout's packages, and give it back with outputs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of Jupyter's own packages while they start a kernel
        from nbclient import NotebookClient

        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        monkeypatch.setenv("TMPDIR", str(folder))
        found = read(notebook)
        NotebookClient(
            found, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        ).execute()
    return found


def shown(cells: list[Any]) -> str:
    """All text that the cells put out."""
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(str(o.get("text", o.get("data", {}).get("text/plain", ""))) for o in outputs)


def test_there_is_a_notebook_on_customers_and_complaints() -> None:
    assert [path.name for path in NOTEBOOKS][:1] == ["01_customers_and_complaints.py"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_text_in_short_cells_without_outputs(notebook: Path) -> None:
    assert not list(notebook.parent.glob("*.ipynb"))
    code = [cell.source.splitlines() for cell in read(notebook).cells if cell.cell_type == "code"]
    assert max(len(lines) for lines in code) <= 18


@pytest.mark.slow
def test_the_walk_through_complaints_runs_and_shows_what_it_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = run(NOTEBOOKS[0], tmp_path, monkeypatch).cells
    text = shown(cells)
    for promised in (
        "tested on",
        "logistic",
        "mean_risk",
        "complaints__count_365d",
        "resolved_quickly",
        "the report has",
    ):
        assert promised in text
    assert "Error" not in text
    assert any("image/png" in o.get("data", {}) for cell in cells if cell.cell_type == "code" for o in cell.outputs)
    assert not list(tmp_path.glob("tmp*"))


@pytest.mark.slow
def test_the_portrait_of_the_simulated_company_runs_and_shows_tables_and_plots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_NOTEBOOK_CUSTOMERS", "300")
    (notebook,) = (path for path in NOTEBOOKS if path.stem == "02_simulated_company")
    cells = [cell for cell in run(notebook, tmp_path, monkeypatch).cells if cell.cell_type == "code"]
    text = shown(cells)
    for promised in ("monthly_defection", "oracle_auc", "no_uplift", "resolved quickly"):
        assert promised in text
    plots = [cell for cell in cells if any("image/png" in o.get("data", {}) for o in cell.outputs)]
    assert len(plots) == 5
    assert not list(tmp_path.glob("tmp*"))
