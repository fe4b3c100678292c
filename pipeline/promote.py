"""`holdfast promote`: a model version becomes champion, if it passed its leak check."""

import tempfile
from pathlib import Path

from features.errors import GateRefused
from pipeline import tracking
from pipeline.artefact import read
from pipeline.config.load import load


def promote(path: Path, model: str = tracking.CHALLENGER) -> str:
    """Make a version (challenger or a number) the champion that `holdfast score` uses.

    Raises GateRefused where its leak check is missing, failed, or was made with other features.
    """
    config = load(path)
    store = tracking.store_of(config)
    with tempfile.TemporaryDirectory() as scratch:
        version, folder = tracking.fetch(store, model, Path(scratch))
        _, manifest = read(folder)
    passed, checked = tracking.leakcheck_of(store, version)
    name, run = f"{config.name}/{version}", f"Run: holdfast leakcheck {path} --model {version}"
    if passed is None:
        raise GateRefused("has no leak check", where="promote", value=name, fix=run)
    if not passed:
        raise GateRefused(
            "failed its leak check", where="promote", value=name, fix="Mend the findings and train again."
        )
    if checked != manifest.feature_fingerprint:
        raise GateRefused(
            "was checked with other features than it was trained with", where="promote", value=name, fix=run
        )
    tracking.set_champion(store, version)
    return f"{name} is champion"
