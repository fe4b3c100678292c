"""Postgres as a source and as a sink: the values of files, all or nothing, and no password in any message."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import yaml

from features.errors import ConfigError, DataError
from pipeline.config.tables import PostgresSink
from pipeline.feature_matrix import matrix_table
from pipeline.leakcheck import differing
from pipeline.planning.outputs import obligation_table
from pipeline.planning.owners import COLUMNS
from pipeline.postgres import Sinks
from tests.cli import Cli
from tests.functional import company, simulated
from tests.plan_case import scores, settings
from tests.postgres import PASSWORD, server

dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="the extra postgres is not installed")
pytestmark = pytest.mark.slow

URL = "HOLDFAST_TEST_DATABASE"
DATA_ERROR = 4
TABLES = """
CREATE SCHEMA crm;
CREATE TABLE crm."People" (id char(6), since date, region text);
CREATE TABLE orders (who varchar, day timestamp, total numeric(12, 2));
CREATE TABLE cases (who text, number text, opened date, closed date);
"""
SOURCES = """
  people: {{postgres: crm.People, url_env: {url}}}
  orders: {{postgres: "SELECT * FROM orders WHERE total > 0", url_env: {url}}}
  cases: {{postgres: cases, url_env: {url}}}
tables:"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A running server."""
    with server() as found:
        yield found


