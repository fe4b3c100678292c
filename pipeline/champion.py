"""The champion on the test rows of a newer version, where the two were not tested on the same ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd
from scipy.special import expit

from features.errors import ModelMismatchError
from models.outcomes import known_by
from pipeline import tested_rows
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows
from pipeline.matrix import labelled
from pipeline.prepare import prepared_to_learn
from pipeline.score import fitting_features
from pipeline.scoring import Model


def scored_anew(config: Config, champion: Model, tested: Sequence[str]) -> pd.DataFrame | None:
    """The champion's risk of the rows at these snapshots (ISO dates), as `tested_rows` keeps them.

    None where that would be no test: it learned from an outcome that was not known yet at the first of them, the data
    are flat, or the feature code is not the one it was trained with.
    """
    if config.flat or not _earlier(config, champion.manifest.snapshots, tested):
        return None
    predictor = champion.predictor
    with prepared_to_learn(config) as data:
        try:
            features = fitting_features(champion, data)
        except ModelMismatchError:
            return None
        rows = LabelledRows(labelled(config, data, features, _days(tested)).rows)
        risk = expit(predictor.risk.log_odds(predictor.encode(rows.table)))
    return tested_rows.keyed(rows.keys, rows.y, {tested_rows.MODEL: risk})


def _earlier(config: Config, learned: Mapping[str, Sequence[str]], tested: Sequence[str]) -> bool:
    last = max(_days([day for days in learned.values() for day in days]))
    return known_by(config.outcome, last) <= min(_days(tested))


def _days(written: Sequence[str]) -> list[datetime]:
    return [datetime.fromisoformat(day) for day in written]
