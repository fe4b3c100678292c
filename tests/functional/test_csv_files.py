"""CSV files as people have them: every line counts, and what cannot be read is said with file, line and fix."""

import gzip
import json
import re
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
    names = ("people.csv", "orders.csv", "cases.csv")
    for name in names:  # ids that look like numbers, so that # looks like a comment
        rewrite(company.parent / name, "\n0", "\n1")
    before = tables(holdfast, company)
    for name in names:
        rewrite(company.parent / name, "\n107,", "\n#7,")
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


SLASHED = "orders: {csv: orders.csv}", "orders: {{csv: orders.csv, date_format: '{}'}}"


def dated(company: Path, pattern: str, replacement: str) -> None:
    orders = company.parent / "orders.csv"
    orders.write_text(re.sub(pattern, replacement, orders.read_text(encoding="utf-8")), encoding="utf-8")


def first_of_month(company: Path, text: str) -> None:
    """Orders on the first day of each month only, so that day and month can be taken for one another."""
    dated(company, r"(\d{4})-(\d\d)-\d\d", text)


@pytest.mark.parametrize("text", [r"\2/01/\1", r"01.\2.\1", r"\2/01/\1 10:00:00 PM"])
def test_dates_that_are_not_iso_are_not_guessed(holdfast: Cli, company: Path, text: str) -> None:
    first_of_month(company, text)
    said = refused(holdfast, company)
    assert "sources.orders: orders.csv: day: has dates that are not ISO (2024-01-31): '" in said
    assert "Name the source's date_format, such as %d/%m/%Y or %m/%d/%Y" in said


def test_dates_with_hours_and_minutes_that_are_not_iso_name_the_format_as_the_way_out(
    holdfast: Cli, company: Path
) -> None:
    first_of_month(company, r"\2/01/\1 10:00")
    assert "name the source's date_format" in refused(holdfast, company)


def test_dates_that_are_neither_iso_nor_in_the_format_are_refused(holdfast: Cli, company: Path) -> None:
    first_of_month(company, r"\2/01/\1")
    change(company, SLASHED[0], SLASHED[1].format("%m/%d/%y %H:%M"))
    assert "day: has dates that are not in the date_format %m/%d/%y %H:%M: '" in refused(holdfast, company)


def test_a_date_in_a_text_column_stays_as_it_is_written(holdfast: Cli, company: Path) -> None:
    dated(company, r"(?m)^(\d{3}),", r"\1,02/01/2024,")
    rewrite(company.parent / "orders.csv", "who,day,total", "who,note,day,total")
    assert "orders.csv: note: has dates that are not ISO" in refused(holdfast, company)
    change(company, SLASHED[0], "orders: {csv: orders.csv, text: [note]}")
    tables(holdfast, company)


@pytest.mark.parametrize(
    ("text", "date_format", "first"),
    [
        (r"\2/\3/\1 11:30 PM", "%m/%d/%Y %I:%M %p", "2024-01-01T23:30:00"),
        (r"\2/\3/\1 23:30:00", "%m/%d/%Y %T", "2024-01-01T23:30:00"),
        (r"\2/\3/\1", "%m/%d/%Y", "2024-01-01T00:00:00"),
        (r"\1/\2/\3", None, "2024-01-01T00:00:00"),
        (r"\1-\2-\3T11:30", None, "2024-01-01T11:30:00"),
    ],
)
def test_times_are_read_with_their_time_of_day(
    holdfast: Cli, company: Path, text: str, date_format: str | None, first: str
) -> None:
    dated(company, r"(\d{4})-(\d\d)-(\d\d)", text)
    if date_format:
        change(company, SLASHED[0], SLASHED[1].format(date_format))
    assert tables(holdfast, company)["transactions"]["first"] == first
