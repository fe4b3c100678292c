"""How long a user waits: for `holdfast --help`, and for the demo."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HELP_CALLS, MOST_HELP_SECONDS, MOST_DEMO_SECONDS = 10, 0.5, 180.0
MAIN = "from pipeline.cli import main; main()"


def help_speed() -> dict[str, Any]:
    """Median of ten calls, wall clock and processor time."""
    measured = [_timed("--help") for _ in range(HELP_CALLS)]
    wall, processor = (statistics.median(column) for column in zip(*measured, strict=True))
    return {
        "calls": HELP_CALLS,
        "median_seconds": round(wall, 2),
        "median_processor_seconds": round(processor, 2),
        "load_before": round(os.getloadavg()[0], 1),
        "met": wall < MOST_HELP_SECONDS,
    }


def demo_speed() -> dict[str, Any]:
    """The whole line on 5,000 customers over 36 months, without the installation."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        wall, processor = _timed("demo", "--out", str(Path(scratch) / "demo"))
    return {
        "seconds": round(wall, 1),
        "processor_seconds": round(processor, 1),
        "load_before": round(load, 1),
        "met": wall < MOST_DEMO_SECONDS,
    }


def _timed(*words: str) -> tuple[float, float]:
    """Wall-clock and processor seconds of one command in a process of its own."""
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-c", MAIN, *words], check=True, capture_output=True)
    wall, after = time.perf_counter() - started, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system
