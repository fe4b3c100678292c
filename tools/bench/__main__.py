"""`python -m tools.bench [NAME ...]`: run the benchmarks named, or all quick ones; one JSON line each on stdout."""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from tools.bench.beside import beside
from tools.bench.commands import demo_speed, help_speed
from tools.bench.copies import copies_apart
from tools.bench.coverage import coverage
from tools.bench.features import feature_speed
from tools.bench.features_scale import dense, memory, scale
from tools.bench.flat_sets import flat_sets, tuned_sets
from tools.bench.hillstrom import hillstrom
from tools.bench.learned_plan import learned_plan_worth
from tools.bench.money import money
from tools.bench.plan import plan_agents, plan_million, plan_sequences
from tools.bench.possible import possible
from tools.bench.public_sets import PROTOCOLS, public_set
from tools.bench.reasons import reason_speed
from tools.bench.simulator import simulator_speed
from tools.bench.spark import spark_speed
from tools.bench.texts import complaint_texts
from tools.bench.tv_divisions import tv_divisions

# Name: what runs, and whether it belongs to the quick ones.
BENCHMARKS: dict[str, tuple[Callable[[], dict[str, Any]], bool]] = {
    "help": (help_speed, True),
    "features": (lambda: feature_speed(50_000), True),
    "features-200k": (lambda: feature_speed(200_000, repeats=1), False),
    "features-1m": (lambda: feature_speed(1_000_000, repeats=1), False),
    "features-memory": (memory, False),
    "features-scale": (scale, False),
    "features-scale-10m": (lambda: scale(10_000_000), False),
    "features-dense": (dense, True),
    "features-beside": (beside, False),
    "simulator": (simulator_speed, True),
    "reasons": (reason_speed, False),
    "spark": (spark_speed, False),
    "plan-agents": (plan_agents, True),
    "plan-million": (plan_million, False),
    "plan-sequences": (plan_sequences, False),
    "demo": (demo_speed, False),
    "complaint-texts": (complaint_texts, False),
    "iranian-copies": (copies_apart, False),
    "flat-sets": (flat_sets, False),
    "tuned-sets": (tuned_sets, False),
    "tv-divisions": (tv_divisions, False),
    **{f"risk-{name}": (partial(public_set, name), False) for name in PROTOCOLS},
    "hillstrom": (hillstrom, False),
    "learned-plan": (learned_plan_worth, False),
    "money": (money, False),
    **{f"coverage-{name}": (partial(coverage, name), False) for name in ("telecom", "retail", "cdnow")},
    "possible-telecom": (lambda: possible("telecom"), False),
    "possible-retail": (lambda: possible("retail"), False),
}


def main() -> int:
    """Run and print; exit code 1 where a benchmark misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="default: the quick ones")
    wanted = parser.parse_args().names or [name for name, (_, quick) in BENCHMARKS.items() if quick]
    results = []
    for name in wanted:
        results.append({"benchmark": name} | BENCHMARKS[name][0]())
        print(json.dumps(results[-1], ensure_ascii=False), flush=True)
    return 0 if all(result["met"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
