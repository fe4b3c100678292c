"""How long `holdfast diagnose` takes on a simulated company repeated until it has as many customers as asked.

    python -m tools.benchmark_diagnose --customers 1000000

Simulating a million customers takes longer than diagnosing them, so 20,000 are simulated and repeated under new names.
Reported are seconds on the clock and of the processors: on a busy machine only the second is a fair figure.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import yaml

from pipeline.diagnose import diagnose, write_page
from pipeline.simulator import simulate

SIMULATED = 20_000
TABLES = ("customers", "transactions", "contracts", "complaints", "contacts", "defections")
KEYS = {"contracts": "contract_id", "complaints": "complaint_id"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--folder", type=Path, help="where to put the company; default: a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        _company(folder, given.customers, given.months)
        _measure(folder)


def _company(folder: Path, customers: int, months: int) -> None:
    simulate(min(SIMULATED, customers), months, 1, folder / "seed")
    times = max(1, customers // SIMULATED)
    for table in TABLES:
        _repeat(folder, table, times)
    config = {
        "name": "benchmark",
        "sources": {table: {"parquet": f"{table}.parquet"} for table in TABLES},
        "tables": {table: {"source": table} for table in TABLES},
        "outcome": {"kind": "cancel", "horizon_days": 90},
    }
    (folder / "benchmark.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def _repeat(folder: Path, table: str, times: int) -> None:
    names = ["customer_id", *([KEYS[table]] if table in KEYS else [])]
    renamed = ", ".join(f"k || '-' || {name} AS {name}" for name in names)
    rows = f"SELECT * REPLACE ({renamed}) FROM read_parquet('{folder}/seed/{table}/*.parquet'), range({times}) t(k)"
    with duckdb.connect() as con:
        con.execute("SET preserve_insertion_order = false")
        con.execute(
            f"COPY ({rows.replace('SELECT *', 'SELECT * EXCLUDE (k)')}) TO '{folder}/{table}.parquet' (FORMAT parquet)"
        )


def _measure(folder: Path) -> None:
    clock, work = time.perf_counter(), _processor_seconds()
    found = diagnose(folder / "benchmark.yaml")
    write_page(found, folder / "page.html")
    clock, work = time.perf_counter() - clock, _processor_seconds() - work
    rows = ", ".join(f"{name} {count:,}" for name, count in dict(found.facts["rows"]).items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{rows}\n{clock:.1f} s on the clock, {work:.1f} s of the processors, peak {peak:.1f} GB")


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
