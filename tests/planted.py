"""Rows with known effects, for tests that ask whether a model finds them."""

import numpy as np
import pyarrow as pa
from scipy.special import expit

from features.spec import Entry
from models.arrays import FloatArray
from models.rows import Rows
from models.settings import ModelSettings, RiskSettings, TreeShape

QUICK = RiskSettings(
    trees=(TreeShape(name="small", leaves=6, depth=3, rate=0.1, leaf_rows=20, column_share=0.7),),
    folds=3,
    bags=2,
    max_trees=80,
    patience=10,
    num_threads=1,
)
QUICK_ALL = ModelSettings(risk=QUICK)
NAMES = ("open_days", "silence", "channel", "noise")
CHANNELS = ("web", "phone", "post")


def true_log_odds(X: FloatArray) -> FloatArray:
    """Open complaints raise the risk, silence does above a bend, the third channel lowers it; missing is harmful."""
    open_days = np.where(np.isnan(X[:, 0]), 2.0, X[:, 0])
    return -1.5 + 1.2 * open_days + 0.8 * np.maximum(X[:, 1], 0) - 1.0 * (X[:, 2] == 2)


def planted_rows(rows: int = 3000, seed: int = 0, *, signal: bool = True, per_customer: int = 2) -> Rows:
    """Customers with several rows each; columns as in NAMES, the third a category, the last without effect."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(rows, 2)), rng.integers(0, 3, rows), rng.normal(size=rows)])
    X[rng.random(rows) < 0.1, 0] = np.nan
    chance = expit(true_log_odds(X)) if signal else np.full(rows, 0.25)
    y = (rng.random(rows) < chance).astype(float)
    return Rows(X, y, np.arange(rows) // per_customer, (2,))


def as_matrix(rows: Rows) -> pa.Table:
    """The rows as the feature table that training reads."""
    codes = rows.X[:, 2].astype(int)
    columns = {name: pa.array(rows.X[:, i], from_pandas=True) for i, name in enumerate(NAMES) if name != "channel"}
    columns["channel"] = pa.array([CHANNELS[code] for code in codes])
    return pa.table({name: columns[name] for name in NAMES})


def catalogue() -> tuple[Entry, ...]:
    """The catalogue of NAMES."""

    def entry(name: str, meaning: str, unit: str) -> Entry:
        kind = "category" if name == "channel" else "number"
        return Entry(name, "planted", meaning, unit, "customers", None, "missing", kind)  # type: ignore[arg-type]

    return (
        entry("open_days", "days the complaint stayed open", "days"),
        entry("silence", "silence against the usual gap", "gaps"),
        entry("channel", "channel of the last contact", "category"),
        entry("noise", "nothing at all", "points"),
    )
