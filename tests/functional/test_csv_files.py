"""CSV files as people have them: every line counts, and what cannot be read is said with file, line and fix."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli import Cli
from tests.functional.company import change, write

DATA_ERROR = 4


@pytest.fixture
def company(tmp_path: Path) -> Path:
    return write(tmp_path)


def tables(holdfast: Cli, company: Path) -> dict[str, dict[str, object]]:
    ran = holdfast("check", company, "--json")
    assert ran.code == 0, ran.out
    return dict(json.loads(ran.out)["tables"])


def refused(holdfast: Cli, company: Path) -> str:
    ran = holdfast("check", company)
    assert ran.code == DATA_ERROR, ran.out + ran.err
    return " ".join((ran.out + ran.err).split())


def rewrite(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def without_header(company: Path, first: str = "") -> None:
    """The orders without a header, below some lines."""
    orders = company.parent / "orders.csv"
    rewrite(orders, "who,day,total\n", first)
    change(company, "orders: {csv: orders.csv}", "orders: {csv: orders.csv, header: false, names: [who, day, total]}")


def test_an_id_that_begins_with_a_number_sign_is_no_comment(holdfast: Cli, company: Path) -> None:
    before = tables(holdfast, company)
    for name in ("people.csv", "orders.csv", "cases.csv"):
        rewrite(company.parent / name, "\n007,", "\n#7,")
    assert tables(holdfast, company) == before


def test_files_without_a_header_keep_every_line(holdfast: Cli, company: Path) -> None:
    before = tables(holdfast, company)
    without_header(company)
    assert tables(holdfast, company) == before


@pytest.mark.parametrize("header", [True, False])
def test_empty_lines_above_the_first_are_passed_over(holdfast: Cli, company: Path, header: bool) -> None:
    before = tables(holdfast, company)
    if header:
        rewrite(company.parent / "orders.csv", "who,day,total\n", "\n\nwho,day,total\n")
    else:
        without_header(company, "\n\n")
    assert tables(holdfast, company) == before


def test_files_of_a_source_that_differ_in_empty_lines_are_named(holdfast: Cli, company: Path) -> None:
    orders = company.parent / "orders.csv"
    (company.parent / "orders-more.csv").write_text("\n" + orders.read_text(encoding="utf-8"), encoding="utf-8")
    change(company, "csv: orders.csv", 'csv: "orders*.csv"')
    assert "sources.orders: orders.csv: 0 empty lines above the first, in orders-more.csv 1" in refused(
        holdfast, company
    )


def test_short_lines_at_the_top_are_refused_by_file_and_line(holdfast: Cli, company: Path) -> None:
    without_header(company, "\n".join("abcde") + "\n")
    said = refused(holdfast, company)
    assert "sources.orders: orders.csv: line 1 has 1 field, the others 3: 'a'. Mend the line" in said


@pytest.mark.parametrize("line", ["000,2024-01-01", "000,2024-01-01,10.5,extra"])
def test_a_line_of_another_length_is_refused_by_file_and_line(holdfast: Cli, company: Path, line: str) -> None:
    rewrite(company.parent / "orders.csv", "who,day,total\n", f"who,day,total\n000,2024-01-01,9.5\n{line}\n")
    fields = line.count(",") + 1
    assert f"orders.csv: line 3 has {fields} fields, the others 3: '{line}'" in refused(holdfast, company)


def test_a_title_above_the_header_is_refused_by_file_and_line(holdfast: Cli, company: Path) -> None:
    rewrite(company.parent / "orders.csv", "who,day,total\n", "Orders of the year\nwho,day,total\n")
    assert "orders.csv: line 1 has 1 field, the others 3: 'Orders of the year'" in refused(holdfast, company)


@pytest.mark.parametrize("encoding", ["gb18030", "cp1252", "utf-16-le"])
def test_compressed_files_may_have_any_encoding(holdfast: Cli, company: Path, encoding: str) -> None:
    before = tables(holdfast, company)
    people = company.parent / "people.csv"
    (company.parent / "people.csv.gz").write_bytes(gzip.compress(people.read_text("utf-8").encode(encoding)))
    change(company, "people: {csv: people.csv}", f"people: {{csv: people.csv.gz, encoding: {encoding}}}")
    assert tables(holdfast, company) == before


def test_a_damaged_archive_is_named(holdfast: Cli, company: Path) -> None:
    people = company.parent / "people.csv"
    (company.parent / "people.csv.gz").write_bytes(gzip.compress(people.read_bytes())[:-30])
    change(company, "people: {csv: people.csv}", "people: {csv: people.csv.gz, encoding: gb18030}")
    assert "sources.people: cannot be read: 'people.csv.gz'" in refused(holdfast, company)
