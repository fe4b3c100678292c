"""The parts of the engine `spark` that need no JVM: Java, versions, errors of tasks, which tables go row by row."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from features.errors import ConfigError, DataError, MissingFileError
from features.schema import TableShape
from pipeline.config.engine import SparkEngine
from pipeline.config.sources import CsvSource
from pipeline.config.tables import TableConfig
from pipeline.spark import java
from pipeline.spark.partitions import Task, _result, versions
from pipeline.spark.reading import Piece, Reading
from pipeline.spark.rowwise import only_source
from pipeline.spark.session import session


@pytest.fixture
def without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nobody installed Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")


def test_a_machine_without_java_is_told_what_to_install(without_java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"Spark needs Java, and there is none: 'spark'\. Install Java 17"):
        java.provide_java()


def test_a_wrong_java_home_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="JAVA_HOME: holds no bin/java"):
        java.provide_java()


def test_the_packaged_java_is_used_where_there_is_no_other(
    without_java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packaged = tmp_path / "a runtime" / "java"
    packaged.parent.mkdir()
    packaged.write_text('#!/bin/sh\nfor word do echo "<$word>"; done\n', encoding="utf-8")
    packaged.chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr(java, "_packaged", lambda: packaged)
    java.provide_java()
    started = Path(java.os.environ["JAVA_HOME"]) / "bin" / "java"
    words = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-cp", "a b", "Main"]
    said = subprocess.run([started, *words], check=True, capture_output=True, text=True).stdout.split("\n")
    assert said[:-1] == ["<-Xmx1g>", "<-cp>", "<a b>", "<Main>"]


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(ConfigError, match=r"pyspark is not installed.*pip install 'holdfast\[spark\]'"):
        session(SparkEngine(kind="spark"))


@pytest.mark.parametrize("part", ["DuckDB", "holdfast"])
def test_an_executor_with_another_version_refuses_the_work(tmp_path: Path, part: str) -> None:
    Task(lambda partition: partition, tmp_path, {**versions(), part: "old"})._do(0)
    with pytest.raises(ConfigError, match=f"an executor has {part} .*, the driver old"):
        _result(tmp_path / "0.pickle")


def test_a_user_error_of_a_task_arrives_as_it_was(tmp_path: Path) -> None:
    def fail(partition: int) -> None:
        raise MissingFileError("x.csv", where="sources.x")

    Task(fail, tmp_path, versions())._do(0)
    with pytest.raises(MissingFileError, match="file not found") as caught:
        _result(tmp_path / "0.pickle")
    assert (caught.value.where, caught.value.value, caught.value.exit_code) == (
        "sources.x",
        "x.csv",
        DataError.exit_code,
    )


def test_a_result_arrives_once(tmp_path: Path) -> None:
    Task(lambda partition: partition + 1, tmp_path, versions())._do(2)
    assert _result(tmp_path / "2.pickle") == 3
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_zones_is_read_in_the_configs_zone_where_another_has_them(tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("customer_id,occurred_at\na,2024-03-01 00:30:00\n", encoding="utf-8")
    types = {"customer_id": "VARCHAR", "occurred_at": "TIMESTAMP WITH TIME ZONE"}
    shape = TableShape("visits", {"customer_id": "text", "occurred_at": "timestamp"}, "occurred_at", None)
    local = "CAST(occurred_at AT TIME ZONE 'Asia/Shanghai' AS TIMESTAMP)"
    rows = f"SELECT customer_id, {local} AS occurred_at, 0 AS hf_part FROM visits"
    source = CsvSource(csv=str(file))
    reading = Reading("visits", source, types, frozenset(), rows, shape, 1.0, "Asia/Shanghai")
    batches = list(reading.batches(Piece(str(file))))
    assert [batch.column(1).to_pylist() for batch in batches] == [[datetime(2024, 3, 1, 0, 30)]]


ROW_BY_ROW = (
    "SELECT * FROM cases",
    "SELECT a + 1 AS b, upper(t) FROM cases WHERE a > 2 AND t LIKE '%x%';",
    "SELECT c.a FROM (SELECT a FROM cases WHERE t IS NOT NULL) c",
)
TOGETHER = (
    "SELECT DISTINCT t FROM cases",
    "SELECT count(*) FROM cases",
    "SELECT row_number() OVER () FROM cases",
    "SELECT max(a) OVER (PARTITION BY t) FROM cases",
    "SELECT a FROM cases LIMIT 3",
    "SELECT a FROM cases ORDER BY a",
    "SELECT cases.a FROM cases JOIN people USING (a)",
    "SELECT a FROM cases UNION ALL SELECT a FROM people",
    "SELECT a FROM cases WHERE a = (SELECT max(a) FROM cases)",
    "SELECT unnest([a, a]) FROM cases",
)


@pytest.mark.parametrize("sql", [*ROW_BY_ROW, *TOGETHER])
def test_only_a_table_made_row_by_row_is_made_from_pieces(sql: str, tmp_path: Path) -> None:
    with duckdb.connect() as con:
        for name in ("cases", "people"):
            file = tmp_path / f"{name}.parquet"
            con.execute(f"COPY (SELECT i AS a, 'x' || i AS t FROM range(9) r(i)) TO '{file}' (FORMAT parquet)")
            con.execute(f"CREATE VIEW {name} AS FROM read_parquet('{file}')")
        found = only_source(con, TableConfig(sql=sql), ["cases", "people"])
    assert found == ("cases" if sql in ROW_BY_ROW else None)


@pytest.mark.parametrize("settings", [{"row_ids": True}, {"deduplicate": True}])
def test_a_table_that_is_numbered_or_freed_of_repeats_needs_all_rows(settings: dict[str, bool]) -> None:
    with duckdb.connect() as con:
        assert only_source(con, TableConfig(source="cases"), ["cases"]) == "cases"
        assert only_source(con, TableConfig(source="cases", **settings), ["cases"]) is None  # type: ignore[arg-type]
