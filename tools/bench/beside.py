"""18 columns by the engine and by other tools, each in a process of its own, on the same tables.

The other tools need an environment of their own, because featuretools wants an old numpy. `HOLDFAST_BENCH_PYTHON` names
its Python; docs/benchmarks.md says how to make it.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from features.engine import compute
from tools.bench.company_data import generate, groups, monthly, set_snapshots
from tools.bench.features import few_columns, timed

CUSTOMERS = 20_000
# featuretools takes minutes for a few snapshots; the engine is compared with it on as many as it had.
SNAPSHOTS = {"pandas": 12, "polars": 12, "featuretools": 4}
LEAST_TIMES = {"pandas": 1.0, "polars": 1.0, "featuretools": 100.0}
VARIABLE = "HOLDFAST_BENCH_PYTHON"
OTHERS = Path(__file__).with_name("others.py")


def beside(customers: int = CUSTOMERS) -> dict[str, Any]:
    """Processor and wall-clock seconds of each tool, and how many times the engine's they are."""
    python = os.environ.get(VARIABLE)
    if not python:
        return {"skipped": f"{VARIABLE} does not name the Python with pandas, polars and featuretools", "met": True}
    found = {tool: _compared(python, tool, customers, snapshots) for tool, snapshots in SNAPSHOTS.items()}
    return {**found, "met": all(found[tool]["times_engine_processor"] >= least for tool, least in LEAST_TIMES.items())}


def _compared(python: str, tool: str, customers: int, snapshots: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        engine, columns = _engine(Path(scratch), customers, snapshots)
        other = _other(python, scratch, tool)
    if tool != "featuretools":  # which names its columns itself
        _same(other["sums"], columns)
    return {
        "version": other["version"],
        "rows": customers * snapshots,
        "seconds": round(other["seconds"], 2),
        "processor_seconds": round(other["processor_seconds"], 2),
        "engine_seconds": round(engine[0], 2),
        "engine_processor_seconds": round(engine[1], 2),
        "times_engine_processor": round(other["processor_seconds"] / engine[1], 1),
    }


def _engine(folder: Path, customers: int, snapshots: int) -> tuple[tuple[float, float], dict[str, float]]:
    """Seconds and the sum of each column; leaves the tables as Parquet."""
    wanted = few_columns(groups())
    with duckdb.connect(config={"threads": 1}) as con:
        generate(con, customers)
        set_snapshots(con, monthly(snapshots))
        for table in ("snapshots", "customers", "transactions", "complaints"):
            con.execute(f"COPY {table} TO '{folder / table}.parquet'")
        spent = timed(lambda: compute(con, wanted))
        con.register("matrix", compute(con, wanted))
        names = [name for name in con.sql("FROM matrix").columns if name not in ("customer_id", "as_of")]
        sums = con.execute("SELECT " + ", ".join(f'sum("{name}")' for name in names) + " FROM matrix").fetchall()[0]
    return spent, dict(zip(names, sums, strict=True))


def _other(python: str, folder: str, tool: str) -> dict[str, Any]:
    ran = subprocess.run([python, str(OTHERS), folder, tool], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _same(sums: dict[str, float], columns: dict[str, float]) -> None:
    for name, value in columns.items():
        if abs(sums[name] - value) > 1e-6 * max(1.0, abs(value)):
            raise AssertionError(f"{name}: {sums[name]}, but {value} by the engine")
