"""All contacts that chance decided: those of the contacts table that name an arm, and the arms of the plans.

The snapshot of a recorded contact is the first day of its month, that of a planned one the plan's: both arms are seen
as they stood before chance decided. Only the first contact of a month counts, and only once its outcome is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from features.engine import compute
from features.errors import DataError
from features.spec import Group
from models.arrays import BoolArray, FloatArray, IntArray
from models.folds import codes_of
from models.outcomes import label_sql
from pipeline.config.root import Config
from pipeline.learning.drawn import COLUMNS
from pipeline.learning.happened import from_the_draw_on
from pipeline.matrix import FeaturePlan, feature_plan
from pipeline.prepare import Prepared

ARMS = ("treat", "control")
NOBODY_DRAWN = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS}).astype({"as_of": "datetime64[us]"})


@dataclass(frozen=True)
class Randomised:
    """One row a randomised contact with a known outcome: the feature matrix with `action, arm, defected, type`.

    `features` were declared with the category levels known before `until`.
    """

    table: pa.Table
    features: FeaturePlan
    until: datetime

    def take(self, rows: IntArray) -> "Randomised":
        """Some of the contacts."""
        return replace(self, table=self.table.take(pa.array(rows)))

    @property
    def actions(self) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
        """The action of each row."""
        return np.array(self.table.column("action").to_pylist(), dtype=object)

    @property
    def treated(self) -> BoolArray:
        """Whether chance had the customer contacted."""
        return np.array([arm == "treat" for arm in self.table.column("arm").to_pylist()], dtype=bool)

    @property
    def defected(self) -> FloatArray:
        """1 where the customer left within the horizon."""
        return np.asarray(self.table.column("defected").cast(pa.float64()).to_numpy(), dtype=np.float64)

    @property
    def types(self) -> list[str | None]:
        """The type of each defection, None for those who stayed and where it is not known."""
        return list(self.table.column("type").to_pylist())

    @property
    def moments(self) -> list[datetime]:
        """The snapshot of each row."""
        return list(self.table.column("as_of").to_pylist())

    @property
    def customers(self) -> IntArray:
        """A whole number for each customer."""
        return codes_of(self.table.column("customer_id").to_pylist())


def count_randomised(config: Config, data: Prepared, drawn: pd.DataFrame) -> int:
    """How many there are, before any feature is computed."""
    with data.connect() as con:
        _trial(con, config, data, drawn)
        return int(con.sql("SELECT count(*) FROM trial").fetchall()[0][0])


def randomised(
    config: Config, data: Prepared, drawn: pd.DataFrame | None, features: FeaturePlan | None = None
) -> Randomised:
    """The contacts with outcome and `features` (default: the config's, with levels as known at the last contact).

    `drawn` are the arms of the plans, as `pipeline.learning.drawn` keeps them. Raises DataError where there are none.
    """
    with data.connect() as con:
        _trial(con, config, data, drawn)
        moments = [row[0] for row in con.sql("SELECT DISTINCT as_of FROM trial ORDER BY as_of").fetchall()]
    if not moments:
        raise DataError("no contact was randomised", where="contacts.arm", fix="Plan with a hold-out.")
    features = features or feature_plan(config, data, moments[-1])
    groups = features.at(data, moments).groups
    parts = data.each_partition(lambda part: _partition(config, data, groups, drawn, part))
    return Randomised(pa.concat_tables(parts), features, moments[-1])


def _trial(con: duckdb.DuckDBPyConnection, config: Config, data: Prepared, drawn: pd.DataFrame | None) -> None:
    """The table `trial` (customer_id, as_of, action, arm) of a connection, one row a customer and moment.

    A recorded contact between the snapshot of a plan and its outcome is that plan's: it counts once, as planned.
    """
    settled = timedelta(days=config.outcome.known_after_days)
    con.register("drawn", NOBODY_DRAWN if drawn is None else drawn)
    shape = data.shapes.get("contacts")
    made = "SELECT customer_id, as_of, as_of AS occurred_at, action, arm FROM drawn WHERE FALSE"
    if shape and shape.has("arm", "action"):
        made = f"""SELECT customer_id, date_trunc('month', occurred_at) AS as_of, occurred_at, action, arm
FROM contacts c WHERE arm IN ('treat', 'control') AND action IS NOT NULL AND NOT EXISTS (SELECT 1 FROM drawn d
  WHERE d.customer_id = c.customer_id AND c.occurred_at >= d.as_of
  AND c.occurred_at < d.as_of + INTERVAL {settled.days} DAY)"""
    con.execute(
        f"""CREATE TEMP TABLE trial AS SELECT customer_id, as_of, action, arm FROM (
  {made} UNION ALL
  SELECT d.customer_id, d.as_of, d.as_of, d.action, d.arm FROM drawn d SEMI JOIN customers USING (customer_id))
WHERE as_of <= ? QUALIFY row_number() OVER (PARTITION BY customer_id, as_of ORDER BY occurred_at, action, arm) = 1""",
        [data.data_until - settled],
    )
    con.unregister("drawn")


def _partition(
    config: Config, data: Prepared, groups: Sequence[Group], drawn: pd.DataFrame | None, part: int
) -> pa.Table:
    with data.connect(part) as con:
        _trial(con, config, data, drawn)
        con.execute(
            "CREATE TABLE snapshots AS SELECT row_number() OVER (ORDER BY as_of, customer_id) AS rid, customer_id, "
            "as_of FROM trial ORDER BY rid"
        )
        con.execute(f"CREATE TABLE outcome AS {label_sql(from_the_draw_on(config.outcome), data.shapes)}")
        con.execute("DELETE FROM snapshots WHERE rid NOT IN (SELECT rid FROM outcome WHERE defected IS NOT NULL)")
        matrix = compute(con, groups)
        facts = con.sql(
            "SELECT action, arm, defected, type FROM snapshots JOIN trial USING (customer_id, as_of) "
            "JOIN outcome USING (rid) ORDER BY rid"
        ).to_arrow_table()
    for name in facts.column_names:
        matrix = matrix.append_column(name, facts.column(name))
    return matrix
