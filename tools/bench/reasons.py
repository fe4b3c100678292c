"""How long exact reasons take: LightGBM's own contributions, the lookups, and reasons in words for many customers."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from features.spec import Entry
from models.arrays import FloatArray
from models.blend import Blend
from models.boosting import Boosting, Trees, fit_boosters, mean_of
from models.logistic import fit_logistic
from models.matrix import Columns
from models.reason_words import wording_of
from models.reasons import Speaker, top_reasons
from models.rows import Rows
from models.settings import RiskSettings, TreeShape

ROWS, COLUMNS, CATEGORIES, TREES = 20_000, 64, 2, 300
BY_LIGHTGBM, CUSTOMERS, MANY, PIECE, WORKERS, TOP = 1_000, 100_000, 1_000_000, 50_000, 2, 3
MOST_SECONDS, MOST_SECONDS_MANY, EXACT = 60.0, 480.0, 1e-6
SETTINGS = RiskSettings()


def reason_speed() -> dict[str, Any]:
    """By shape of the default trees: microseconds a row and the largest difference; then whole reasons, two workers."""
    load, rows = os.getloadavg()[0], _rows(ROWS, 0)
    unseen = _rows(PIECE, 1).X
    fits = {shape.name: _boosting(rows, shape) for shape in SETTINGS.trees}
    shapes = {name: _contributions(model, unseen) for name, model in fits.items()}
    dearest = max(shapes, key=lambda name: float(shapes[name]["lookups_microseconds"]))
    blend = Blend(((0.7, fits[dearest]), (0.3, fit_logistic(rows, SETTINGS.linear[0]))))
    speaker = Speaker(_columns(), {name: wording_of(_entry(name), 0.0) for name in _columns().names})
    some, many = (_whole(blend, speaker, customers) for customers in (CUSTOMERS, MANY))
    differs = max(float(found["largest_difference"]) for found in shapes.values())
    fast = some["seconds"] < MOST_SECONDS and many["seconds"] < MOST_SECONDS_MANY
    return {
        "trees": TREES,
        "columns": COLUMNS,
        "shapes": shapes,
        "reasons_with": f"{dearest} and logistic",
        f"customers_{CUSTOMERS}": some,
        f"customers_{MANY}": many,
        "load_before": round(load, 1),
        "met": fast and differs < EXACT,
    }


def _contributions(model: Boosting, X: FloatArray) -> dict[str, float]:
    few = X[:BY_LIGHTGBM]
    own, by_lightgbm = _timed(lambda: mean_of(model.boosters, few, 1, pred_contrib=True))
    building, _ = _timed(lambda: model.effects)
    looked_up, effects = _timed(lambda: model.contributions(X))
    return {
        "lightgbm_microseconds": round(1e6 * own[1] / len(few), 1),
        "lookups_microseconds": round(1e6 * looked_up[1] / len(X), 2),
        "tables_seconds": round(building[1], 2),
        "largest_difference": float(np.abs(effects[: len(few)] - by_lightgbm).max()),
    }


def _whole(model: Blend, speaker: Speaker, customers: int) -> dict[str, float]:
    """Contributions, themes and texts of so many customers, piece by piece as in scoring; the rows are made before."""
    X = _rows(PIECE, 2).X

    def piece(_: int) -> int:
        return len(top_reasons(model.contributions(X), X, speaker, top=TOP))

    def every() -> int:
        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(piece, range(customers // PIECE)))

    (wall, processor), explained = _timed(every)
    assert explained == customers
    return {"seconds": round(wall, 1), "processor_seconds": round(processor, 1)}


def _timed(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Wall-clock and processor seconds, and what came out."""
    started, used = time.perf_counter(), time.process_time()
    found = work()
    return (time.perf_counter() - started, time.process_time() - used), found


def _boosting(rows: Rows, shape: TreeShape) -> Boosting:
    return Boosting(fit_boosters(rows, Trees(shape, 0, SETTINGS.num_threads), TREES), SETTINGS.num_threads)


def _rows(count: int, seed: int) -> Rows:
    """Numbers with gaps, and two categories; what matters is spread over many columns and their products."""
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(rng.normal(size=(count, COLUMNS)))
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, :CATEGORIES] = rng.integers(0, 30, (count, CATEGORIES))
    known = np.nan_to_num(X[:, CATEGORIES:])
    score = known[:, :20].sum(axis=1) / 4 + known[:, 20] * known[:, 21] + (X[:, 0] % 3 == 0)
    y = (score + rng.logistic(size=count) > 1).astype(np.float64)
    return Rows(X, y, np.arange(count), tuple(range(CATEGORIES)))


def _columns() -> Columns:
    levels = tuple(f"level {i}" for i in range(30))
    names = tuple(f"c{i}" for i in range(COLUMNS))
    return Columns(names, dict.fromkeys(names[:CATEGORIES], levels))


def _entry(name: str) -> Entry:
    """Four columns a theme, as windows of one count would be."""
    return Entry(name, "bench", f"what column {name} says", "days", f"theme {int(name[1:]) // 4}", None, "", "number")
