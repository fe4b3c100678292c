"""What a plan is worth that learned effects from 20,000 randomised contacts, on a company whose truth is known."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.simulator import simulate
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.scenarios import SCENARIOS
from pipeline.truth.learned_plan import enriched, learned_plan, trial_case

CUSTOMERS, MONTHS, SEED, CONTACTS = 20_000, 36, 7, 20_000
CONFIGS = Path(__file__).parents[2] / "configs"
SHARE = "0.05"  # of the customers at risk that a plan may contact
LEAST_OF_BEST, LEAST_OF_LATENTS, LEAST_OVER_RISKIEST = 0.90, 0.97, 1.25


def learned_plan_worth() -> dict[str, Any]:
    """Telecom with a trial among those at risk: actions drawn by chance, half of the chosen held out."""
    home = (
        Path(os.environ.get("HOLDFAST_SIMULATED", str(CONFIGS.parent / "demo-out" / "simulated"))).resolve() / "trial"
    )
    if not (home / "telecom").is_dir():
        simulate(CUSTOMERS, MONTHS, SEED, home / "telecom", trial_company(SCENARIOS["telecom"]))
    os.environ["HOLDFAST_SIMULATED"] = str(home)
    started = time.process_time()
    case = trial_case(CONFIGS / "simulated-telecom.yaml", home / "telecom" / "truth", CONTACTS)
    records, latents = learned_plan(case), learned_plan(enriched(case))
    learned, riskiest = (records.values[f"{name}.{SHARE}"] for name in ("learned", "riskiest"))
    possible = latents.values[f"learned.{SHARE}"]
    targets = {
        "of_best": learned >= LEAST_OF_BEST,
        "of_latents": learned >= LEAST_OF_LATENTS * possible,
        "over_riskiest": learned >= LEAST_OVER_RISKIEST * riskiest,
    }
    return {
        "contacts": case.found.table.num_rows,
        "learned": learned,
        "learned_with_latents": possible,
        "riskiest": riskiest,
        "records": records.as_json(),
        "latents": dict(latents.values),
        "targets": targets,
        "met": all(targets.values()),
        "processor_seconds": round(time.process_time() - started, 1),
    }


def trial_company(scenario: Scenario) -> Scenario:
    """The company whose team contacts by risk and leaves arm and action to chance."""
    trial = replace(
        scenario.policy, rate=0.17, randomised_share=1.0, treated_share=0.5, follows_risk=1.0, random_actions=1.0
    )
    return replace(scenario, policy=trial)
