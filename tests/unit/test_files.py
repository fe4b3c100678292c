"""Where results may be written, and which files are tables; the address of the tracking store."""

from pathlib import Path

import pytest

from features.errors import ConfigError, DataError, MissingFileError, UsageError
from pipeline.files import refuse_unreadable, whole_folder, work_folder, writable_file, write_whole
from pipeline.store import store_uri


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--report: is a folder: .* Name a file in it"):
        writable_file(tmp_path, where="--report")
    with pytest.raises(UsageError, match="is a folder"):
        write_whole(tmp_path, b"x")
    assert list(tmp_path.iterdir()) == []


def test_nothing_can_be_written_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for write in (writable_file, lambda place: whole_folder(place).__enter__()):
        with pytest.raises(UsageError, match=r"--out: cannot write there: .* Name another place"):
            write(tmp_path / "file" / "out")
    with pytest.raises(ConfigError, match=r"workdir: cannot write there"):
        work_folder(tmp_path / "file")


def test_a_folder_that_takes_no_files_is_refused_before_the_work() -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("no folder here that nobody can write to")
    with pytest.raises(UsageError, match="cannot write there"):
        writable_file(Path("/proc/self/out.html"))


def replaced(folder: Path) -> None:
    """Write a folder with one new file in the place of what is there."""
    with whole_folder(folder, overwrite=True) as place:
        (place / "new").write_text("new", encoding="utf-8")


def test_a_folder_takes_the_place_of_the_old_one_and_nothing_is_left_beside(tmp_path: Path) -> None:
    folder = tmp_path / "learned"
    folder.mkdir()
    (folder / "old").write_text("old", encoding="utf-8")
    replaced(folder)
    assert [path.name for path in folder.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [folder]


def test_the_old_folder_stands_again_where_the_new_one_cannot_be_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "learned"
    folder.mkdir()
    (folder / "old").write_text("evidence", encoding="utf-8")
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if (self / "new").exists():
            raise OSError(16, "Device or resource busy")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UsageError, match=r"--out: cannot write there: .*learned'\. Device or resource busy"):
        replaced(folder)
    assert (folder / "old").read_text(encoding="utf-8") == "evidence"
    assert list(tmp_path.iterdir()) == [folder]


def test_the_folder_one_stands_in_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "plan" / "calendars"
    inside.mkdir(parents=True)
    for here, named in ((tmp_path, Path()), (inside, inside.parent), (inside, Path(".."))):
        monkeypatch.chdir(here)
        with pytest.raises(UsageError, match=r"--out: is the folder you are in"):
            replaced(named)
    assert list(tmp_path.iterdir()) == [inside.parent]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    replaced(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "new").exists()


def test_a_table_is_a_csv_or_parquet_file_with_something_in_it(tmp_path: Path) -> None:
    for name, content in (("a.csv", "x"), ("b.PARQUET", "x"), ("c.csv", ""), ("d.xlsx", "x")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    for name in ("a.csv", "b.PARQUET"):
        refuse_unreadable(tmp_path / name, where="--x")
    for name, said in (("c.csv", "the file is empty"), ("d.xlsx", "is neither CSV nor Parquet")):
        with pytest.raises(DataError, match=said):
            refuse_unreadable(tmp_path / name, where="--x")
    with pytest.raises(MissingFileError, match=r"--x: file not found: '.*e\.csv'\. Check the path\.$"):
        refuse_unreadable(tmp_path / "e.csv", where="--x")


def test_a_sqlite_store_is_relative_to_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS", "kept")
    assert store_uri("sqlite:///${RUNS}/mlflow.db", tmp_path) == f"sqlite:///{tmp_path}/kept/mlflow.db"
    assert store_uri("sqlite:////srv/mlflow.db", tmp_path) == "sqlite:////srv/mlflow.db"
    assert store_uri("postgresql+psycopg://db/runs", tmp_path) == "postgresql+psycopg://db/runs"
    assert store_uri(None, tmp_path) is None


@pytest.mark.parametrize(
    ("uri", "said"), [("nope://x", "Begin it with one of sqlite://"), ("file:runs", "file stores are refused")]
)
def test_a_store_of_another_kind_is_refused(uri: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        store_uri(uri, tmp_path)
