"""The list of customers to score: every id of the file, or what is wrong with the file and the way out."""

from pathlib import Path

import pytest

from features.errors import DataError, MissingColumnError
from pipeline.customer_list import read_list


def listed(path: Path) -> list[str]:
    return [str(value) for value in read_list(path).column("customer_id").to_pylist()]


@pytest.mark.parametrize("more", ["", ",1"])
def test_an_id_that_begins_with_a_number_sign_is_in_the_list(tmp_path: Path, more: str) -> None:
    file = tmp_path / "list.csv"
    heading = "customer_id" + (",n" if more else "")
    file.write_text("\n".join([heading, *(name + more for name in ("#7", "8", "9"))]) + "\n", encoding="utf-8")
    assert listed(file) == ["#7", "8", "9"]


def test_a_single_column_needs_its_heading(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("a\nb\nc\n", encoding="utf-8")
    with pytest.raises(MissingColumnError, match="column not found: 'customer_id'"):
        read_list(file)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_list_in_another_encoding_names_the_way_out(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("customer_id,名\n张三,一\n李四,二\n".encode(encoding))
    with pytest.raises(DataError, match="A CSV has to be UTF-8: save it as that"):
        read_list(file)
