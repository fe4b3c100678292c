"""Fits risk, type and loss on labelled rows: the same few steps for a test fit, a fold, and the final model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.spec import Entry
from models.arrays import FloatArray, IntArray
from models.folds import codes_of
from models.settings import ModelSettings
from models.training import Fitted, Outcomes, fit_predictor
from pipeline.config.root import Config
from pipeline.matrix import GROUP

DAY = np.timedelta64(1, "D")
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledRows:
    """Labelled rows of the matrix with what training needs from them, all of the same length."""

    table: pa.Table

    @cached_property
    def y(self) -> FloatArray:
        """1 where the customer defected."""
        return np.asarray(self.table.column("defected").cast(pa.float64()).to_numpy())

    @property
    def keys(self) -> pa.Table:
        """Customer and snapshot of each row."""
        return self.table.select(["customer_id", "as_of"])

    @cached_property
    def customers(self) -> IntArray:
        """A whole number for each customer, or for each group of customers that belong together."""
        whose = GROUP if GROUP in self.table.column_names else "customer_id"
        return codes_of(self.table.column(whose).to_numpy(zero_copy_only=False))

    @cached_property
    def days(self) -> IntArray:
        """The snapshot as days since 1970."""
        return np.asarray(self.table.column("as_of").to_numpy().astype("datetime64[D]").astype(np.int64))

    @property
    def moments(self) -> list[datetime]:
        """The snapshot of each row."""
        return list(self.table.column("as_of").to_pylist())

    @cached_property
    def waits(self) -> FloatArray:
        """Days from the snapshot to the defection, NaN for stayers."""
        moments = [self.table.column(name).to_numpy().astype("datetime64[us]") for name in ("defected_at", "as_of")]
        return np.asarray((moments[0] - moments[1]) / DAY, dtype=np.float64)

    @cached_property
    def types(self) -> list[str | None]:
        """Type of each defection, None for stayers."""
        return list(self.table.column("type").to_pylist())

    @property
    def typed(self) -> bool:
        """Whether any defection has a known type."""
        return any(kind not in (None, "unknown") for kind in self.types)

    @property
    def defectors(self) -> Mask:
        """Which rows defected."""
        return np.asarray(self.y == 1)

    @property
    def defector_types(self) -> list[str | None]:
        """Type of each defector."""
        return [kind for kind, defected in zip(self.types, self.defectors, strict=True) if defected]

    @cached_property
    def revenue(self) -> FloatArray:
        """Realised revenue over the outcome window, NaN where not known."""
        return self._money("revenue")

    @cached_property
    def margin(self) -> FloatArray | None:
        """Realised margin, None where the data hold none."""
        found = self._money("margin")
        return found if np.isfinite(found).any() else None

    def take(self, mask: Mask | IntArray) -> "LabelledRows":
        """Some of the rows."""
        chosen = np.flatnonzero(mask) if mask.dtype == bool else mask
        return LabelledRows(self.table.take(pa.array(chosen)))

    def _money(self, name: str) -> FloatArray:
        return np.asarray(self.table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False))


def fit(rows: LabelledRows, entries: Sequence[Entry], config: Config, settings: ModelSettings | None = None) -> Fitted:
    """Fit all models on these rows. Raises OneClassError where only one outcome occurs."""
    settings = settings or config.model
    return fit_predictor(rows.table, entries, outcomes_of(rows, config), settings=settings, money=config.money)


def outcomes_of(rows: LabelledRows, config: Config) -> Outcomes:
    """What happened, as the models take it."""
    outcome = config.outcome
    return Outcomes(
        defected=rows.y,
        customers=rows.customers.tolist(),
        types=rows.types if rows.typed else None,
        revenue=rows.revenue if _money_to_learn(rows, config) else None,
        margin=rows.margin,
        waits=rows.waits - outcome.gap_days if outcome.horizons_days else None,
        horizons=horizons(config),
        times=None if config.flat else rows.days,
        window=None if config.flat else outcome.gap_days + outcome.horizon_days,
        gap=outcome.gap_days,
        horizon_days=outcome.horizon_days,
    )


def fit_risk_only(rows: LabelledRows, entries: Sequence[Entry], config: Config) -> Fitted:
    """The risk without types, money and further horizons, as the periods of a backtest need it."""
    window = config.outcome.gap_days + config.outcome.horizon_days
    happened = Outcomes(defected=rows.y, customers=rows.customers.tolist(), times=rows.days, window=window)
    return fit_predictor(rows.table, entries, happened, settings=config.model, money=config.money)


def horizons(config: Config) -> tuple[int, ...]:
    """The horizons wanted, rising, with that of the outcome as the last; none where it is the only one."""
    given, whole = config.outcome.horizons_days, config.outcome.horizon_days
    return tuple(sorted({*given, whole})) if given else ()


def _money_to_learn(rows: LabelledRows, config: Config) -> bool:
    """Not where the value is a column of flat data, nor where no money came in."""
    return not config.flat and bool(np.nansum(np.abs(rows.revenue)))
