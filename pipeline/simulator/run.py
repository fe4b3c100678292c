"""Simulate a whole company into a folder."""

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from features.errors import UsageError, nearest
from pipeline.files import put_folder
from pipeline.simulator.company import found
from pipeline.simulator.desk import settle_load
from pipeline.simulator.months import calendar
from pipeline.simulator.partition import Count, Job, run_partition
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.scenarios import SCENARIOS

START = date(2021, 1, 1)
PARTITION_CUSTOMERS = 5_000
MOST_CUSTOMERS = 100_000_000
# Futures played for each customer and month. With 20 of them a good model that smooths over customers came out above
# the truth it was measured by; small companies can afford a sharper one.
FEWEST_PLAYS, MOST_PLAYS, PLAYS_TIMES_CUSTOMERS = 24, 64, 1_280_000


@dataclass(frozen=True)
class SimulationSummary:
    """What was simulated and written."""

    out: Path
    scenario: str
    customers: int
    months: int
    seed: int
    rows: dict[str, int]  # by table
    monthly_defection_rate: float
    complaints_per_customer_month: float
    defects: dict[str, int]  # by table and kind, empty unless asked for

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "out": str(self.out)}

    def as_text(self) -> str:
        """What was written, for the terminal."""
        rows = "\n".join(f"  {name:14} {count:>12,} rows" for name, count in self.rows.items())
        return (
            f"{self.scenario}: {self.customers:,} customers over {self.months} months (seed {self.seed})\n{rows}\n"
            f"{self.monthly_defection_rate:.2%} defect a month, {self.complaints_per_customer_month:.3f} complaints a "
            f"customer and month\nwrote {self.out}"
        )


def simulate(
    customers: int,
    months: int,
    seed: int,
    out: Path,
    scenario: str | Scenario = "telecom",
    *,
    dirty: bool = False,
    start: date = START,
    overwrite: bool = False,
    workers: int | None = None,
    partition_customers: int = PARTITION_CUSTOMERS,
    progress: Callable[[int, int], None] | None = None,
) -> SimulationSummary:
    """Simulate `customers` over `months` calendar months from the month of `start` and write tables and truth to `out`.

    Writes `out/<table>/part-NNN.parquet`, one file for each partition of customers, and `out/truth/`. The folder
    appears whole or not at all. The same arguments give the same bytes, whatever the number of `workers`; the records
    of a customer do not depend on how many customers come after. `progress(done, total)` is told of each partition.

    Raises UsageError when an argument is out of bounds, the scenario is unknown, or `out` holds something already.
    """
    chosen = _scenario(scenario)
    _check(customers, months, seed, out, overwrite)
    company = settle_load(found(chosen, calendar(months, start), seed), seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        plays = min(MOST_PLAYS, max(FEWEST_PLAYS, PLAYS_TIMES_CUSTOMERS // customers))
        jobs = [
            Job(company, seed, k, first, min(partition_customers, customers - first), plays, dirty, workshop)
            for k, first in enumerate(range(0, customers, partition_customers))
        ]
        wanted = {"out": out, "scenario": chosen.name, "customers": customers, "months": months, "seed": seed}
        summary = _summary(wanted, _run(jobs, workers, progress))
        _write_facts(workshop, chosen, summary, start, plays)
        _publish(workshop, out)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return summary


def _scenario(scenario: str | Scenario) -> Scenario:
    if isinstance(scenario, Scenario):
        return scenario
    if scenario not in SCENARIOS:
        raise UsageError("unknown scenario", where="simulate", value=scenario, fix=nearest(scenario, SCENARIOS))
    return SCENARIOS[scenario]


def _check(customers: int, months: int, seed: int, out: Path, overwrite: bool) -> None:
    for name, value, low, high in (
        ("customers", customers, 1, MOST_CUSTOMERS), ("months", months, 1, 600), ("seed", seed, 0, 2**63),
    ):  # fmt: skip
        if not low <= value <= high:
            raise UsageError(f"{name} is out of bounds", where="simulate", value=value, fix=f"Use {low} to {high}.")
    if out.is_file():
        raise UsageError("the output is a file", where="simulate", value=str(out), fix="Name a folder.")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        fix = "Name another folder, or allow overwriting."
        raise UsageError("the output folder is not empty", where="simulate", value=str(out), fix=fix)


def _run(jobs: list[Job], workers: int | None, progress: Callable[[int, int], None] | None) -> list[Count]:
    counts: list[Count] = []
    for count in _counts(jobs, workers or min(2, os.cpu_count() or 1)):
        counts.append(count)
        if progress:
            progress(len(counts), len(jobs))
    return counts


def _counts(jobs: list[Job], workers: int) -> Iterator[Count]:
    if workers == 1 or len(jobs) == 1:
        yield from map(run_partition, jobs)
        return
    # Spawned, not forked: a parent with threads (a notebook, a test runner) must not be copied half-way.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(run_partition, jobs)


def _summary(wanted: dict[str, Any], counts: list[Count]) -> SimulationSummary:
    exposure = max(1, sum(c.customer_months for c in counts))
    return SimulationSummary(
        **wanted,
        rows=_total([c.rows for c in counts]),
        monthly_defection_rate=sum(c.defections for c in counts) / exposure,
        complaints_per_customer_month=sum(c.complaints for c in counts) / exposure,
        defects=_total([c.defects for c in counts]),
    )


def _total(parts: list[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))


def _write_facts(folder: Path, scenario: Scenario, summary: SimulationSummary, start: date, plays: int) -> None:
    facts = {
        "customers": summary.customers,
        "months": summary.months,
        "seed": summary.seed,
        "start": start.isoformat(),
        "futures_per_customer_month": plays,
        "scenario": asdict(scenario),
    }
    truth = folder / "truth"
    (truth / "scenario.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
    if summary.defects:
        (truth / "defects.json").write_text(json.dumps(summary.defects, indent=2), encoding="utf-8")


def _publish(workshop: Path, out: Path) -> None:
    """Put the finished folder in its place; an old one goes only when the new one is complete."""
    workshop.chmod(0o755)
    put_folder(workshop, out)
