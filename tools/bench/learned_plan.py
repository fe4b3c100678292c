"""What plans are worth that learned effects from randomised contacts, on companies whose truth is known.

The question of a retention manager: how many randomised contacts do I need, and how strong must their effect be?
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pipeline.simulator import run, simulate
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.scenarios import SCENARIOS
from pipeline.truth.learned_plan import (
    LearnedValue,
    TrialCase,
    enriched,
    latest,
    learned_plan,
    predicted_now,
    trial_case,
)

MONTHS, SEED, PLAYS = 36, 7, 24
CONFIGS = Path(__file__).parents[2] / "configs"
LIMITS = ("0.05", "0.2", "paying")
LEAST_OF_BEST, LEAST_OF_LATENTS, LEAST_OVER_RISKIEST = 0.90, 0.97, 1.25
# Few windows, few training snapshots, one shape of trees: the same smaller risk model for all rows, so that the whole
# is done in minutes. What it costs shows in the column of the true average odds.
SMALL: dict[str, Any] = {
    "features": {"windows_days": [90], "half_lives_days": [30]},
    "snapshots": {"every": "month", "first": "2022-03-01", "last": "2023-07-01", "test_snapshots": 6},
    "model": {
        "risk": {
            "trees": [{"name": "small", "leaves": 6, "depth": 3, "rate": 0.06, "column_share": 0.2}],
            "linear": [{"name": "straight", "strength": 0.01}],
            "plain": [{"name": "straight", "strength": 0.01}],
            "folds": 2, "bags": 1, "max_trees": 150,
        },
        "types": {"folds": 2, "max_trees": 60},
        "loss": {"folds": 2, "objectives": ["squared"], "max_trees": 60},
    },
    "learning": {"learners": ["factors"]},  # the others cost a minute a company, and did not displace it
}  # fmt: skip


@dataclass(frozen=True)
class Company:
    """Effects as multiples of the scenario's, what is left of them a month later, and the sizes of the trial."""

    strength: float
    memory: float
    customers: int = 20_000
    contacts: tuple[int, ...] = (20_000,)
    seed: int = SEED

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"x{self.strength:g}-memory{self.memory:g}-{self.customers}-seed{self.seed}"


REALISTIC = Company(1, 0.7, contacts=(20_000, 5_000))
SWEEP = (
    REALISTIC,
    Company(2, 0.9, contacts=(20_000, 5_000)),
    Company(3, 0.9, contacts=(20_000, 5_000)),
)


def learned_plan_worth(companies: tuple[Company, ...] = SWEEP) -> dict[str, Any]:
    """A trial among those at risk (actions drawn by chance, half of the chosen held out), then one plan."""
    started = time.process_time()
    rows = [row for company in companies for row in _rows(company)]
    asked = [row for row in rows if row["strength"] == REALISTIC.strength and row["asked"] == max(REALISTIC.contacts)]
    return {
        "rows": rows,
        "met": all(all(row["targets"].values()) for row in asked),
        "processor_seconds": round(time.process_time() - started, 1),
    }


def _rows(company: Company) -> Iterator[dict[str, Any]]:
    case = _case(company)
    known = enriched(case)
    predicted = [(one, predicted_now(one)) for one in (case, known)]
    for asked in company.contacts:
        records, latents = (_learned(one, scores, asked) for one, scores in predicted)
        yield _row(company, asked, records, latents)


def _learned(case: TrialCase, predicted: pd.DataFrame, contacts: int) -> LearnedValue:
    return learned_plan(latest(case, contacts), predicted)


def _case(company: Company) -> TrialCase:
    root = Path(os.environ.get("HOLDFAST_SIMULATED", str(CONFIGS.parent / "demo-out" / "simulated"))).resolve()
    home = root / "trial" / company.name
    if not (home / "telecom").is_dir():
        run.MOST_PLAYS = run.FEWEST_PLAYS = PLAYS
        simulate(company.customers, MONTHS, company.seed, home / "telecom", trial_company(company))
    before = os.environ.get("HOLDFAST_SIMULATED")
    os.environ["HOLDFAST_SIMULATED"] = str(home)
    try:
        return trial_case(_config(home), home / "telecom" / "truth", max(company.contacts))
    finally:
        os.environ.pop("HOLDFAST_SIMULATED")
        if before is not None:
            os.environ["HOLDFAST_SIMULATED"] = before


def _config(home: Path) -> Path:
    config = yaml.safe_load((CONFIGS / "simulated-telecom.yaml").read_text(encoding="utf-8"))
    path = home / "small.yaml"
    path.write_text(yaml.safe_dump({**config, **SMALL}), encoding="utf-8")
    return path


def _row(company: Company, asked: int, records: LearnedValue, latents: LearnedValue) -> dict[str, Any]:
    found, known = records.values, latents.values
    learned = found["learned.0.05"]
    assert records.uplift is not None
    return {
        "strength": company.strength,
        "memory": company.memory,
        "asked": asked,
        "contacts": records.uplift.contacts,
        "chosen": records.uplift.chosen,
        "claimed": records.uplift.claimed,
        "effect": records.uplift.effect.model_dump(),
        "share_of_best": {limit: found[f"learned.{limit}"] for limit in LIMITS},
        "latents": {limit: known[f"learned.{limit}"] for limit in LIMITS},
        "average_odds": {limit: found[f"average_odds.{limit}"] for limit in LIMITS},
        "riskiest": {limit: found[f"riskiest.{limit}"] for limit in LIMITS if limit != "paying"},
        "targets": {
            "of_best": learned >= LEAST_OF_BEST,
            "of_latents": learned >= LEAST_OF_LATENTS * known["learned.0.05"],
            "over_riskiest": learned >= LEAST_OVER_RISKIEST * found["riskiest.0.05"],
        },
    }


def trial_company(company: Company) -> Scenario:
    """The telecom company whose team contacts by risk and leaves arm and action to chance."""
    base = SCENARIOS["telecom"]
    effects = tuple(tuple(company.strength * one for one in row) for row in base.policy.effects)
    policy = replace(
        base.policy, effects=effects,
        rate=0.17, randomised_share=1.0, treated_share=0.5, follows_risk=1.0, random_actions=1.0,
    )  # fmt: skip
    return replace(base, policy=policy, memory=replace(base.memory, contact=company.memory))
