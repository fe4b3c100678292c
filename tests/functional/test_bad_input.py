"""Bad input: one clear line that says what, where, the value and the fix; its exit code; nothing written."""

from pathlib import Path

import pytest

from tests.cli import Cli
from tests.functional.company import change, write

CONFIG_ERROR, DATA_ERROR = 3, 4


@pytest.fixture
def company(tmp_path: Path) -> Path:
    return write(tmp_path)


def files(folder: Path) -> set[str]:
    """Everything that stands in a folder, except the work folder's empty shell."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_a_sound_company_passes_the_check(holdfast: Cli, company: Path) -> None:
    ran = holdfast("check", company)
    assert ran.code == 0, ran.out
    assert "No errors. 0 errors, 0 warnings." in ran.out


BROKEN = {
    "missing file": (
        "tiny.yaml",
        "orders.csv",
        "order.csv",
        DATA_ERROR,
        ["sources.orders", "file not found", "order.csv"],
    ),
    "missing column": (
        "tiny.yaml",
        "amount: total",
        "amount: totl",
        DATA_ERROR,
        ["transactions", "'totl'", "Did you mean total?"],
    ),
    "missing required column": ("tiny.yaml", ", amount: total", "", DATA_ERROR, ["tables.transactions", "'amount'"]),
    "wrong date": (
        "orders.csv",
        "2024-01-11",
        "11.01.2024",
        DATA_ERROR,
        ["transactions.occurred_at, row", "'11.01.2024'"],
    ),
    "wrong date format": ("tiny.yaml", "%d/%m/%Y", "%m/%d/%Y", DATA_ERROR, ["complaints.opened_at", "%m/%d/%Y"]),
    "text as money": ("orders.csv", "10.5", "ten", DATA_ERROR, ["transactions.amount, row 1", "not a number", "'ten'"]),
    "duplicate customer": (
        "people.csv",
        "001,",
        "000,",
        DATA_ERROR,
        ["customers.customer_id", "'000'", "more than once"],
    ),
    "duplicate complaint": ("cases.csv", "c4,", "c0,", DATA_ERROR, ["complaints.complaint_id", "'c0'"]),
    "unknown key": (
        "tiny.yaml",
        "horizon_days",
        "horizn_days",
        CONFIG_ERROR,
        ["outcome", "'horizn_days'", "Did you mean horizon_days?"],
    ),
    "unknown section": (
        "tiny.yaml",
        "snapshots:",
        "snapshot:",
        CONFIG_ERROR,
        ["unknown key", "Did you mean snapshots?"],
    ),
    "unknown source": ("tiny.yaml", "source: cases", "source: case", CONFIG_ERROR, ["'case'", "Did you mean cases?"]),
    "unknown outcome": ("tiny.yaml", "kind: lapse", "kind: laps", CONFIG_ERROR, ["outcome", "laps"]),
    "bad value": (
        "tiny.yaml",
        "horizon_days: 30",
        "horizon_days: -1",
        CONFIG_ERROR,
        ["outcome.horizon_days", "-1"],
    ),
    "not yaml": ("tiny.yaml", "name: tiny", "name: [tiny", CONFIG_ERROR, ["is not valid YAML", "line"]),
    "key given twice": ("tiny.yaml", "name: tiny", "name: tiny\nname: tiny2", CONFIG_ERROR, ["'name' is given twice"]),
    "window not complete": (
        "tiny.yaml",
        "last: 2024-10-01",
        "last: 2024-12-01",
        DATA_ERROR,
        ["snapshot 2024-11-01", "the data end at"],
    ),
    "unset variable": (
        "tiny.yaml",
        "people.csv",
        '"${NO_SUCH_FOLDER}/people.csv"',
        CONFIG_ERROR,
        ["NO_SUCH_FOLDER", "not set"],
    ),
    "unknown zone": (
        "tiny.yaml",
        "name: tiny",
        "name: tiny\ntimezone: Mars/Base",
        CONFIG_ERROR,
        ["timezone", "Mars/Base"],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_said_with_place_value_and_fix(holdfast: Cli, company: Path, case: str) -> None:
    file, old, new, code, said = BROKEN[case]
    change(company.parent / file, old, new)
    before = files(company.parent)

    ran = holdfast("check", company)

    shown = " ".join((ran.out + ran.err).split())
    assert ran.code == code, shown
    assert [part for part in said if part not in shown] == [], shown
    assert "Traceback" not in shown
    assert files(company.parent) == before


def test_an_empty_table_is_named(holdfast: Cli, company: Path) -> None:
    orders = company.parent / "orders.csv"
    orders.write_text("who,day,total\n", encoding="utf-8")
    ran = holdfast("check", company)
    assert ran.code == DATA_ERROR
    assert "tables.transactions: the table has no rows" in ran.out


def test_a_config_that_is_not_there_is_named(holdfast: Cli, tmp_path: Path) -> None:
    ran = holdfast("check", tmp_path / "none.yaml")
    assert ran.code == CONFIG_ERROR
    assert "none.yaml" in ran.err
    assert list(tmp_path.iterdir()) == []
