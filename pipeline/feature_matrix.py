"""`holdfast features`: the matrix at one snapshot as a file, or the list of features that the tables allow."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from features.engine import compute
from pipeline.config.load import load
from pipeline.matrix import FeaturePlan, feature_plan
from pipeline.moments import scoring_moment
from pipeline.prepare import Prepared, prepared, snapshot_table
from pipeline.score_file import refuse_suffix, write_table
from pipeline.text import table

if TYPE_CHECKING:
    import pandas as pd


def features(path: Path, out: Path | None = None, as_of: str | None = None) -> str:
    """Write the matrix of all customers to `out` (.parquet or .csv), or list the features when there is no `out`."""
    if out is None:
        config = load(path)
        with prepared(config) as data:
            return listing(feature_plan(config, data, scoring_moment(config, data, as_of)))
    refuse_suffix(out)
    rows = matrix_table(path, as_of)
    write_table(rows, out)
    return f"wrote {out}: {rows.num_rows:,} customers x {rows.num_columns - 2} features"


def matrix(path: Path, as_of: str | None = None) -> "pd.DataFrame":
    """The matrix of all customers at one snapshot, for notebooks: customer_id, as_of, then one column a feature."""
    frame: pd.DataFrame = matrix_table(path, as_of).to_pandas()
    return frame


def matrix_table(path: Path, as_of: str | None = None) -> pa.Table:
    """The matrix as Arrow, rows in order of customer_id."""
    config = load(path)
    with prepared(config) as data:
        moment = scoring_moment(config, data, as_of)
        plan = feature_plan(config, data, moment).at(data, [moment])
        parts = list(data.each_partition(lambda part: _partition(data, plan, moment, part)))
    return pa.concat_tables(parts).sort_by("customer_id")


def listing(plan: FeaturePlan) -> str:
    """One line a feature: name, meaning, unit, source, what NULL means."""
    rows = [["feature", "meaning", "unit", "source", "NULL"]]
    rows += [[entry.name, entry.meaning, entry.unit, entry.source, entry.null] for entry in plan.entries]
    return "\n".join([*table(rows, right=False), f"{len(plan.entries)} features"])


def _partition(data: Prepared, plan: FeaturePlan, moment: datetime, partition: int) -> pa.Table:
    with data.connect(partition) as con:
        con.execute(snapshot_table("customers", [moment]))
        return compute(con, plan.groups)
