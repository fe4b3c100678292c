"""`holdfast evaluate`: a registered model on labelled snapshots that it could not learn from, period by period."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import ConfigError, DataError, OneClassError
from models.evaluate import Metrics
from models.outcomes import known_by
from pipeline import tracking
from pipeline.backtest import among
from pipeline.champion import Contender, against_champion
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.decay import Decay, decayed
from pipeline.files import writable_file, write_whole
from pipeline.fitting import LabelledRows
from pipeline.later_run import kept
from pipeline.matrix import labelled
from pipeline.measured import Measured, later_ones, measured
from pipeline.moments import all_moments, refuse_nobody
from pipeline.prepare import prepared_to_learn
from pipeline.score import fetch, fitting_features, refuse_other_outcome
from pipeline.scoring import Model
from pipeline.tested_rows import tested_rows

GROUPS = ("segments", "protected")


@dataclass(frozen=True)
class Evaluated:
    """What a model version is worth on later snapshots; `learned_until` is the last snapshot it learned from.

    `run_id` is the run of MLflow that keeps it, nested in that of the training.
    """

    config: str
    model: str
    run_id: str
    learned_until: datetime
    snapshots: tuple[datetime, ...]
    measured: Measured
    decay: Decay | None

    @property
    def protocol(self) -> str:
        """What was measured on what."""
        return self.measured.protocol

    @property
    def metrics(self) -> Metrics:
        """Figures by name."""
        return self.measured.metrics

    @property
    def periods(self) -> pd.DataFrame:
        """One row a snapshot."""
        return self.measured.tables["by_snapshot"]

    def as_json(self) -> dict[str, Any]:
        """One object; figures that are not defined are left out."""
        decay, tables = self.decay, self.measured.tables
        return {
            "config": self.config,
            "model_version": self.model,
            "run_id": self.run_id,
            "protocol": self.protocol,
            "champion": self.measured.champion,
            "learned_until": f"{self.learned_until:%Y-%m-%d}",
            "snapshots": [f"{day:%Y-%m-%d}" for day in self.snapshots],
            "rows": self.measured.sizes["test"],
            "customers": self.measured.sizes["test_customers"],
            "metrics": _defined(self.metrics),
            "periods": _records(self.periods),
            "deciles": _records(tables["deciles"]),
            **{name: _records(tables[name]) for name in GROUPS if name in tables},
            "decay": decay
            and {"learned_from": [f"{day:%Y-%m-%d}" for day in decay.learned], "periods": _records(decay.table)},
        }

    def as_text(self) -> str:
        """A page for the terminal."""
        from pipeline.evaluate_text import text

        return text(self)


def evaluate(path: Path, model: str = tracking.CHAMPION, report: Path | None = None) -> Evaluated:
    """Measure a model version (champion, challenger or a number) where it could not have learned the outcome.

    The figures are those of the training report, with the baselines that were fitted to the same rows as the model, and
    with the champion on the same rows where that is another version. `report` is a page to write. Raises ConfigError
    for flat data, DataError where every labelled snapshot was in training, ModelMismatchError where config or feature
    code are not the model's.
    """
    config = load(path)
    if config.flat:
        fix = "Its test are the folds of the training: holdfast report."
        raise ConfigError("flat data have no later period", where="outcome.kind", value="column", fix=fix)
    if report is not None:
        writable_file(report, where="--report")
    with tempfile.TemporaryDirectory() as scratch:
        loaded = fetch(config, model, Path(scratch))
    refuse_other_outcome(config, loaded)
    with prepared_to_learn(config) as data:
        features, every = fitting_features(loaded, data), all_moments(config, data)
        later = later_snapshots(config, loaded, every)
        rows = LabelledRows(labelled(config, data, features, every).rows)
        found = _measured(config, loaded, rows, later)
        found = against_champion(found, config, _contender(config, loaded, later, found), data)
        old = decayed(rows, features.entries, config, every)
        if old is not None:
            found = replace(found, tables={**found.tables, "decay": old.table})
    run_id, page = kept(config, loaded, later, found, old, data.fingerprint)
    if report is not None:
        write_whole(report, page, where="--report")
    return Evaluated(config.name, loaded.version, run_id, learned_until(loaded), later, found, old)


def later_snapshots(config: Config, model: Model, every: Sequence[datetime]) -> tuple[datetime, ...]:
    """Snapshots at which each label that the model learned from was known. Raises DataError where there are none."""
    last = learned_until(model)
    settled = known_by(config.outcome, last)
    later = tuple(at for at in every if at >= settled)
    if not later:
        need = known_by(config.outcome, settled)
        fix = (
            f"It takes records until {need:%Y-%m-%d} and snapshots.last (now {every[-1]:%Y-%m-%d}) from "
            f"{settled:%Y-%m-%d} on; or take an older version (--model). The test made in training: holdfast report."
        )
        what = f"no labelled snapshot is later than the training, which learned labels known by {settled:%Y-%m-%d}"
        raise DataError(what, where="snapshots", value=model.version, fix=fix)
    return later


def learned_until(model: Model) -> datetime:
    """The last snapshot that the registered model was fitted on: those of its test were used in the end."""
    return max(datetime.fromisoformat(day) for days in model.manifest.snapshots.values() for day in days)


def _measured(config: Config, model: Model, rows: LabelledRows, later: tuple[datetime, ...]) -> Measured:
    test = rows.take(among(rows, later))
    _refuse_one_class(test, later)
    protocol = (
        f"{model.version} as registered, learned from snapshots up to {learned_until(model):%Y-%m-%d}; measured on "
        f"{later_ones(len(later))} that began when its last label was known; 95 % intervals by bootstrap over customers"
    )
    learned = rows.y[rows.days <= _day(learned_until(model))]
    return measured(model.predictor, test, config, protocol, _without_baselines(model, test, learned))


def _without_baselines(model: Model, test: LabelledRows, learned: Any) -> Mapping[str, Any]:
    """An artefact of before baselines were stored is compared with the rate of the snapshots that it learned from."""
    if model.predictor.baselines or not len(learned):
        return {}
    return {"base_rate": np.full(len(test.y), learned.mean())}


def _contender(config: Config, model: Model, later: Sequence[datetime], found: Measured) -> Contender:
    days = [at.isoformat() for at in later]
    version = int(model.version.rsplit("/", 1)[1])
    return Contender(version, config.public()["outcome"], days, tested_rows(found), registered=True)


def _refuse_one_class(test: LabelledRows, later: Sequence[datetime]) -> None:
    if not len(test.y):
        refuse_nobody("later", sorted(later))
    if not 0 < test.y.mean() < 1:
        raise OneClassError(where="later snapshots", rows=len(test.y), defected=int(test.y.sum()))


def _day(moment: datetime) -> int:
    return int(np.datetime64(moment, "D").astype(np.int64))


def _defined(figures: Mapping[Any, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in figures.items() if np.isfinite(value)}


def _records(table: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Rows as plain values: days as ISO dates, texts as they are, figures where they are defined."""
    words = [name for name in ("as_of", "column", "group") if name in table]
    days = table.assign(as_of=[f"{at:%Y-%m-%d}" for at in table["as_of"]]) if "as_of" in words else table
    figures = days.drop(columns=words).to_dict("records")
    named = days[words].astype(str).itertuples(index=False)
    return [{**dict(zip(words, name, strict=True)), **_defined(row)} for name, row in zip(named, figures, strict=True)]
