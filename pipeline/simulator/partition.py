"""One partition of customers from the first draw to its files: the unit of memory and of parallel work."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.simulator.arrays import FUTURES, PATH, PEOPLE, RECORDS, stream
from pipeline.simulator.company import Company
from pipeline.simulator.defects import ENCODING, EXPORT, mixed_export, spoil
from pipeline.simulator.futures import look_ahead
from pipeline.simulator.path import recruit, walk
from pipeline.simulator.records.ledger import Ledger
from pipeline.simulator.truth import latent_rows, monthly_latent_rows, truth_rows


@dataclass(frozen=True)
class Job:
    """What one partition needs to know."""

    company: Company
    seed: int
    partition: int
    first: int
    customers: int
    plays: int
    dirty: bool
    folder: Path


@dataclass(frozen=True)
class Count:
    """What one partition wrote."""

    rows: dict[str, int]
    defects: dict[str, int]
    customer_months: int
    defections: int
    complaints: int


def run_partition(job: Job) -> Count:
    """Simulate the partition and write its part of every table."""
    tables, truth, customer_months = _simulate(job)
    defects: dict[str, int] = {}
    if job.dirty:
        tables, defects = spoil(tables, job.seed, job.partition)
        export, defects[f"{EXPORT}.{ENCODING}"] = mixed_export(tables["complaints"], job.seed, job.partition)
        (job.folder / EXPORT).mkdir(exist_ok=True)
        (job.folder / EXPORT / f"part-{job.partition:03d}.csv").write_bytes(export)
    complaints, defections = (tables[name].num_rows for name in ("complaints", "defections"))
    for name, table in (tables | truth).items():
        write_part(table, job.folder / name / f"part-{job.partition:03d}.parquet")
    rows = {name: table.num_rows for name, table in tables.items()}
    return Count(rows, defects, customer_months, defections, complaints)


def _simulate(job: Job) -> tuple[dict[str, pa.Table], dict[str, pa.Table], int]:
    company, months = job.company, job.company.calendar.months
    customers = recruit(company, job.first, job.customers, stream(job.seed, job.partition, PEOPLE))
    ids = np.array([f"C{job.first + k + 1:08d}" for k in range(job.customers)], dtype=object)
    ledger = Ledger(company, customers, stream(job.seed, job.partition, RECORDS))
    rng = stream(job.seed, job.partition, FUTURES)
    truths, latents, customer_months = [], [], 0
    for step in walk(company, customers, stream(job.seed, job.partition, PATH)):
        truth = look_ahead(step.now, step.crowd, job.plays, rng)
        truths.append(truth_rows(company, step, truth, ids))
        latents.append(monthly_latent_rows(company, step, ids))
        if step.month < months:
            ledger.record(step)
            customer_months += len(step.who)
    beside = {
        "truth/customer_months": pa.concat_tables(truths),
        "truth/customers": latent_rows(customers, ids),
        "truth/states": pa.concat_tables(latents),
    }
    return ledger.close(ids), beside, customer_months


def write_part(table: pa.Table, path: Path) -> None:
    """One Parquet file; the same table gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", compression_level=1, row_group_size=250_000)
