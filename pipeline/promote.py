"""`holdfast promote`: a model version becomes champion, if it passes the gate; by force it does so on the record."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import GateRefused
from pipeline import tested_rows, tracking
from pipeline.artefact import Manifest
from pipeline.champion import scored_anew
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.gate import Evidence, findings
from pipeline.score import fetch
from pipeline.scoring import Model
from pipeline.tracking import Store


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
    champion = tracking.version_of(store, tracking.CHAMPION)
    manifest, tested = _model(config, version).manifest, _tested(store, version)
    rival = None
    if champion not in (None, version):
        rival = (f"{store.model}/{champion}", _champion_rows(config, champion, manifest, tested))
    return Evidence(
        passed,
        checked,
        manifest.feature_fingerprint,
        tracking.metrics_of(store, version),
        tested,
        rival,
        manifest.config["model"]["loss"]["coverage"],
    )


def _champion_rows(
    config: Config, champion: int, manifest: Manifest, tested: pd.DataFrame | None
) -> pd.DataFrame | None:
    """The champion's own tested rows where the two have some in common, else its scores of the newer ones."""
    own, model = _tested(tracking.store_of(config), champion), _model(config, champion)
    if model.manifest.config["outcome"] != manifest.config["outcome"]:
        return None
    if own is not None and tested is not None and own["row"].isin(tested["row"]).any():
        return own
    return scored_anew(config, model, manifest.snapshots["test"])


def _model(config: Config, version: int) -> Model:
    with tempfile.TemporaryDirectory() as scratch:
        return fetch(config, str(version), Path(scratch))


def _tested(store: Store, version: int) -> pd.DataFrame | None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = tracking.file_of(store, version, tested_rows.FILE, Path(scratch))
        return None if folder is None else tested_rows.read(folder)
