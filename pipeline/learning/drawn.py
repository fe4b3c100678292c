"""Whom the plans drew for which arm, kept with what was learned: effects are learned from all plans, not the last one.

A firm's contacts table says who was contacted; customers held out are rarely written there, but the plans name them.
"""

from pathlib import Path

import pandas as pd

from features.errors import DataError
from pipeline.learning.planned import Planned

FILE = "drawn.parquet"
COLUMNS = ("plan_id", "as_of", "customer_id", "action", "arm")


def with_drawn(folder: Path, plan: Planned) -> pd.DataFrame:
    """The rows of the plans learned from before, as `folder` keeps them, and of this one (columns `COLUMNS`).

    The same plan again replaces itself. Raises DataError for a file that does not fit.
    """
    rows = plan.rows[["customer_id", "action", "arm"]].astype("str")
    rows = rows.assign(plan_id=plan.plan_id, as_of=pd.Timestamp(plan.as_of))[list(COLUMNS)]
    path = folder / FILE
    if not path.is_file():
        return rows
    before = pd.read_parquet(path)
    if set(COLUMNS) - set(before.columns):
        raise DataError("is not what `learn` wrote", where=str(path), fix="Learn again into an empty folder.")
    return pd.concat([before.loc[before["plan_id"] != plan.plan_id, list(COLUMNS)], rows], ignore_index=True)
