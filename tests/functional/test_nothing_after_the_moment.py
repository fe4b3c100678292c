"""What happens from the first test snapshot on changes neither the models nor their level nor their interval."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from models.arrays import FloatArray
from models.training import Fitted
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.fitting import LabelledRows, fit
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments, moments
from pipeline.prepare import prepared

MOMENT = np.datetime64("2024-07-01")
UNSETTLED = datetime(2024, 6, 1)
CONFIG = """
name: shop
sources: {people: {csv: people.csv}, sales: {csv: sales.csv}}
tables: {customers: {source: people}, transactions: {source: sales}}
outcome: {kind: lapse, horizon_days: 60, active_days: 180}
data_until: 2025-01-01
snapshots: {every: month, first: 2023-07-01, last: 2024-10-01, test_from: 2024-07-01}
model:
  risk: {max_trees: 30, bags: 1, folds: 2, num_threads: 1}
  loss: {max_trees: 20, folds: 2, objectives: [squared], num_threads: 1}
"""


def write(folder: Path, *, crowd_after: bool) -> Path:
    """Buyers who slow down at different paces; with `crowd_after` everybody buys every day from the moment on."""
    rng, folder = np.random.default_rng(0), folder / str(crowd_after)
    folder.mkdir()
    names = [f"c{n}" for n in range(150)]
    sales = []
    for name in names:
        days = np.cumsum(rng.exponential(rng.uniform(5, 60), 60) * np.linspace(1, 3, 60)).astype(int)
        moments_ = np.datetime64("2023-01-01") + days
        later = np.arange(MOMENT, np.datetime64("2025-01-01")) if crowd_after else moments_[moments_ >= MOMENT]
        bought = [*moments_[moments_ < MOMENT], *later[later < np.datetime64("2025-01-01")]]
        amounts = np.random.default_rng(int(name[1:])).gamma(2, 10, len(bought)).round(2)
        sales += [f"{name},{day},{amount}" for day, amount in zip(bought, amounts, strict=True)]
    (folder / "people.csv").write_text("\n".join(["customer_id", *names]), encoding="utf-8")
    (folder / "sales.csv").write_text("\n".join(["customer_id,occurred_at,amount", *sales]), encoding="utf-8")
    config = folder / "shop.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    return config


def fitted(path: Path) -> tuple[Fitted, FloatArray]:
    """The models fitted for the test, and the outcomes at the snapshot that was not settled when the test began."""
    config = load(path)
    with prepared(config) as data:
        split = moments(config, data)
        features = feature_plan(config, data, split.train[-1])
        rows = LabelledRows(labelled(config, data, features, all_moments(config, data)).rows)
    unsettled = rows.take(among(rows, [UNSETTLED]))
    return fit(rows.take(among(rows, split.train)), features.entries, config), unsettled.y


@pytest.mark.slow
def test_no_label_from_after_the_moment_is_learned_from(tmp_path: Path) -> None:
    quiet, crowd = (fitted(write(tmp_path, crowd_after=after)) for after in (False, True))
    assert quiet[1].sum() > crowd[1].sum() == 0, "the change is one that labels show"
    assert quiet[0].risk.details["calibration"] == "later snapshots"
    assert quiet[0].predictor.dump() == crowd[0].predictor.dump()
