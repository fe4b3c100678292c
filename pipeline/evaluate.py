"""`holdfast evaluate`: a registered model on labelled snapshots that it could not learn from, period by period."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import ConfigError, DataError, EmptyTableError, ModelMismatchError, OneClassError
from models.evaluate import Metrics, bootstrap_size, evaluate_baselines, evaluate_risk
from models.metrics_bootstrap import REPLICATES
from models.outcomes import known_by
from models.paired_metrics import paired_gains
from models.period_metrics import by_period, money_by_period
from pipeline import tracking
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.decay import Decay, decayed
from pipeline.evaluation import loss_metrics, type_metrics
from pipeline.evaluation_money import money_metrics_of
from pipeline.files import write_whole
from pipeline.fitting import LabelledRows
from pipeline.matrix import labelled
from pipeline.moments import all_moments
from pipeline.pages.document import document
from pipeline.prepare import prepared_to_learn
from pipeline.score import fetch, fitting_features
from pipeline.scoring import Model


@dataclass(frozen=True)
class Evaluated:
    """What a model version is worth on later snapshots; `learned_until` is the last snapshot it learned from."""

    config: str
    model: str
    learned_until: datetime
    snapshots: tuple[datetime, ...]
    rows: int
    customers: int
    metrics: Metrics
    periods: pd.DataFrame
    decay: Decay | None

    @property
    def protocol(self) -> str:
        """What was measured on what."""
        return (
            f"{self.model} as registered, learned from snapshots up to {self.learned_until:%Y-%m-%d}; measured on "
            f"{len(self.snapshots)} later ones that began when its last label was known; 95 % intervals by bootstrap "
            "over customers"
        )

    def as_json(self) -> dict[str, Any]:
        """One object; figures that are not defined are left out."""
        decay = self.decay
        return {
            "config": self.config,
            "model_version": self.model,
            "protocol": self.protocol,
            "learned_until": f"{self.learned_until:%Y-%m-%d}",
            "snapshots": [f"{day:%Y-%m-%d}" for day in self.snapshots],
            "rows": self.rows,
            "customers": self.customers,
            "metrics": _defined(self.metrics),
            "periods": _records(self.periods),
            "decay": decay
            and {"learned_from": [f"{day:%Y-%m-%d}" for day in decay.learned], "periods": _records(decay.table)},
        }

    def as_text(self) -> str:
        """A page for the terminal."""
        from pipeline.evaluate_text import text

        return text(self)


def evaluate(path: Path, model: str = tracking.CHAMPION, report: Path | None = None) -> Evaluated:
    """Measure a model version (champion, challenger or a number) where it could not have learned the outcome.

    `report` is a page to write. Raises ConfigError for flat data, DataError where every labelled snapshot was in
    training, ModelMismatchError where config or feature code are not the model's.
    """
    config = load(path)
    if config.flat:
        fix = "Its test are the folds of the training: holdfast report."
        raise ConfigError("flat data have no later period", where="outcome.kind", value="column", fix=fix)
    with tempfile.TemporaryDirectory() as scratch:
        loaded = fetch(config, model, Path(scratch))
    _refuse_other_outcome(config, loaded)
    with prepared_to_learn(config) as data:
        features, every = fitting_features(loaded, data), all_moments(config, data)
        later = later_snapshots(config, loaded, every)
        rows = LabelledRows(labelled(config, data, features, every).rows)
    found = _measured(config, loaded, rows, later, decayed(rows, features.entries, config, every))
    if report is not None:
        from pipeline.reporting.later import page

        write_whole(report, document(page(found)).encode())
    return found


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


def _refuse_other_outcome(config: Config, model: Model) -> None:
    trained, now = model.manifest.config["outcome"], config.public()["outcome"]
    if trained != now:
        names = [name for name in {**trained, **now} if trained.get(name) != now.get(name)]
        fix = "Evaluate with the config that the model was trained with, or train again."
        raise ModelMismatchError(f"outcome.{names[0]}", trained=trained.get(names[0]), now=now.get(names[0]), fix=fix)


def _measured(
    config: Config, model: Model, rows: LabelledRows, later: tuple[datetime, ...], decay: Decay | None
) -> Evaluated:
    test = rows.take(among(rows, later))
    _refuse_one_class(test)
    shown = model.predictor.predict(test.table)
    periods = by_period(test.moments, test.y, _risk(shown), test.customers, seed=config.validation.seed)
    money = money_by_period(test.moments, test.revenue, shown["expected_revenue"].to_numpy(np.float64))
    if len(money):
        periods = periods.merge(money, on="as_of", how="left")
    return Evaluated(
        config.name,
        model.version,
        learned_until(model),
        later,
        len(test.y),
        len(np.unique(test.customers)),
        _metrics(config, model, test, shown, rows.y[rows.days <= _day(learned_until(model))]),
        periods,
        decay,
    )


def _metrics(config: Config, model: Model, test: LabelledRows, shown: pd.DataFrame, learned: np.ndarray) -> Metrics:
    """Figures as `holdfast train` names them; the one baseline is the rate of the snapshots that were learned from."""
    seed, predictor, risk = config.validation.seed, model.predictor, _risk(shown)
    found = evaluate_risk(test.y, risk, test.customers, money=config.money, seed=seed)
    if len(learned):
        others = {"base_rate": np.full(len(test.y), learned.mean())}
        some = bootstrap_size(len(test.y), REPLICATES)
        found |= evaluate_baselines(test.y, others, config.money)
        found |= paired_gains(test.y, risk, others, test.customers, replicates=some, seed=seed)
    X = predictor.encode(test.table)
    found |= type_metrics(predictor.types if predictor.types.tells else None, test, X)
    return found | loss_metrics(predictor.loss, test, X, REPLICATES) | money_metrics_of(test, shown, config)


def _refuse_one_class(test: LabelledRows) -> None:
    if not len(test.y):
        raise EmptyTableError("later rows", where="snapshots")
    if not 0 < test.y.mean() < 1:
        raise OneClassError(where="later snapshots", rows=len(test.y), defected=int(test.y.sum()))


def _risk(shown: pd.DataFrame) -> Any:
    return shown["risk"].to_numpy(np.float64)


def _day(moment: datetime) -> int:
    return int(np.datetime64(moment, "D").astype(np.int64))


def _defined(figures: Mapping[Any, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in figures.items() if np.isfinite(value)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.drop(columns="as_of").to_dict("records")
    days = [f"{at:%Y-%m-%d}" for at in table["as_of"]]
    return [{"as_of": day, **_defined(row)} for day, row in zip(days, rows, strict=True)]
