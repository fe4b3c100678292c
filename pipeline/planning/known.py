"""What was known about the scored customers at the snapshot: their attributes, contacts and complaints."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from features.history import History
from features.schema import TableShape
from pipeline.planning.moment_settings import PlanMoment
from pipeline.planning.moments import customers_in_moments

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class KnownTables:
    """Canonical tables as they were known at the snapshot, None where the user has no such table.

    Each holds `customer_id` and the canonical columns the user's table has; what was not known yet is missing or NULL.
    `moments` has one row a customer and moment of truth they are in: `customer_id`, `moment` (its name in the config).
    """

    customers: pd.DataFrame | None = None
    contacts: pd.DataFrame | None = None
    complaints: pd.DataFrame | None = None
    moments: pd.DataFrame | None = None


def known_tables(
    con: "duckdb.DuckDBPyConnection",
    shapes: Mapping[str, TableShape],
    customer_ids: pd.Series,
    as_of: datetime,
    moments: Mapping[str, PlanMoment] | None = None,
) -> KnownTables:
    """Read what was known strictly before `as_of` about `customer_ids` from the prepared tables in `con`.

    Raises `ConfigError` for a moment of truth whose table, column or condition does not fit. Replaces the temporary
    relation `snapshots` in `con`.
    """
    history = History(shapes)
    asked = pd.DataFrame({"customer_id": customer_ids.astype("str").unique()})
    con.register("plan_customers", asked)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE snapshots AS SELECT row_number() OVER () AS rid, CAST(customer_id AS VARCHAR) AS "
        "customer_id, CAST(? AS TIMESTAMP) AS as_of FROM plan_customers",
        [as_of],
    )
    con.unregister("plan_customers")
    tables = {name: _rows(con, history, name) for name in ("customers", "contacts", "complaints") if history.has(name)}
    return KnownTables(**tables, moments=customers_in_moments(con, history, moments or {}))


def _rows(con: "duckdb.DuckDBPyConnection", history: History, table: str) -> pd.DataFrame:
    rows: pd.DataFrame = con.execute(
        f"SELECT s.customer_id, k.* EXCLUDE (rid, as_of) FROM ({history.rows(table)}) k JOIN snapshots s USING (rid) "
        "ORDER BY s.rid, k.*"
    ).df()
    return rows
