"""What pages about models are made from, with the look-ups that several sections need."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from models.arrays import FloatArray
from pipeline.artefact import Manifest
from pipeline.config.root import Config
from pipeline.evaluation import Evaluation
from pipeline.matrix import Labelled
from pipeline.measured import MODEL, Measured
from pipeline.pages.numbers import Shown, between
from pipeline.reporting.words import named


@dataclass(frozen=True)
class Tested:
    """The config, and what a model was worth on rows that it had not seen, in training or later."""

    config: Config
    evaluation: Measured

    def metric(self, name: str) -> float:
        """A figure by its full name; NaN where it was not measured."""
        return float(self.evaluation.metrics.get(name, math.nan))

    def interval(self, name: str, shown: Shown) -> str:
        """Its 95 % interval; empty where there is none."""
        metrics = self.evaluation.metrics
        return between(metrics.get(f"{name}.low"), metrics.get(f"{name}.high"), shown)

    def table(self, name: str) -> pd.DataFrame | None:
        """A table of the evaluation; None where it could not be made."""
        return self.evaluation.tables.get(name)

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines, the strongest (by log loss) first."""
        names = [name for name in self.evaluation.risk if name != MODEL]
        return sorted(names, key=lambda name: self.metric(f"baseline.{name}.log_loss"))

    @property
    def compared(self) -> list[tuple[str, FloatArray]]:
        """The model's risk, then that of each baseline but the base rate, which ranks nobody; names as shown."""
        ranking = [name for name in self.baselines if name != "base_rate"]
        return [(named(name), self.evaluation.risk[name]) for name in [MODEL, *ranking]]

    @property
    def y(self) -> FloatArray:
        """What happened on the test rows."""
        return self.evaluation.y

    def meaning(self, feature: str) -> str:
        """What the catalogue says about a feature."""
        wording = self.evaluation.predictor.wordings.get(feature)
        return wording.meaning if wording else feature


@dataclass(frozen=True)
class Material(Tested):
    """All that a training report is made from: also how the models were chosen, what was trained, the labelled rows."""

    evaluation: Evaluation
    manifest: Manifest
    found: Labelled


def column(table: pd.DataFrame, name: str) -> list[float]:
    """A column as plain numbers."""
    return [float(value) for value in table[name]]


def cells(values: Iterable[float], shown: Shown) -> list[str]:
    """Figures as shown."""
    return [shown(float(value)) for value in values]
