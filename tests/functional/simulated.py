"""A simulated company, small enough to train on within a test, and the config that reads it."""

from pathlib import Path

from pipeline.simulator import simulate

CONFIG = """
name: small
sources:
{sources}
tables:
{tables}
outcome: {{kind: cancel, horizon_days: 90, horizons_days: [30, 60]}}
snapshots: {{every: 91, first: 2022-01-01, test_snapshots: 1}}
model:
  risk: {{max_trees: 60, bags: 1, folds: 3}}
  loss: {{max_trees: 40, objectives: [squared]}}
"""
TABLES = ("customers", "transactions", "contracts", "complaints", "contacts", "surveys", "defections", "usage")


def write(folder: Path, customers: int = 700, months: int = 24, seed: int = 3) -> Path:
    """Simulate a company into a folder: the path of its config."""
    simulate(customers, months, seed, folder / "company", workers=1)
    sources = "\n".join(f"  {name}: {{parquet: company/{name}/*.parquet}}" for name in TABLES)
    tables = "\n".join(f"  {name}: {{source: {name}}}" for name in TABLES)
    config = folder / "small.yaml"
    config.write_text(CONFIG.format(sources=sources, tables=tables), encoding="utf-8")
    return config
