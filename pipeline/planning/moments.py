"""Which customers are in a moment of truth at the snapshot, as far as was known then."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb as engine
import pandas as pd

from features.errors import ConfigError, nearest
from features.history import History, quoted
from pipeline.planning.moment_settings import PlanMoment

if TYPE_CHECKING:
    import duckdb


def customers_in_moments(
    con: "duckdb.DuckDBPyConnection", history: History, moments: Mapping[str, PlanMoment]
) -> pd.DataFrame:
    """One row a customer and moment: `customer_id`, `moment`. `con` has the relation `snapshots`, as for `History`."""
    parts = [_of_moment(con, history, name, moment) for name, moment in moments.items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["customer_id", "moment"])


def _of_moment(con: "duckdb.DuckDBPyConnection", history: History, name: str, moment: PlanMoment) -> pd.DataFrame:
    _check(history, name, moment)
    try:
        ids = con.execute(_sql(history, moment)).df()["customer_id"]
    except engine.Error as error:
        fix = "See the columns of the table with `holdfast check`."
        raise ConfigError(
            str(error).splitlines()[0], where=f"plan.moments: {name}", value=moment.where, fix=fix
        ) from error
    return pd.DataFrame({"customer_id": ids.astype("str"), "moment": name})


def _sql(history: History, moment: PlanMoment) -> str:
    """What lies ahead counts when it was announced: known before the snapshot, happening after it."""
    rows = history.rows(moment.table, announced=moment.ahead_days > 0)
    time = quoted(moment.column) if moment.column else "event_at"
    first = f"AND {time} = first_at" if moment.first_only else ""
    return f"""WITH found AS (
  SELECT *, min({time}) OVER (PARTITION BY rid) AS first_at FROM ({rows}) k WHERE ({moment.where}))
SELECT DISTINCT s.customer_id FROM found JOIN snapshots s USING (rid)
WHERE {time} >= found.as_of - to_microseconds({_microseconds(moment.within_days)})
  AND {time} < found.as_of + to_microseconds({_microseconds(moment.ahead_days)}) {first}
ORDER BY s.customer_id"""


def _microseconds(days: float) -> int:
    return round(days * 86_400_000_000)


def _check(history: History, name: str, moment: PlanMoment) -> None:
    where = f"plan.moments: {name}"
    if not history.has(moment.table):
        raise ConfigError("no such table", where=where, value=moment.table, fix=nearest(moment.table, history.tables))
    shape = history.shapes[moment.table]
    if moment.column is None and shape.time is None:
        raise ConfigError("the table has no time", where=where, value=moment.table, fix="Name its `column`.")
    if moment.column is not None and moment.column not in history.columns(moment.table):
        fix = nearest(moment.column, list(history.columns(moment.table)))
        raise ConfigError("no such column", where=where, value=moment.column, fix=fix)
