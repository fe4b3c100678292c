"""Paths as people have them: brackets in names of folders and files, a file where a folder belongs."""

from pathlib import Path

import pytest

from features.errors import UsageError
from pipeline.demo import demo
from tests.cli import Cli
from tests.functional.company import change, write


@pytest.mark.parametrize("folder", ["a [b]", "a[1]", "a*"])
def test_the_folder_of_a_config_is_no_pattern(holdfast: Cli, tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    ran = holdfast("check", write(tmp_path / folder))
    assert ran.code == 0, ran.out + ran.err


def test_the_work_folder_is_no_pattern(holdfast: Cli, tmp_path: Path) -> None:
    company = write(tmp_path)
    change(company, "name: tiny", 'name: tiny\nworkdir: "wd[1]"')
    ran = holdfast("check", company)
    assert ran.code == 0, ran.out + ran.err
    assert (tmp_path / "wd[1]").is_dir()


def test_a_file_with_brackets_in_its_name_is_found_and_a_pattern_stays_one(holdfast: Cli, tmp_path: Path) -> None:
    company = write(tmp_path)
    before = holdfast("check", company).out
    (tmp_path / "orders.csv").rename(tmp_path / "orders [2024].csv")
    change(company, "orders: {csv: orders.csv}", 'orders: {csv: "orders [[]2024].csv"}')
    assert holdfast("check", company).out == before
    change(company, "orders [[]2024].csv", "orders [2024].csv")
    assert holdfast("check", company).out == before


def test_a_file_that_is_missing_is_named_as_it_was_written(holdfast: Cli, tmp_path: Path) -> None:
    (tmp_path / "a [b]").mkdir()
    company = write(tmp_path / "a [b]")
    (company.parent / "orders.csv").unlink()
    assert "a [b]/orders.csv" in "".join(holdfast("check", company).out.split("\n"))


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_demo_that_would_go_into_a_file_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="--out"):
        demo(tmp_path / place)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
