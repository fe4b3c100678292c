"""`holdfast evaluate CONFIG --truth DIR`: a model of this config on later snapshots, against what is really true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.errors import ConfigError
from features.spec import Entry
from models.arrays import FloatArray
from models.metrics_bootstrap import REPLICATES
from models.snapshots import Split
from models.training import Fitted
from models.types import TYPES as CLASSES
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows, fit
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import prepared_to_learn
from pipeline.simulator.futures import HORIZONS
from pipeline.simulator.scenario import TYPES
from pipeline.text import table
from pipeline.truth.folder import TruthFolder
from pipeline.truth.measures import risk_measures, type_measures, value_measures
from pipeline.truth.plan_value import HORIZON_DAYS, plan_measures

KINDS = ("cancel", "contract_end")


@dataclass(frozen=True)
class AgainstTruth:
    """Measures by part (risk, type, loss, plan) on the test snapshots."""

    config: str
    scenario: str
    snapshots: Mapping[str, Sequence[str]]
    rows: Mapping[str, int]
    measures: Mapping[str, Mapping[str, float]]

    def as_json(self) -> dict[str, Any]:
        """One object; measures that are not defined are left out."""
        return {
            "config": self.config,
            "scenario": self.scenario,
            "snapshots": {use: list(days) for use, days in self.snapshots.items()},
            "rows": dict(self.rows),
            "measures": {
                f"{part}.{name}": value
                for part, values in self.measures.items()
                for name, value in values.items()
                if np.isfinite(value)
            },
        }

    def as_text(self) -> str:
        """A page for the terminal."""
        days = self.snapshots["test"]
        lines = [
            f"holdfast evaluate: {self.config} against the truth of the scenario {self.scenario}",
            f"fitted on {self.rows['train']:,} rows, measured on {self.rows['test']:,} rows of {days[0]} to {days[-1]}",
            "",
        ]
        rows = [["measure", "value"]]
        rows += [[name, f"{value:,.4f}"] for name, value in self.as_json()["measures"].items()]
        return "\n".join([*lines, *table(rows)])


@dataclass(frozen=True)
class Case:
    """A config's labelled rows with the truth of each: what every comparison needs."""

    config: Config
    split: Split
    rows: LabelledRows
    entries: tuple[Entry, ...]
    truth: TruthFolder

    def part(self, days: tuple[Any, ...]) -> LabelledRows:
        """The rows of some snapshots."""
        return self.rows.take(among(self.rows, days))


def against_truth(path: Path, folder: Path, *, replicates: int = REPLICATES) -> AgainstTruth:
    """Fit on the training snapshots, as `holdfast train` does for its test, and compare with the truth on later ones.

    Raises ConfigError where the config's outcome is none the truth is about, DataError where `folder` holds no truth
    or that of another company.
    """
    case = opened(path, folder)
    return measured(case, fit(case.part(case.split.train), case.entries, case.config), replicates=replicates)


def opened(path: Path, folder: Path) -> Case:
    """The config's labelled rows beside the truth; raises as `against_truth` does, before anything is fitted."""
    config, truth = load(path), TruthFolder.open(folder)
    refuse_outcome(config)
    with prepared_to_learn(config) as data:
        split = moments(config, data)
        features = feature_plan(config, data, split.train[-1])
        rows = LabelledRows(labelled(config, data, features, all_moments(config, data)).rows)
    case = Case(config, split, rows, tuple(features.entries), truth)
    truth.about(case.part(split.test).table)
    return case


def refuse_outcome(config: Config) -> None:
    """Raises ConfigError unless the outcome is to leave within a horizon that the truth knows, from the snapshot on."""
    outcome = config.outcome
    for name, value, known in (
        ("kind", outcome.kind, KINDS),
        ("horizon_days", outcome.horizon_days, HORIZONS),
        ("gap_days", outcome.gap_days, (0,)),
    ):
        if value not in known:
            fix = f"The truth knows {', '.join(map(str, known))}."
            raise ConfigError("cannot be compared with the truth", where=f"outcome.{name}", value=value, fix=fix)


def measured(case: Case, fitted: Fitted, *, replicates: int = REPLICATES) -> AgainstTruth:
    """All measures of a fitted model on the test snapshots."""
    test, horizon = case.part(case.split.test), case.config.outcome.horizon_days
    truth = case.truth.about(test.table)
    known = np.flatnonzero(truth.column(f"p{horizon}").is_valid().to_numpy())
    test, truth = test.take(known), truth.take(pa.array(known))
    predicted = fitted.predictor.predict(test.table)
    risk, true_risk = predicted["risk"].to_numpy(np.float64), _numbers(truth, f"p{horizon}")
    seed = case.config.validation.seed
    measures = {"risk": risk_measures(test.y, risk, true_risk, test.customers, replicates=replicates, seed=seed)}
    if fitted.types.scores:
        measures["type"] = _types(fitted, predicted[[f"type_{name}" for name in TYPES]].to_numpy(), truth, horizon)
    if fitted.loss is not None and horizon == HORIZON_DAYS:
        revenue = fitted.loss.model.staying(fitted.predictor.encode(test.table)).revenue
        measures["loss"] = value_measures(revenue, _numbers(truth, f"revenue_{horizon}"))
        last = np.flatnonzero(among(test, (case.split.test[-1],)))
        costs = np.array(case.truth.facts["scenario"]["policy"]["costs"], dtype=np.float64)
        measures["plan"] = plan_measures(predicted.iloc[last], truth.take(pa.array(last)), costs)
    sizes = {"train": int(among(case.rows, case.split.train).sum()), "test": len(test.y)}
    days = {use: [f"{day:%Y-%m-%d}" for day in getattr(case.split, use)] for use in ("train", "test")}
    return AgainstTruth(case.config.name, case.truth.facts["scenario"]["name"], days, sizes, measures)


def _types(fitted: Fitted, predicted: FloatArray, truth: pa.Table, horizon: int) -> dict[str, float]:
    """Reasons that nobody wrote down say nothing, so known types are compared with known types."""
    prior = fitted.types.model.shares[[CLASSES.index(name) for name in TYPES]]
    true = np.column_stack([_numbers(truth, f"p{horizon}_{name}") for name in TYPES])
    return type_measures(predicted, prior, true)


def _numbers(truth: pa.Table, name: str) -> FloatArray:
    return np.asarray(truth.column(name).to_numpy(), dtype=np.float64)
