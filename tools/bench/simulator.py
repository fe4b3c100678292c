"""How long 100,000 customers over 36 months take on two cores, and in how much memory."""

import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from pipeline.simulator import simulate

CUSTOMERS, MONTHS, WORKERS = 100_000, 36, 2
MOST_SECONDS, MOST_GB = 120.0, 4.0
PAGE = os.sysconf("SC_PAGE_SIZE")


def simulator_speed() -> dict[str, Any]:
    """Seconds and the largest memory of all processes together; the load of the machine says how far to trust them."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch, PeakMemory() as memory:
        started = time.perf_counter()
        simulate(CUSTOMERS, MONTHS, 7, Path(scratch) / "company", workers=WORKERS)
        seconds = time.perf_counter() - started
    gigabytes = memory.peak / 1e9
    return {
        "customers": CUSTOMERS,
        "months": MONTHS,
        "seconds": round(seconds, 1),
        "gigabytes": round(gigabytes, 2),
        "load_before": round(load, 1),
        "met": seconds < MOST_SECONDS and gigabytes < MOST_GB,
    }


class PeakMemory:
    """Watches the resident memory of this process and its children (Linux)."""

    def __init__(self, every_seconds: float = 0.2) -> None:
        self.peak = 0
        self._every, self._done = every_seconds, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(self._every):
            self.peak = max(self.peak, sum(_resident(pid) for pid in _family(os.getpid())))


def _family(pid: int) -> list[int]:
    """The process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [member for child in task.read_text().split() for member in _family(int(child))]
        except OSError:
            continue
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0
