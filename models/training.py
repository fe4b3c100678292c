"""Fits risk, type and loss on one feature table with its outcomes, and puts them behind one Predictor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from scipy.special import expit

from features.spec import Entry, Kind
from models.arrays import FloatArray, IntArray
from models.folds import codes_of
from models.loss import LossFit, fit_loss, with_income
from models.matrix import Columns, encode, fit_columns
from models.money import MoneySettings
from models.predictor import Predictor
from models.reason_words import Wording, wording_of
from models.reasons import rounded
from models.risk import RiskFit, fit_risk
from models.rows import Rows
from models.settings import BandSettings, ModelSettings, TreeShape
from models.timing import Timing, fit_pull, fit_timing
from models.types import TypeFit, TypeModel, fit_types, type_positions
from models.wishes import wished

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Outcomes:
    """What happened after each row's snapshot; all (rows,), or None where the data do not say.

    `defected` 0 or 1; `customers` ids of any type; `types` one of TYPES or None for each defector; `revenue` and
    `margin` realised over the outcome window, NaN where not known; `times` the snapshot and `window` gap plus horizon,
    `gap` of it before the outcome window, all in days; `horizon_days` what the money is about, for flat data too;
    `weights` for training; `waits` days from the beginning of the outcome window to the defection, and `horizons` the
    days for which the risk is wanted too, in rising order.
    """

    defected: FloatArray
    customers: Sequence[object]
    types: Sequence[str | None] | None = None
    revenue: FloatArray | None = None
    margin: FloatArray | None = None
    times: IntArray | None = None
    window: int | None = None
    gap: int = 0
    horizon_days: int | None = None
    weights: FloatArray | None = None
    waits: FloatArray | None = None
    horizons: tuple[int, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """The predictor, and how each part was chosen."""

    predictor: Predictor
    risk: RiskFit
    types: TypeFit
    loss: LossFit | None

    def summary(self) -> dict[str, float | str]:
        """Figures of the choice for a tracking server: scores of the candidates out of fold and what was chosen."""
        found: dict[str, float | str] = {"risk.chosen": self.risk.chosen, "types.chosen": self.types.model.name}
        found |= {f"risk.candidate.{name}.log_loss": score for name, score in self.risk.scores.items()}
        found |= {f"risk.{name}": value for name, value in self.risk.details.items()}
        found |= {f"types.candidate.{name}.log_loss": score for name, score in self.types.scores.items()}
        found |= {f"types.{name}": value for name, value in self.types.details.items()}
        if self.loss:
            found["loss.chosen"] = self.loss.model.revenue.centre.name
            found["loss.defector_share"] = self.loss.model.defector_share
            found |= {f"loss.candidate.{name}.deviance": score for name, score in self.loss.scores.items()}
            found |= {f"revenue.candidate.{name}.deviance": score for name, score in self.loss.income_scores.items()}
            if income := self.loss.model.income:
                found["revenue.chosen"] = income.name
        return found


def fit_predictor(
    table: "pa.Table | pd.DataFrame",
    catalogue: Sequence[Entry],
    outcomes: Outcomes,
    *,
    settings: ModelSettings | None = None,
    money: MoneySettings | None = None,
) -> Fitted:
    """Fit everything the outcomes allow. `table` holds the catalogue's features, one row an outcome, in its order.

    Raises OneClassError, MissingColumnError, EmptyTableError, DataError.
    """
    settings, money = settings or ModelSettings(), money or MoneySettings()
    columns, rows = rows_of(table, catalogue, outcomes, settings)
    X = rows.X
    risk = fit_risk(wished(rows, columns.names, tuple(columns.levels), settings.risk), settings.risk)
    types = _fit_types(rows, outcomes, settings)
    loss = None
    if outcomes.revenue is not None:
        loss = fit_loss(rows, outcomes.revenue, outcomes.margin, money, settings.loss)
        chance = expit(risk.out_of_fold)
        loss = with_income(loss, rows, outcomes.revenue, risk.selection, chance, settings.loss)
    timing = _fit_timing(rows, outcomes, types.model, settings)
    bands = band_thresholds(expit(risk.model.log_odds(X)), settings.bands)
    wordings = _wordings(catalogue, columns, X)
    predictor = Predictor(
        columns,
        risk.model,
        types.model,
        loss.model if loss else None,
        money,
        bands,
        wordings,
        timing,
        outcomes.horizon_days,
        risk.baselines,
    )
    return Fitted(predictor, risk, types, loss)


def rows_of(
    table: "pa.Table | pd.DataFrame", catalogue: Sequence[Entry], outcomes: Outcomes, settings: ModelSettings
) -> tuple[Columns, Rows]:
    """The columns that the table allows, and its rows as the models read them."""
    kinds: Mapping[str, Kind] = {entry.name: entry.kind for entry in catalogue}
    columns = fit_columns(table, kinds, settings.max_levels)
    X, y, customers = encode(table, columns), np.asarray(outcomes.defected, np.float64), codes_of(outcomes.customers)
    rows = Rows(X, y, customers, columns.categories, outcomes.weights, outcomes.times, outcomes.window)
    return columns, replace(rows, gap=outcomes.gap, names=columns.names)


def _fit_timing(rows: Rows, outcomes: Outcomes, types: TypeModel, settings: ModelSettings) -> Timing | None:
    left = np.flatnonzero(rows.y == 1)
    if not outcomes.horizons or outcomes.waits is None:
        return None
    gone, waits = rows.take(left), outcomes.waits[left]
    timing = fit_timing(gone, waits, outcomes.horizons, settings.risk)
    if outcomes.types is None or not types.tells:
        return timing
    given = [outcomes.types[i] for i in left.tolist()]
    codes = np.where([kind is None for kind in given], -1, type_positions(given))
    by_horizon, chances = timing.by_horizon(gone.X), types.probabilities(gone.X)
    return replace(timing, pull=fit_pull(timing, by_horizon, chances, codes, waits, gone.customers))


def _wordings(catalogue: Sequence[Entry], columns: Columns, X: FloatArray) -> dict[str, Wording]:
    """The words for each column, with what is typical of the training rows."""
    typical = {name: _middle(X[:, i], name in columns.levels) for i, name in enumerate(columns.names)}
    return {entry.name: wording_of(entry, typical[entry.name]) for entry in catalogue if entry.name in typical}


def _middle(values: FloatArray, category: bool) -> float | None:
    """The median of a number, rounded as it is shown, or the most frequent level."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    if category:
        return float(np.bincount(known.astype(np.int64)).argmax())
    return float(rounded(np.median(known, keepdims=True))[0])


