"""What became of the customers of a plan once the horizon has passed: labels and the money that really came in."""

from datetime import datetime

import duckdb
import numpy as np
import pandas as pd

from features.errors import ConfigError, DataError
from models.arrays import FloatArray
from models.money import MoneySettings
from models.outcome_kinds import Outcome
from models.outcomes import known_by, label_sql
from pipeline.config.root import Config
from pipeline.learning.planned import WHERE, Planned
from pipeline.prepare import Prepared


def refuse_early(config: Config, plan: Planned, data_until: datetime) -> None:
    """Raises DataError with the date while the outcome of the plan is not known; ConfigError for data without time."""
    if config.flat:
        fix = "Give the tables with their times, and an outcome that is read from them."
        raise ConfigError("a label column says nothing of what followed a plan", where="outcome.kind", fix=fix)
    settled = known_by(config.outcome, plan.as_of)
    if settled > data_until:
        raise DataError(
            f"the outcome of plan {plan.plan_id} of {plan.as_of:%Y-%m-%d} is known from {settled:%Y-%m-%d} on, "
            f"the records end at {data_until:%Y-%m-%d}",
            where=WHERE,
            fix=f"Learn again when the records reach {settled:%Y-%m-%d}.",
        )


def outcomes(config: Config, data: Prepared, customers: "pd.Series[str]", as_of: datetime) -> pd.DataFrame:
    """What followed `as_of`, in the order of the customers: `defected` (1, 0, NaN: no honest label), `type`, `money`.

    Who leaves in the gap before the outcome window counts too (`from_the_draw_on`). `money` is what the customer
    really brought over the outcome window (see `realised`), NaN where it is not known.
    """
    with data.connect() as con:
        rows = _labels(con, config, data, customers, as_of)
    defected: FloatArray = np.asarray(rows["defected"].astype("float64"), dtype=np.float64)
    margin = rows["margin"].to_numpy(np.float64) if rows["margin"].notna().any() else None
    money = realised(defected, rows["revenue"].to_numpy(np.float64), margin, config.money)
    return pd.DataFrame({"defected": defected, "type": rows["type"], "money": money})


def from_the_draw_on(outcome: Outcome) -> Outcome:
    """The outcome with its gap as a part of the window, where leaving has a moment that may lie in the gap.

    Contacts are made in the gap. Whoever leaves in it leaves after chance decided, and has to count in their arm.
    """
    if not outcome.dated:
        return outcome
    return outcome.model_copy(update={"gap_days": 0, "horizon_days": outcome.gap_days + outcome.horizon_days})


def realised(defected: FloatArray, revenue: FloatArray, margin: FloatArray | None, money: MoneySettings) -> FloatArray:
    """Margin over the outcome window less what a defection costs (replacement and handling), money a customer.

    The margin is that of the data, or the revenue times the config's margin share. What a customer brings after the
    window is not in it, nor is word of mouth.
    """
    earned = revenue * money.margin_share.value if margin is None else margin
    lost: FloatArray = defected * (money.replacement_cost.value + money.handling_cost.value)
    return earned - lost


def _labels(
    con: duckdb.DuckDBPyConnection, config: Config, data: Prepared, customers: "pd.Series[str]", as_of: datetime
) -> pd.DataFrame:
    con.register("planned", pd.DataFrame({"rid": np.arange(len(customers)), "customer_id": customers.astype("str")}))
    con.execute(
        "CREATE TABLE snapshots AS SELECT CAST(rid AS BIGINT) AS rid, customer_id, CAST(? AS TIMESTAMP) AS as_of "
        "FROM planned",
        [as_of],
    )
    con.unregister("planned")
    labels = label_sql(from_the_draw_on(config.outcome), data.shapes)
    sql = f"SELECT defected, type, revenue, margin FROM ({labels}) ORDER BY rid"
    rows: pd.DataFrame = con.sql(sql).df()
    return rows
