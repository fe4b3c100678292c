"""`holdfast promote`: a model version becomes champion, if it passes the gate; by force it does so on the record."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import GateRefused
from pipeline import tested_rows, tracking
from pipeline.champion import Contender, rival_of
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.gate import Evidence, findings
from pipeline.score import fetch


@dataclass(frozen=True)
class Promoted:
    """What `holdfast promote` did."""

    model: str
    forced: bool
    findings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"champion": self.model, "forced": self.forced, "findings": list(self.findings)}

    def as_text(self) -> str:
        """A line, and what was overridden."""
        if not self.forced:
            return f"{self.model} is champion"
        return "\n".join([f"{self.model} is champion by force, in spite of:", *(f"- {f}" for f in self.findings)])


def promote(path: Path, model: str = tracking.CHALLENGER, *, force: bool = False) -> Promoted:
    """Make a version (challenger or a number) the champion that `holdfast score` uses.

    With `force` the findings do not hinder it; they are recorded with the version and its run. Raises GateRefused with
    every finding otherwise, DataError where there is no such version.
    """
    config = load(path)
    store = tracking.store_of(config)
    version = tracking.number_of(store, model)
    found = findings(evidence(config, version), config.promotion)
    name = f"{config.name}/{version}"
    if found and not force:
        listed = "".join(f"\n- {finding}" for finding in found)
        raise GateRefused("stays what it is", where="promote", value=name, fix=f"Against it:{listed}")
    if found:
        print(f"warning: {name} is made champion without passing the gate", file=sys.stderr)
    tracking.set_champion(store, version, found)
    return Promoted(name, bool(found), found)


def evidence(config: Config, version: int) -> Evidence:
    """What is known of a version, and of the champion where that is another one."""
    store = tracking.store_of(config)
    passed, checked = tracking.leakcheck_of(store, version)
    with tempfile.TemporaryDirectory() as scratch:
        manifest = fetch(config, str(version), Path(scratch)).manifest
    tested = tested_rows.of_version(store, version)
    return Evidence(
        passed,
        checked,
        manifest.feature_fingerprint,
        tracking.metrics_of(store, version),
        tested,
        rival_of(config, Contender(version, manifest.config["outcome"], manifest.snapshots["test"], tested)),
        manifest.config["model"]["loss"]["coverage"],
    )