def settled(settings: ModelSettings, fitted: Fitted) -> ModelSettings:
    """The settings with the shapes and the loss that an earlier fit chose, for a fit of the same recipe to more rows.

    How many trees, the weight of the blend and the calibration are still found on the new rows.
    """
    found, risk = fitted.risk.details, settings.risk
    trees = _chosen(risk.trees, found["lightgbm.shape"])
    linear = tuple(shape for shape in risk.linear if shape.name == found["logistic.shape"])
    narrow = risk.model_copy(update={"trees": trees, "linear": linear, "plain": risk.plain[:1]})
    grown = _chosen(settings.types.trees, fitted.types.details.get("lightgbm.shape"))
    money: dict[str, tuple[str, ...]] = {}
    if fitted.loss and fitted.loss.model.revenue.centre.name in settings.loss.objectives:
        money["objectives"] = (fitted.loss.model.revenue.centre.name,)
    if fitted.loss and fitted.loss.model.income:
        money["income"] = (fitted.loss.model.income.name,)
    return settings.model_copy(
        update={
            "risk": narrow,
            "types": settings.types.model_copy(update={"trees": grown}),
            "loss": settings.loss.model_copy(update=money),
        }
    )


def _chosen(shapes: tuple[TreeShape, ...], names: object) -> tuple[TreeShape, ...]:
    """The shapes named `a+b`; all where nothing was chosen."""
    return shapes if names is None else tuple(shape for shape in shapes if shape.name in str(names).split("+"))


def band_thresholds(risk: FloatArray, bands: BandSettings) -> tuple[tuple[str, float], ...]:
    """The lowest risk of each band, highest band first, so that the training rows fill the stated shares."""
    shares = np.cumsum([bands.very_high, bands.high, bands.medium])
    lows = np.quantile(risk, np.clip(1 - shares, 0, 1))
    return (*zip(("very_high", "high", "medium"), (float(low) for low in lows), strict=True), ("low", 0.0))


def _fit_types(rows: Rows, outcomes: Outcomes, settings: ModelSettings) -> TypeFit:
    left = np.flatnonzero(rows.y == 1)
    given = None if outcomes.types is None else [outcomes.types[i] for i in left.tolist()]
    return fit_types(rows.take(left), given, settings.types)
