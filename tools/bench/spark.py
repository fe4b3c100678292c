"""The engine `spark` on two local cores beside the engine `duckdb`: from Parquet tables to the matrix in parts.

The price of the cluster is reading in pieces, the shuffle, and starting tasks; the features are computed by the same
code. The start of the JVM comes once a session and stands apart.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from pipeline.config.engine import SparkEngine
from pipeline.config.load import load
from pipeline.feature_matrix import matrix_parts
from pipeline.matrix import feature_plan
from pipeline.moments import all_moments
from pipeline.prepare import prepared
from pipeline.spark.session import session

CUSTOMERS, PURCHASES, COMPLAINTS, REPEATS, MOST_TIMES = 200_000, 25, 1.5, 3, 3.0
CUSTOMERS_A_PARTITION = 25_000  # at twelve snapshots at once
TICKS = os.sysconf("SC_CLK_TCK")
CONFIG = """
name: bench
sources:
  customers: {{parquet: customers.parquet}}
  transactions: {{parquet: transactions.parquet}}
  complaints: {{parquet: complaints.parquet}}
tables:
  customers: {{source: customers}}
  transactions: {{source: transactions}}
  complaints: {{source: complaints}}
outcome: {{kind: lapse, horizon_days: 30, active_days: 365}}
snapshots: {{every: month, first: 2021-12-01, last: 2022-11-01}}
engine: {{kind: {engine}, workers: 2, partitions: {partitions}}}
"""


def spark_speed(customers: int = CUSTOMERS, repeats: int = REPEATS) -> dict[str, Any]:
    """Both engines in turn, medians; processor seconds of all processes, the JVM's among them."""
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _generate(folder, customers)
        started = time.perf_counter()
        spark = session(SparkEngine(kind="spark"))
        start_seconds = time.perf_counter() - started
        runs = [
            (engine, *_run(folder, engine, n, max(2, customers // CUSTOMERS_A_PARTITION)))
            for n in range(repeats)
            for engine in ("duckdb", "spark")
        ]
        spark.stop()
    wall, processor = _medians(runs, 1), _medians(runs, 2)
    return {
        "customers": customers,
        "rows": runs[0][3],
        "columns": runs[0][4],
        "jvm_start_seconds": round(start_seconds, 1),
        "duckdb_seconds": wall["duckdb"],
        "spark_seconds": wall["spark"],
        "duckdb_processor_seconds": processor["duckdb"],
        "spark_processor_seconds": processor["spark"],
        "times_duckdb": round(wall["spark"] / wall["duckdb"], 2),
        "times_duckdb_processor": round(processor["spark"] / processor["duckdb"], 2),
        "load_before": round(load_before, 1),
        "met": wall["spark"] <= MOST_TIMES * wall["duckdb"],
    }


def _run(folder: Path, engine: str, number: int, partitions: int) -> tuple[float, float, int, int]:
    """Wall-clock and processor seconds, rows and columns of the matrix at twelve snapshots."""
    file = folder / f"{engine}.yaml"
    file.write_text(CONFIG.format(engine=engine, partitions=partitions), encoding="utf-8")
    started, before = time.perf_counter(), _processor_seconds()
    config = load(file)
    with prepared(config) as data:
        moments = all_moments(config, data)
        plan = feature_plan(config, data, moments[0])
        rows = matrix_parts(data, plan, moments, folder / f"{engine}-{number}")
    return time.perf_counter() - started, _processor_seconds() - before, rows, len(plan.entries)


def _generate(folder: Path, customers: int) -> None:
    """Three years of purchases and complaints, spread by hash so that they are the same every time."""
    moment = "TIMESTAMP '2020-01-01' + to_seconds((hash(i, {salt}) % (3 * 365 * 86400))::BIGINT)"
    customer = "'c' || (hash(i, {salt}) % " + f"{customers})"
    tables = {
        "customers": f"SELECT 'c' || i AS customer_id, DATE '2019-06-01' AS joined_at FROM range({customers}) t(i)",
        "transactions": f"SELECT {customer.format(salt=2)} AS customer_id, {moment.format(salt=3)} AS occurred_at, "
        f"(hash(i, 4) % 10000 + 1)::DOUBLE / 7 AS amount FROM range({int(customers * PURCHASES)}) t(i)",
        "complaints": f"SELECT {customer.format(salt=6)} AS customer_id, 'k' || i AS complaint_id, "
        f"{moment.format(salt=7)} AS opened_at, opened_at + to_seconds((hash(i, 8) % 2000000)::BIGINT) AS resolved_at "
        f"FROM range({int(customers * COMPLAINTS)}) t(i)",
    }
    with duckdb.connect() as con:
        for name, sql in tables.items():
            con.execute(f"COPY ({sql}) TO '{folder / name}.parquet' (FORMAT parquet)")


def _medians(runs: list[tuple[Any, ...]], column: int) -> dict[str, float]:
    return {
        engine: round(statistics.median(run[column] for run in runs if run[0] == engine), 1)
        for engine in ("duckdb", "spark")
    }


def _processor_seconds() -> float:
    """Of this process and all below it (Linux): those that run, and those that have ended and been waited for."""
    parents, seconds = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        number = int(stat.parent.name)
        parents[number], seconds[number] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    return sum(seconds[number] for number in seconds if _below(number, parents))


def _below(number: int, parents: dict[int, int]) -> bool:
    while number in parents:
        if number == os.getpid():
            return True
        number = parents[number]
    return False