@pytest.fixture
def database(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An open connection to an empty database, whose address is in the variable."""
    monkeypatch.setenv(URL, address)
    with dbapi.connect(address, autocommit=True) as connection:
        for schema in ("crm", "public"):
            ask(connection, f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        ask(connection, "CREATE SCHEMA public")
        yield connection


def ask(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def from_files(folder: Path, connection: Any) -> tuple[Path, Path]:
    """The tiny company as files and, the same, in the database: both configs."""
    files = company.write(folder)
    for statement in filter(str.strip, TABLES.split(";")):
        ask(connection, statement)
    for name, table, moved in (
        ("people", 'crm."People"', "{0}, {1}, {2}"),
        ("orders", "orders", "{0}, {1}, {2}"),
        ("cases", "cases", "{0}, {1}, to_date({2}, 'DD/MM/YYYY'), to_date(nullif({3}, ''), 'DD/MM/YYYY')"),
    ):
        lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[1:]
        rows = [moved.format(*(f"'{value}'" for value in line.split(","))) for line in lines]
        ask(connection, f"INSERT INTO {table} VALUES " + ", ".join(f"({row})" for row in rows))
    text = files.read_text(encoding="utf-8")
    head, tail = text.split("sources:")[0], text.split("\ntables:")[1]
    config = folder / "database.yaml"
    config.write_text(f"{head}sources:{SOURCES.format(url=URL)}{tail}", encoding="utf-8")
    return files, config


def test_tables_and_queries_give_the_matrix_that_files_give(tmp_path: Path, database: Any) -> None:
    files, config = from_files(tmp_path, database)
    assert differing(matrix_table(files), matrix_table(config)) == []


def test_what_cannot_be_read_is_said_without_the_password(
    tmp_path: Path, database: Any, address: str, monkeypatch: pytest.MonkeyPatch, holdfast: Cli
) -> None:
    _, config = from_files(tmp_path, database)
    ask(database, "DROP TABLE cases")
    ran = holdfast("features", config)
    assert ran.code == DATA_ERROR
    assert "sources.cases: cannot be read: 'cases'. The server says: relation \"cases\" does not exist." in ran.err
    slashed = address.replace(PASSWORD, PASSWORD.replace("-", "/"))
    for wrong, says in (
        (
            address.replace(PASSWORD, "guess-it"),
            "The server says: password authentication failed for user (not shown).",
        ),
        ("postgresql://holdfast:guess-it@127.0.0.1:1/postgres", "The server says: Connection refused."),
        (slashed, "It is not a complete address"),
        ("guess-it", "It is not a complete address"),
    ):
        monkeypatch.setenv(URL, wrong)
        ran = holdfast("features", config)
        assert ran.code == DATA_ERROR, ran.err
        assert f"sources.people: cannot reach the server: '{URL}'. {says}" in ran.err
        assert not [part for part in ("guess-it", "s3cret", "word@") if part in ran.err], ran.err


def test_a_variable_that_is_not_set_is_named(tmp_path: Path, database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, config = from_files(tmp_path, database)
    monkeypatch.delenv(URL)
    with pytest.raises(ConfigError, match=f"sources.people.url_env: environment variable is not set: '{URL}'. Set "):
        matrix_table(config)


def rows(*ids: str) -> pa.Table:
    reasons = [[{"feature": "f", "text": "late"}]] * len(ids)
    return pa.table({"customer_id": list(ids), "risk": [0.5] * len(ids), "reasons": reasons})


def test_a_sink_adds_rows_or_makes_the_table_anew(database: Any) -> None:
    for ids in (["a"], ["b", "c"]):
        with Sinks({"scores": PostgresSink(postgres="scores", url_env=URL)}) as sinks:
            sinks.send("scores", rows(*ids))
    found = ask(database, "SELECT customer_id, risk, reasons::json -> 0 ->> 'text' FROM scores ORDER BY 1")
    assert found == [("a", 0.5, "late"), ("b", 0.5, "late"), ("c", 0.5, "late")]
    with Sinks({"scores": PostgresSink(postgres="public.scores", url_env=URL, when_there="replace")}) as sinks:
        sinks.send("scores", rows("d"))
        sinks.send("scores", rows("e"))
    assert ask(database, "SELECT customer_id FROM scores ORDER BY 1") == [("d",), ("e",)]


def test_nothing_of_several_tables_stays_when_one_cannot_be_written(database: Any) -> None:
    ask(database, "CREATE TABLE obligations (customer_id date)")
    sinks = {name: PostgresSink(postgres=name, url_env=URL) for name in ("plan", "obligations")}
    with pytest.raises(DataError, match="obligations: cannot be written"), Sinks(sinks) as both:
        both.send("plan", rows("a"))
        both.send("obligations", rows("a"))
    assert ask(database, "SELECT to_regclass('plan')") == [(None,)]


def owed(**columns: str) -> pd.DataFrame:
    """Obligations as the plan makes them: one row, or none where no column is given."""
    moment = pd.Timestamp("2026-03-02 10:00")
    row = dict.fromkeys(COLUMNS, "") | {"opened_at": moment, "deadline": moment, "late": False} | columns
    return pd.DataFrame([row | {"date": moment.date()}] if columns else [], columns=list(COLUMNS))


def test_obligations_have_the_same_types_whatever_the_first_ones_were(database: Any) -> None:
    with Sinks({"obligations": PostgresSink(postgres="obligations", url_env=URL)}) as sinks:
        for rows in (owed(), owed(grade="1", customer_id="a"), owed(grade="vip", customer_id="=1+1")):
            sinks.send("obligations", obligation_table(rows))
    found = ask(database, "SELECT customer_id, grade, late, opened_at, date FROM obligations ORDER BY 1")
    moment = datetime(2026, 3, 2, 10)
    assert found == [("=1+1", "vip", False, moment, moment.date()), ("a", "1", False, moment, moment.date())]


def test_a_plan_that_a_table_refuses_leaves_the_earlier_folder(tmp_path: Path, database: Any, holdfast: Cli) -> None:
    config = company.write(tmp_path)
    plan = settings().model_dump(mode="json", exclude_unset=True)
    with config.open("a", encoding="utf-8") as file:
        yaml.safe_dump({"sinks": {"plan": {"postgres": "plan", "url_env": URL}}, "plan": plan}, file)
    ids = [f"{n:03d}" for n in range(40)]
    scores(40, customer_id=ids, as_of=datetime(2024, 10, 1)).to_parquet(tmp_path / "scores.parquet")
    words = ("plan", config, "--scores", tmp_path / "scores.parquet", "--out", tmp_path / "plan")
    assert holdfast(*words).code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "plan").iterdir() if path.is_file()}
    ask(database, "ALTER TABLE plan ALTER COLUMN customer_id TYPE integer USING 1")
    (tmp_path / "scores.parquet").unlink()
    scores(39, customer_id=ids[1:], as_of=datetime(2024, 10, 1)).to_parquet(tmp_path / "scores.parquet")
    ran = holdfast(*words)
    assert ran.code == DATA_ERROR
    assert "sinks.plan: cannot be written: 'plan'" in ran.err
    assert {path.name: path.read_bytes() for path in (tmp_path / "plan").iterdir() if path.is_file()} == before


def test_scores_and_plan_go_into_the_database_beside_their_files(tmp_path: Path, database: Any, holdfast: Cli) -> None:
    config = simulated.write(tmp_path, customers=300)
    named = ", ".join(f"{name}: {{postgres: {name}, url_env: {URL}}}" for name in ("scores", "plan", "obligations"))
    plan = (Path(__file__).parents[2] / "configs" / "demo.yaml").read_text(encoding="utf-8").partition("\nplan:")[2]
    playbook = Path(__file__).parents[2] / "configs" / "playbook.en.yaml"
    (tmp_path / "playbook.en.yaml").write_bytes(playbook.read_bytes())
    with config.open("a", encoding="utf-8") as file:
        file.write(f"sinks: {{{named}}}\nplan:{plan}")
    assert holdfast("train", config).code == 0
    assert holdfast("score", config, "--out", tmp_path / "scores.parquet").code == 0
    ran = holdfast("plan", config, "--scores", tmp_path / "scores.parquet", "--out", tmp_path / "plan")
    assert ran.code == 0, ran.err
    assert ask(database, "SELECT count(*) FROM scores WHERE risk > 0 OR status <> 'at_risk'") == [(300,)]
    lines = (tmp_path / "plan" / "plan.csv").read_text(encoding="utf-8-sig").splitlines()
    (planned,) = ask(database, "SELECT count(*) FROM plan")
    assert planned[0] > 0
    assert planned[0] <= len(lines) - 1
    kept = "\n".join(path.read_text(errors="ignore") for path in tmp_path.rglob("*") if path.is_file())
    assert PASSWORD not in kept
    assert holdfast("score", config, "--out", tmp_path / "parts").code == 0
    assert ask(database, "SELECT count(*) FROM scores") == [(600,)]
