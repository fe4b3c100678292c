"""Where the model of the default configuration stands against the possible, on 20,000 simulated customers."""

import os
import time
from pathlib import Path
from typing import Any

from pipeline.simulator import simulate
from pipeline.truth.split import split_of_lift

CUSTOMERS, MONTHS, SEED = 20_000, 36, 7
CONFIGS = Path(__file__).parents[2] / "configs"
LEAST_REACHED, MOST_MISSED, LEAST_TYPES = 0.85, 0.03, 0.80
SLOPE_FROM, SLOPE_TO = 0.9, 1.1


def possible(scenario: str) -> dict[str, Any]:
    """The split of the lift, the types and the calibration; a company that is in HOLDFAST_SIMULATED is used again."""
    home = Path(os.environ.setdefault("HOLDFAST_SIMULATED", str(CONFIGS.parent / "demo-out" / "simulated"))).resolve()
    if not (home / scenario).is_dir():
        simulate(CUSTOMERS, MONTHS, SEED, home / scenario, scenario)
    started = time.perf_counter()
    found = split_of_lift(CONFIGS / f"simulated-{scenario}.yaml", home / scenario / "truth").as_json()
    slope = found["records"]["measures"]["risk.calibration_slope"]
    targets = {
        "reached": found["lift"]["reached"] >= LEAST_REACHED,
        "missed": found["lift"]["missed"] <= MOST_MISSED,
        "types": found["type_gain_share"] >= LEAST_TYPES,
        "calibrated": SLOPE_FROM <= slope <= SLOPE_TO,
    }
    seconds = round(time.perf_counter() - started, 1)
    return found | {"targets": targets, "met": all(targets.values()), "seconds": seconds}
