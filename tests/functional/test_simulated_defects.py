"""Planted defects: each is really in the data, as often as is said, and in nothing else."""

import json
from typing import Any

import duckdb
import pytest

from pipeline.simulator import SimulationSummary, simulate
from tests.cli import Cli


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    return simulate(600, 15, 4, tmp_path_factory.mktemp("dirty") / "out", dirty=True, partition_customers=300)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    return simulate(600, 15, 4, tmp_path_factory.mktemp("clean") / "out", partition_customers=300)


def _count(found: SimulationSummary, sql: str) -> int:
    for name in ("customers", "transactions", "complaints", "contracts"):
        sql = sql.replace(f"${name}", f"read_parquet('{found.out}/{name}/*.parquet')")
    row: Any = duckdb.connect().execute(sql).fetchone()
    return int(row[0])


DEFECTS = {
    "transactions.orphans": "SELECT count(*) FROM $transactions ANTI JOIN $customers USING (customer_id)",
    "complaints.orphans": "SELECT count(*) FROM $complaints ANTI JOIN $customers USING (customer_id)",
    "complaints.duplicates": "SELECT count(*) - count(DISTINCT complaint_id) FROM $complaints",
    "customers.duplicates": "SELECT count(*) - count(DISTINCT customer_id) FROM $customers",
    "complaints.resolved_before_opened": "SELECT count(*) FROM $complaints WHERE resolved_at < opened_at",
    "contracts.end_before_start": "SELECT count(*) FROM $contracts WHERE ends_at < starts_at",
    "transactions.future_dates": "SELECT count(*) FROM $transactions WHERE occurred_at > TIMESTAMP '2100-01-01'",
}


@pytest.mark.parametrize(("kind", "sql"), DEFECTS.items())
def test_every_defect_is_there_as_often_as_is_said(kind: str, sql: str, dirty: SimulationSummary) -> None:
    assert _count(dirty, sql) == dirty.defects[kind] > 0


@pytest.mark.parametrize("sql", DEFECTS.values())
def test_nothing_is_spoilt_unless_asked(sql: str, clean: SimulationSummary) -> None:
    assert _count(clean, sql) == 0
    assert clean.defects == {}
    assert not (clean.out / "complaint_export").exists()


def test_the_counts_are_written_beside_the_truth_and_hold_nothing_else(dirty: SimulationSummary) -> None:
    assert json.loads((dirty.out / "truth/defects.json").read_text()) == dirty.defects
    assert set(dirty.defects) == set(DEFECTS) | {"complaint_export.encoding"}


def test_the_complaint_export_mixes_the_bytes_of_two_encodings(dirty: SimulationSummary) -> None:
    old, texts = 0, []
    for part in sorted((dirty.out / "complaint_export").glob("*.csv")):
        for line in part.read_bytes().splitlines()[1:]:
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                text, old = line.decode("gb18030"), old + 1
            texts.append(text)
    assert old == dirty.defects["complaint_export.encoding"] > 0
    assert len(texts) == dirty.rows["complaints"]
    assert any("一" <= sign <= "龥" for text in texts for sign in text)


CONFIG = """
name: dirty
sources:
  people: {parquet: "out/customers/*.parquet"}
  cases: {SOURCE}
tables:
  customers: {source: people, deduplicate: true}
  complaints: {source: cases, deduplicate: true}
outcome: {kind: cancel, horizon_days: 30}
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('{csv: "out/complaint_export/*.csv"}', "cases"),
        ('{parquet: "out/complaints/*.parquet"}', "rows of customers that are not in customers"),
    ],
)
def test_check_tells_of_the_defects(source: str, said: str, dirty: SimulationSummary, holdfast: Cli) -> None:
    config = dirty.out.parent / "dirty.yaml"
    config.write_text(CONFIG.replace("{SOURCE}", source).replace("cancel", "lapse"))
    ran = holdfast("check", config)
    assert said in ran.out + ran.err
    assert "Traceback" not in ran.err
