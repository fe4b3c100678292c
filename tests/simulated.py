"""Small simulated companies with a config, for tests that need a whole one."""

from pathlib import Path

from pipeline.simulator import SimulationSummary, simulate

TABLES = ("customers", "transactions", "complaints", "contacts", "surveys", "defections", "usage", "price_notices")
WITH_CONTRACTS = ("contracts", "reminders")

# Small enough for a test, and still every part of the models.
QUICK = """
model:
  risk:
    trees: [{name: quick, leaves: 6, depth: 3, rate: 0.1, column_share: 0.5}]
    linear: [{name: straight, strength: 0.01}]
    plain: [{name: straight, strength: 0.01}]
    folds: 2
    bags: 1
    max_trees: 60
  types: {folds: 2, max_trees: 40}
  loss: {folds: 2, objectives: [squared], max_trees: 60}
"""


def company(folder: Path, scenario: str = "telecom", customers: int = 500, months: int = 24, seed: int = 5) -> Path:
    """Simulate a company into `folder/company`: the path of its config."""
    found = simulate(customers, months, seed, folder / "company", scenario, workers=1)
    return write_config(folder, found)


def write_config(
    folder: Path, found: SimulationSummary, horizon_days: int = 180, every: str = "month", more: str = QUICK
) -> Path:
    """A config of the records in `folder/company`, with snapshots from the eighth month on."""
    names = [name for name in (*TABLES, *WITH_CONTRACTS) if name in found.rows]
    sources = "\n".join(f'  {name}: {{parquet: "company/{name}/*.parquet"}}' for name in names)
    tables = "\n".join(f"  {name}: {{source: {name}}}" for name in names)
    config = folder / f"{found.scenario}.yaml"
    config.write_text(
        f"name: {found.scenario}\nsources:\n{sources}\ntables:\n{tables}\n"
        f"outcome: {{kind: cancel, horizon_days: {horizon_days}}}\n"
        f"snapshots: {{every: {every}, first: 2021-08-01, test_snapshots: 3}}\n{more}",
        encoding="utf-8",
    )
    return config
