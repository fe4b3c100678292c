"""Tables, labelled rows and rates as data frames, for notebooks."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pandas as pd

from models.intervals import wilson
from pipeline.config.load import load
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import all_moments
from pipeline.prepare import prepared, prepared_to_learn


def query(path: Path, sql: str) -> pd.DataFrame:
    """The answer to SQL over the canonical tables of a config (customers, complaints, ...), all rows of all customers.

    It sees the whole records: nothing here keeps the future out, so it is for looking at data, not for features.
    Raises ConfigError and DataError as every command does.
    """
    with prepared(load(path)) as data, data.connect() as con:
        frame: pd.DataFrame = con.sql(sql).df()
    return frame


def labelled_rows(path: Path) -> pd.DataFrame:
    """What training learns from: one row for each customer at risk at each snapshot.

    Columns: customer_id, as_of, the features (known before as_of), then what followed: defected, type, revenue, margin.
    """
    config = load(path)
    with prepared_to_learn(config) as data:
        moments = all_moments(config, data)
        features = feature_plan(config, data, moments[0])
        frame: pd.DataFrame = labelled(config, data, features, moments).rows.to_pandas()
    return frame


def rates(rows: pd.DataFrame, by: str, edges: Sequence[float] | None = None) -> pd.DataFrame:
    """Share of labelled rows that defected by the values of a column, with 95 % Wilson intervals.

    `edges` cuts a number into classes [low, high); rows where the column is not known form a class of their own.
    Customers who differ in the column differ in more: a difference between classes is no effect of the column.

    >>> rows = pd.DataFrame({"open": [0, 0, 1, None], "defected": [False, True, True, False]})
    >>> rates(rows, "open")[["rows", "defected", "rate"]].values.tolist()
    [[2.0, 1.0, 0.5], [1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]
    """
    classes = rows[by] if edges is None else pd.cut(rows[by], list(edges), right=False, labels=_labels(edges))
    groups = rows["defected"].astype(float).groupby(classes, dropna=False, observed=True)
    table = groups.agg(rows="size", defected="sum", rate="mean")
    low, high = wilson(table["defected"].to_numpy(), table["rows"].to_numpy())
    names = ["not known" if pd.isna(value) else str(value) for value in table.index]
    table.index = pd.Index(names, name=by)
    found: pd.DataFrame = table.assign(low=low, high=high)
    return found


def _labels(edges: Sequence[float]) -> list[str]:
    return [f"{low:g} to below {high:g}" for low, high in pairwise(edges)]
