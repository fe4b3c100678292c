"""The check report tells what is odd about the tables, without stopping for it."""

import json
from pathlib import Path

import pytest

from tests.cli import Cli
from tests.functional.company import change, write


@pytest.fixture
def company(tmp_path: Path) -> Path:
    return write(tmp_path)


def warned(holdfast: Cli, company: Path) -> list[str]:
    ran = holdfast("check", company, "--json")
    assert ran.code == 0, ran.out
    return list(json.loads(ran.out)["warnings"])


def add(file: Path, line: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("orders.csv", "nobody,2024-03-01,5.0", "transactions: 1 rows of customers that are not in customers"),
        ("orders.csv", "000,2024-01-01,10.5", "transactions: 1 rows repeat another row"),
        ("orders.csv", "000,2023-11-01,10.5", "transactions: 1 rows with occurred_at before the customer joined"),
        ("cases.csv", "000,c99,01/05/2024,01/04/2024", "complaints: 1 rows with resolved_at before opened_at"),
        ("people.csv", "900,2023-12-05,north", "1 customers have no event in any table"),
        ("orders.csv", ",2024-03-01,5.0", "transactions: 1 rows left out: no customer_id"),
    ],
)
def test_what_is_odd_is_counted_and_does_not_stop(
    holdfast: Cli, company: Path, file: str, line: str, said: str
) -> None:
    assert warned(holdfast, company) == []
    add(company.parent / file, line)
    assert said in warned(holdfast, company)


def test_a_time_after_today_is_warned_of(holdfast: Cli, company: Path) -> None:
    change(company, "name: tiny", "name: tiny\ndata_until: 2024-12-01")
    add(company.parent / "orders.csv", "000,2999-01-01,5.0")
    assert "transactions: 1 rows have a time after today" in warned(holdfast, company)


def test_spans_shares_and_label_rates_by_snapshot_are_reported(holdfast: Cli, company: Path) -> None:
    report = json.loads(holdfast("check", company, "--json").out)
    assert report["tables"]["transactions"]["first"].startswith("2024-01-01")
    assert 0 < report["tables"]["complaints"]["missing"]["resolved_at"] < 1
    uses = [snapshot["use"] for snapshot in report["snapshots"]]
    assert uses == ["train"] * 4 + ["test"] * 2
    for snapshot in report["snapshots"]:
        assert snapshot["rate"] == pytest.approx(snapshot["defected"] / snapshot["at_risk"])
    assert report["complete_until"] < report["data_until"]


def test_a_late_column_that_no_feature_sees_is_warned_of_with_the_way_out(holdfast: Cli, company: Path) -> None:
    change(company, "resolved_at: closed}", "handled_by: closed}")
    said = "complaints.handled_by is in no feature: nothing says when it was known. Map responded_at or resolved_at"
    assert [warning for warning in warned(holdfast, company) if warning.startswith(said)]
