"""How the engine grows: more customers, more snapshots, dense histories; and what memory a large company needs."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.engine import compute
from features.spec import Group
from tools.bench.company_data import PURCHASES, generate, groups, monthly, set_snapshots
from tools.bench.features import timed

WORKERS, MEMORY_GB = 2, 2.0
MOST_TIMES_WHOLE, WITHIN = 1.3, 0.15
DENSE = 500.0


def memory(
    customers: int = 1_000_000, snapshots: int = 12, whole: int = 200_000, piece: int = 20_000
) -> dict[str, Any]:
    """Peak memory and time of all features in partitions, two at a time, and of one piece a row, in processes apart.

    The piece is smaller (see `whole`): it needs memory for all its rows at once. Both write their rows as Parquet.
    """
    parts = _apart("partitioned", customers, snapshots, piece)
    one = _apart("partitioned", whole, snapshots, whole)
    times = (parts["processor_seconds"] / customers) / (one["processor_seconds"] / whole)
    met = parts["peak_gb"] < MEMORY_GB and times <= MOST_TIMES_WHOLE
    return {"partitions": parts, "one_piece": one, "times_one_piece_processor": round(times, 2), "met": met}


def scale(largest: int = 1_000_000) -> dict[str, Any]:
    """Microseconds of processor time a row from 100,000 customers up, and from 1 snapshot to 24."""
    sizes = [size for size in (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000) if size <= largest]
    by_customers = {size: _apart("partitioned", size, 1, 20_000)["microseconds_a_row"] for size in sizes}
    by_snapshots = {n: _apart("partitioned", 40_000, n, 20_000)["microseconds_a_row"] for n in (1, 6, 12, 24)}
    spread = max(by_customers.values()) / by_customers[100_000] - 1
    falling = max(by_snapshots.values()) <= by_snapshots[1] * (1 + WITHIN)
    return {"by_customers": by_customers, "by_snapshots": by_snapshots, "met": spread <= WITHIN and falling}


def dense(customers: int = 2_000, snapshots: int = 24) -> dict[str, Any]:
    """500 events a customer: read off totals and, for comparison, joined with every snapshot; the bits are the same."""
    with duckdb.connect(config={"threads": 1}) as con:
        generate(con, customers, purchases=DENSE)
        set_snapshots(con, monthly(snapshots))
        wanted = tuple(_additive(group) for group in groups())
        found: dict[str, pa.Table] = {}
        by_totals = timed(lambda: found.update(totals=compute(con, wanted)))
        joined = timed(lambda: found.update(joined=compute(con, tuple(_joined(group) for group in wanted))))
        whole = timed(lambda: compute(con, groups()))
    times = joined[1] / by_totals[1]
    return {
        "rows": customers * snapshots,
        "totals_processor_seconds": round(by_totals[1], 2),
        "joined_processor_seconds": round(joined[1], 2),
        "times_faster": round(times, 1),
        "all_features_processor_seconds": round(whole[1], 2),
        "same_values": found["totals"].equals(found["joined"]),
        "met": times > 1 and found["totals"].equals(found["joined"]),
    }


def _joined(group: Group) -> Group:
    return replace(group, blocks=tuple(replace(block, events=None) for block in group.blocks))


def _additive(group: Group) -> Group:
    """Without the few features that have to be aggregated from joined rows either way, and what is derived."""
    kept = tuple(
        replace(b, features=tuple(f for f in b.features if "median" not in f.sql and "age_days /" not in f.sql))
        for b in group.blocks
    )
    return replace(group, blocks=kept, derived=())


def _apart(work: str, *sizes: int) -> dict[str, Any]:
    """Run a function of this module in a process of its own, whose peak memory is its own too."""
    call = f"import json; from tools.bench import features_scale as f; print(json.dumps(f.{work}{sizes}))"
    ran = subprocess.run([sys.executable, "-c", call], check=True, capture_output=True, text=True, cwd=Path.cwd())
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def partitioned(customers: int, snapshots: int, piece: int) -> dict[str, Any]:
    """All features of generated customers, partition by partition as the pipeline does it, written as Parquet.

    Only computing and writing are timed; the tables are generated in a process apart, so its memory does not count.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        parts = range(0, customers, piece)
        _apart("tables", customers, piece, scratch)  # type: ignore[arg-type]
        started, before = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(WORKERS) as pool:
            rows = sum(pool.map(lambda first: _piece(folder, first, snapshots, bounded=len(parts) > 1), parts))
        wall, processor = time.perf_counter() - started, time.process_time() - before
    return {
        "customers": customers,
        "rows": rows,
        "partitions": len(parts),
        "seconds": round(wall, 1),
        "processor_seconds": round(processor, 1),
        "microseconds_a_row": round(processor / rows * 1e6, 1),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def tables(customers: int, piece: int, folder: str) -> None:
    """The tables of each piece as Parquet."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET enable_progress_bar = false")
        for first in range(0, customers, piece):
            generate(con, min(piece, customers - first), first, PURCHASES)
            for table in ("customers", "transactions", "complaints"):
                con.execute(f"COPY {table} TO '{folder}/{table}-{first}.parquet'")


def _piece(folder: Path, first: int, snapshots: int, *, bounded: bool) -> int:
    """One partition as the pipeline opens it; a partition of everything gets the memory it asks for."""
    order = {"customers": "customer_id", "transactions": "customer_id, occurred_at"}
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET enable_progress_bar = false")
        if bounded:
            con.execute(f"SET memory_limit = '{MEMORY_GB}GB'")
        for table in ("customers", "transactions", "complaints"):
            file = f"{folder}/{table}-{first}.parquet"
            by = order.get(table, "customer_id, opened_at")
            con.execute(f"CREATE TABLE {table} AS SELECT * FROM '{file}' ORDER BY {by}")
        set_snapshots(con, monthly(snapshots))
        matrix = compute(con, groups())
    pq.write_table(matrix, folder / f"matrix-{first}.parquet", compression="lz4")
    (folder / f"matrix-{first}.parquet").unlink()
    return int(matrix.num_rows)
