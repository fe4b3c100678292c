"""The present champion on the test rows of another version, for a comparison of the two on the same rows."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from features.errors import DataError, ModelMismatchError
from models.evaluate import Metrics
from models.outcomes import known_by
from models.paired_metrics import paired_gains
from pipeline import tested_rows, tracking
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows
from pipeline.matrix import labelled
from pipeline.measured import MODEL, Measured
from pipeline.prepare import Prepared, prepared_to_learn
from pipeline.score import fetch, fitting_features
from pipeline.scoring import Model
from pipeline.store import Store

PAIRED = "paired.champion"
Tested = TypeVar("Tested", bound=Measured)


@dataclass(frozen=True)
class Rival:
    """The champion's name, and what it says of test rows; None where nothing it says of them would be a test."""

    name: str
    rows: pd.DataFrame | None


@dataclass(frozen=True)
class Contender:
    """A version that wants to be compared: its number (None: not registered yet), outcome, test snapshots, tested rows.

    `registered`: the rows are those of the registered model itself, not of the one that was fitted for a test.
    """

    version: int | None
    outcome: Mapping[str, Any]
    snapshots: Sequence[str]
    tested: pd.DataFrame | None
    registered: bool = False


def against_champion(found: Tested, config: Config, contender: Contender, data: Prepared) -> Tested:
    """With the gain over the present champion on the same rows, where there is one."""
    rival = rival_of(config, contender, data)
    if rival is None or contender.tested is None:
        return found
    gained = gains(contender.tested, rival, config.validation.seed)
    return replace(found, champion=rival.name, metrics={**found.metrics, **gained})


def rival_of(config: Config, contender: Contender, data: Prepared | None = None) -> Rival | None:
    """The champion, with what it says of the contender's test rows; None where there is no other champion.

    Its own tested rows where the two have some in common, else it is scored on the contender's; on `data` where they
    are prepared already. Where the contender is a registered model so is the champion.
    """
    store = tracking.store_of(config)
    champion = tracking.version_of(store, tracking.CHAMPION)
    if champion is None or champion == contender.version:
        return None
    return Rival(f"{store.model}/{champion}", _rows(config, store, champion, contender, data))


def gains(tested: pd.DataFrame, rival: Rival, seed: int) -> Metrics:
    """`paired.champion.auc`, `.log_loss`, `.brier` with intervals, and `.rows`: on how many rows; none without any."""
    if rival.rows is None:
        return {}
    pair = tested_rows.common(tested, rival.rows)
    if not len(pair.y):
        return {}
    found = paired_gains(pair.y, pair.model, {"champion": pair.other}, pair.customers, seed=seed)
    return {**found, f"{PAIRED}.rows": float(len(pair.y))}


def scored_anew(
    config: Config, champion: Model, tested: Sequence[str], data: Prepared | None = None
) -> pd.DataFrame | None:
    """The champion's risk of the rows at these snapshots (ISO dates), as `tested_rows` keeps them.

    Left out are snapshots at which an outcome that it learned from was not known yet. None where none remains, the data
    are flat, or the feature code is not the one it was trained with.
    """
    later = [] if config.flat else _later(config, champion.manifest.snapshots, tested)
    if not later:
        return None
    predictor = champion.predictor
    with _opened(config, data) as tables:
        try:
            features = fitting_features(champion, tables)
        except ModelMismatchError:
            return None
        rows = LabelledRows(labelled(config, tables, features, later).rows)
        risk = predictor.risk_of(predictor.encode(rows.table))
    return tested_rows.keyed(rows.keys, rows.y, {MODEL: risk})


def _rows(
    config: Config, store: Store, champion: int, contender: Contender, data: Prepared | None
) -> pd.DataFrame | None:
    try:
        model = _model(config, champion)
    except (DataError, ModelMismatchError):  # its files are gone, or another holdfast wrote them in another way
        return None
    if model.manifest.config["outcome"] != contender.outcome:
        return None
    own = None if contender.registered else tested_rows.of_version(store, champion)
    if own is not None and contender.tested is not None and own["row"].isin(contender.tested["row"]).any():
        return own
    return scored_anew(config, model, contender.snapshots, data)


def _model(config: Config, version: int) -> Model:
    with tempfile.TemporaryDirectory() as scratch:
        return fetch(config, str(version), Path(scratch))


def _opened(config: Config, data: Prepared | None) -> AbstractContextManager[Prepared]:
    return prepared_to_learn(config) if data is None else nullcontext(data)


def _later(config: Config, learned: Mapping[str, Sequence[str]], tested: Sequence[str]) -> list[datetime]:
    settled = known_by(config.outcome, max(_days([day for days in learned.values() for day in days])))
    return [day for day in _days(tested) if day >= settled]


def _days(written: Sequence[str]) -> list[datetime]:
    return [datetime.fromisoformat(day) for day in written]
