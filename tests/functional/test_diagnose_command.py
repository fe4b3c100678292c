"""The command: what it prints, writes and refuses."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli import Cli
from tests.functional.company import change, write

OUTCOME = "outcome: {kind: lapse, horizon_days: 30, active_days: 60}"
MONTHS = "\ndiagnosis: {period: month, base_periods: 1}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + MONTHS, encoding="utf-8")
    return path


def test_without_options_a_few_lines_say_how_it_stands(config: Path, holdfast: Cli) -> None:
    ran = holdfast("diagnose", config)
    assert ran.code == 0
    assert "Crude retention: " in ran.out
    assert len(ran.out.splitlines()) < 20


def test_a_moment_after_the_records_end_is_refused_with_their_end(config: Path, holdfast: Cli, tmp_path: Path) -> None:
    ran = holdfast("diagnose", config, "--as-of", "2035-01-01", "--out", tmp_path / "d.html")
    assert ran.code == 4
    assert "--as-of: lies after the records end" in ran.err and "2035-01-01" in ran.err
    assert not (tmp_path / "d.html").exists()


def test_json_is_one_tree_with_every_section(config: Path, holdfast: Cli) -> None:
    tree = json.loads(holdfast("diagnose", config, "--json").out)
    assert set(tree["sections"]) == {
        "disagreement", "retention", "cohorts", "defection", "sensitivity", "complaints", "ledger", "circle",
    }  # fmt: skip
    assert tree["sections"]["retention"]["tables"]["by_period"]


def test_every_table_of_the_tree_is_written_as_parquet(config: Path, holdfast: Cli, tmp_path: Path) -> None:
    ran = holdfast("diagnose", config, "--json", "--tables", tmp_path / "tables")
    sections = json.loads(ran.out)["sections"]
    expected = {
        f"{name}_{table}.parquet": rows
        for name, part in sections.items()
        for table, rows in part["tables"].items()
        if rows
    }
    assert {path.name for path in (tmp_path / "tables").iterdir()} == set(expected)
    for name, rows in expected.items():
        assert pq.read_table(tmp_path / "tables" / name).num_rows == len(rows)


def test_partitions_change_no_figure(config: Path, holdfast: Cli) -> None:
    whole = json.loads(holdfast("diagnose", config, "--json").out)
    config.write_text(config.read_text(encoding="utf-8") + "engine: {partitions: 3}\n", encoding="utf-8")
    parts = json.loads(holdfast("diagnose", config, "--json").out)
    assert _rounded(parts) == _rounded(whole)


def _rounded(value: object) -> object:
    """Sums of floating-point numbers differ in the last bits when they are added in another order."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def test_nobody_is_named_unless_asked(config: Path, holdfast: Cli, tmp_path: Path) -> None:
    for name, words in (("plain", []), ("named", ["--with-names"])):
        page = tmp_path / f"{name}.html"
        tree = json.loads(holdfast("diagnose", config, "--json", "--out", page, *words).out)
        listed = ["customer_id" in case for case in tree["sections"]["ledger"]["tables"]["largest"]]
        assert listed and all(named is bool(words) for named in listed)
        assert (">Customer<" in page.read_text(encoding="utf-8")) is bool(words)


def test_a_day_that_is_none_is_refused(config: Path, holdfast: Cli) -> None:
    ran = holdfast("diagnose", config, "--as-of", "soon")
    assert (ran.code, ran.out) == (2, "")
    assert "--as-of: is not an ISO date: 'soon'. Write it as 2025-01-31." in ran.err


def test_a_day_before_any_period_is_refused_with_the_way_out(config: Path, holdfast: Cli) -> None:
    ran = holdfast("diagnose", config, "--as-of", "2024-02-10")
    assert ran.code == 4
    assert "no month whose outcome is known" in ran.err


def test_a_language_without_words_is_refused(config: Path, holdfast: Cli) -> None:
    ran = holdfast("diagnose", config, "--lang", "fr")
    assert ran.code == 2
    assert "--lang: no such language: 'fr'. Use en or zh." in ran.err


def test_a_segment_that_is_no_column_is_refused_with_the_nearest(config: Path, holdfast: Cli) -> None:
    change(config, "base_periods: 1", "segments: [regoin]")
    ran = holdfast("diagnose", config)
    assert ran.code == 4
    assert "diagnosis.segments: column not found: 'regoin'" in ran.err
    assert "region" in ran.err


def test_a_moment_of_an_unknown_table_is_refused(config: Path, holdfast: Cli) -> None:
    change(config, "base_periods: 1", "moments: {late: {table: complaint}}")
    ran = holdfast("diagnose", config)
    assert ran.code == 3
    assert "diagnosis.moments.late: no such table: 'complaint'" in ran.err


def test_a_folder_that_holds_something_is_not_written_into(config: Path, holdfast: Cli, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep", encoding="utf-8")
    ran = holdfast("diagnose", config, "--tables", tmp_path / "full")
    assert ran.code == 2
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_flat_data_are_diagnosed_as_far_as_they_go(tmp_path: Path, holdfast: Cli) -> None:
    rows = ["id,plan,gone,reason,fee"] + [
        f"{n},{'a' if n % 2 else 'b'},{int(n < 10)},price,{20 + n}" for n in range(40)
    ]
    (tmp_path / "flat.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "flat.yaml").write_text(
        "name: flat\nsources: {file: {csv: flat.csv}}\n"
        "tables: {customers: {source: file, columns: {customer_id: id}}}\n"
        "outcome: {kind: column, column: gone, positive: 1, reason_column: reason, money_column: fee}\n",
        encoding="utf-8",
    )
    sections = json.loads(holdfast("diagnose", tmp_path / "flat.yaml", "--json").out)["sections"]
    (rates,) = sections["retention"]["tables"]["by_period"]
    assert rates["crude"] == pytest.approx(0.75)
    assert rates["weighted"] == pytest.approx(sum(range(30, 60)) / sum(range(20, 60)))
    assert sections["circle"]["missing"] == {"key": "needs_time"}
