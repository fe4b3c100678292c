"""`holdfast features`: the matrix at one snapshot as a file, or the list of features that the tables allow."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from features.engine import compute
from pipeline.config.load import load
from pipeline.files import whole_folder, writable_file, writable_parent
from pipeline.matrix import FeaturePlan, feature_plan
from pipeline.moments import scoring_moment
from pipeline.prepare import Prepared, prepared, snapshot_table
from pipeline.score_file import is_folder, part_file, refuse_suffix, write_table
from pipeline.text import table

if TYPE_CHECKING:
    import pandas as pd


def features(path: Path, out: Path | None = None, as_of: str | None = None) -> str:
    """Write the matrix of all customers to `out`, or list the features when there is no `out`.

    `out` is a file (.parquet or .csv), or, without a suffix, a new folder of Parquet parts, one for each partition:
    for a matrix that is larger than the memory.
    """
    config = load(path)
    if out is None:
        with prepared(config) as data:
            return listing(feature_plan(config, data, scoring_moment(config, data, as_of)))
    refuse_suffix(out)
    (writable_parent if is_folder(out) else writable_file)(out)
    with prepared(config) as data:
        moment = scoring_moment(config, data, as_of)
        plan = feature_plan(config, data, moment)
        rows = matrix_parts(data, plan, [moment], out) if is_folder(out) else _matrix_file(data, plan, moment, out)
    return f"wrote {out}: {rows:,} customers x {len(plan.entries)} features"


def matrix_parts(data: Prepared, plan: FeaturePlan, moments: Sequence[datetime], out: Path) -> int:
    """Write the matrix at some snapshots as a folder of Parquet parts, each by who computed it: the number of rows."""
    plan = plan.at(data, moments)
    with whole_folder(out.resolve()) as folder:
        return sum(data.each_partition(lambda part: _written(data, plan, moments, folder, part)))


def _written(data: Prepared, plan: FeaturePlan, moments: Sequence[datetime], folder: Path, partition: int) -> int:
    rows = _partition(data, plan, moments, partition)
    write_table(rows, part_file(folder, partition))
    return int(rows.num_rows)


def matrix(path: Path, as_of: str | None = None) -> "pd.DataFrame":
    """The matrix of all customers at one snapshot, for notebooks: customer_id, as_of, then one column a feature."""
    frame: pd.DataFrame = matrix_table(path, as_of).to_pandas()
    return frame


def matrix_table(path: Path, as_of: str | None = None) -> pa.Table:
    """The matrix as Arrow, rows in order of customer_id."""
    config = load(path)
    with prepared(config) as data:
        moment = scoring_moment(config, data, as_of)
        return _matrix(data, feature_plan(config, data, moment), moment)


def _matrix(data: Prepared, plan: FeaturePlan, moment: datetime) -> pa.Table:
    plan = plan.at(data, [moment])
    parts = list(data.each_partition(lambda part: _partition(data, plan, [moment], part)))
    return pa.concat_tables(parts).sort_by("customer_id")


def _matrix_file(data: Prepared, plan: FeaturePlan, moment: datetime, out: Path) -> int:
    rows = _matrix(data, plan, moment)
    write_table(rows, out)
    return int(rows.num_rows)


def listing(plan: FeaturePlan) -> str:
    """One line a feature: name, meaning, unit, source, what NULL means."""
    rows = [["feature", "meaning", "unit", "source", "NULL"]]
    rows += [[entry.name, entry.meaning, entry.unit, entry.source, entry.null] for entry in plan.entries]
    return "\n".join([*table(rows, right=False), f"{len(plan.entries)} features"])


def _partition(data: Prepared, plan: FeaturePlan, moments: Sequence[datetime], partition: int) -> pa.Table:
    with data.connect(partition) as con:
        con.execute(snapshot_table("customers", moments))
        return compute(con, plan.groups)
