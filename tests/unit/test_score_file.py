"""The score file as CSV: exact for the programs that read it, and no text of a customer's in it begins a cell."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.planning.scores import read_scores
from pipeline.score_file import NO_REASONS, write_table
from tests.plan_case import scores

FORMULAS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx"]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Scores of customers whose ids and reasons a spreadsheet would take for formulas."""
    reasons = [[{"feature": text, "value": text, "effect": 0.1, "text": text}] for text in FORMULAS]
    rows = pa.Table.from_pandas(scores(len(FORMULAS), customer_id=FORMULAS).drop(columns="reasons"))
    write_table(rows.append_column("reasons", pa.array(reasons, NO_REASONS)), tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def test_ids_and_reasons_come_back_exactly(written: Path) -> None:
    read = read_scores(written)
    assert read.frame["customer_id"].tolist() == FORMULAS
    assert read.reason_texts(np.arange(len(FORMULAS))) == FORMULAS


def test_reasons_begin_with_a_bracket_whatever_their_texts_are(written: Path) -> None:
    with written.open(encoding="utf-8", newline="") as file:
        cells = [row["reasons"] for row in csv.DictReader(file)]
    assert len(cells) == len(FORMULAS)
    assert {cell[0] for cell in cells} == {"["}
