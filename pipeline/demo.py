"""`holdfast demo`: the whole line on a simulated company, with the project's own commands."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from features.errors import UsageError
from pipeline.check import check
from pipeline.contact_plan import contact_plan
from pipeline.files import writable_parent
from pipeline.score import score
from pipeline.simulator import simulate
from pipeline.train import train

# In a clone the config stands where the others do; an installed package carries a copy of it.
IN_CLONE, IN_PACKAGE = (
    folder / "configs" / "demo.yaml" for folder in (Path(__file__).parents[1], Path(__file__).parent)
)
CONFIG = IN_CLONE if IN_CLONE.exists() else IN_PACKAGE
MARK = ".holdfast-demo"


def demo(out: Path, *, customers: int = 5000, months: int = 36, seed: int = 1) -> str:
    """Simulate, check, train, score and plan into `out`: the paths of what was written.

    A folder that an earlier demo wrote is replaced; raises UsageError for any other folder that holds something.
    """
    _clear(out)
    os.environ["HOLDFAST_DEMO"] = str(out.resolve())
    scores, plan = out / "scores.csv", out / "plan"
    steps: dict[str, Callable[[], str]] = {
        f"simulate {customers:,} customers over {months} months": lambda: _simulate(out, customers, months, seed),
        "check the tables": lambda: check(CONFIG).as_text(),
        "train": lambda: train(CONFIG, report=out / "report.html").as_text(),
        "score every customer": lambda: score(CONFIG, scores).as_text(),
        "plan the contacts": lambda: contact_plan(CONFIG, scores, plan).as_text(),
    }
    for number, (title, step) in enumerate(steps.items(), 1):
        print(f"\n[{number}/{len(steps)}] {title}", file=sys.stderr)
        print(step(), flush=True)
    return _paths(out, scores, plan)


def _clear(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / MARK).exists():
            raise UsageError(
                "holds something that is not a demo", where="--out", value=str(out), fix="Name a new folder."
            )
        shutil.rmtree(out)
    writable_parent(out / MARK)
    (out / MARK).write_text("Written by holdfast demo, which may replace this folder.\n", encoding="utf-8")


def _simulate(out: Path, customers: int, months: int, seed: int) -> str:
    return simulate(customers, months, seed, out / "company").as_text()


def _paths(out: Path, scores: Path, plan: Path) -> str:
    written = {
        "the company's tables": out / "company",
        "training report": out / "report.html",
        "scores": scores,
        "contact plan": plan / "plan.csv",
        "page for the team": plan / "plan.html",
        "plan in figures": plan / "summary.json",
    }
    lines = [f"  {name:22} {path}" for name, path in written.items() if path.exists()]
    return "\n".join(["", "The demo wrote:", *lines, "Go on with, for example:", f"  {_next(out, plan)}"])


def _next(out: Path, plan: Path) -> str:
    """A command that works as it stands, from the folder in which the demo was started."""
    words = [sys.argv[0], "plan", os.path.relpath(CONFIG), "--scores", str(out / "scores.csv"), "--out", f"{plan}-2"]
    return f"HOLDFAST_DEMO={shlex.quote(str(out.resolve()))} {shlex.join(words)}"
