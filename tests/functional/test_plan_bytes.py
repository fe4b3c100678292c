"""The plan folder as bytes: the same input writes the same files, and they can be opened safely."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from pipeline.plan import plan
from pipeline.planning.known import KnownTables
from tests.browser import look
from tests.plan_case import AS_OF, SLA, complaint, complaints, odds, scores, settings

CONFIGS = Path(__file__).parents[2] / "configs"
PAIR = {"name": "信后电话", "first": "letter", "then": "call", "pause_days": 1, "success": {"any": odds(6, 4)}}
NASTY = ["=1+1", "+49", "-2", "@cmd", "\t=1", "＝SUM(A1)", "王伟\r\n=2", '"=3"', "a;=4"]


def written(folder: Path) -> dict[str, bytes]:
    """A company with names a spreadsheet would run, planned whole."""
    ids = [f"{NASTY[n % len(NASTY)]} {n}" for n in range(120)]
    rows = [complaint(one, f"2026-02-27 1{n}:00", cause="=cause", channel="letter") for n, one in enumerate(ids[:9])]
    known = KnownTables(
        customers=pd.DataFrame({"customer_id": ids, "kind": ["enterprise", "individual"] * 60}),
        complaints=complaints(*rows),
        moments=pd.DataFrame({"customer_id": ids[9:20], "moment": "renewal_due"}),
    )
    made = settings(
        playbook="playbook.zh.yaml",
        language="zh",
        sequences=[PAIR],
        segments=[{"name": "大客户", "where": {"kind": ["enterprise"]}, "at_least": 5}],
        moments={"renewal_due": {"table": "contracts", "ahead_days": 30}},
    )
    plan(scores(120, customer_id=ids), known, made, folder, as_of=AS_OF, sla=SLA, folder=CONFIGS)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_same_input_writes_the_same_bytes(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), written(tmp_path / "other")
    assert one == other
    assert {"plan.csv", "plan.parquet", "team.html", "calendars/Ann.ics"} <= set(one)


def test_no_cell_of_a_csv_file_runs_as_a_formula_and_chinese_stays_whole(tmp_path: Path) -> None:
    files = written(tmp_path / "plan")
    for name in ("plan.csv", "obligations.csv"):
        text = files[name].decode("utf-8-sig")
        rows = list(csv.DictReader(text.splitlines(keepends=True)))
        assert rows
        cells = [cell for row in rows for column, cell in row.items() if not _number(cell) and column is not None]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))]
    assert "信后电话" in files["plan.csv"].decode("utf-8-sig")
    assert "王伟" in files["plan.csv"].decode("utf-8-sig")
    assert "合同即将到期" in files["plan.html"].decode("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", ["plan.html", "team.html"])
def test_the_pages_fit_a_phone_and_a_desk(page: str, width: int, tmp_path: Path) -> None:
    written(tmp_path / "plan")
    seen = look(tmp_path / "plan" / page, width)
    assert seen.measures["needed"] <= width
    assert seen.console == []


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell == ""
    return True
