"""Purchases and complaints for the benchmarks of features: spread by hash, so that they are the same every time.

25 transactions and 1.5 complaints a customer over three years, unless a benchmark asks for more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb

from features.engine import plan
from features.schema import SCHEMAS, TableShape, shape_of
from features.spec import FeatureSettings, Group

PURCHASES, COMPLAINTS = 25.0, 1.5
WINDOWS = (30, 90, 180, 365)
SETTINGS = FeatureSettings(windows_days=WINDOWS, groups=("transactions", "complaints"))
COLUMNS = {
    "transactions": ("customer_id", "occurred_at", "amount"),
    "complaints": ("customer_id", "complaint_id", "opened_at"),
}
FIRST = datetime(2022, 1, 1)


def monthly(snapshots: int) -> list[datetime]:
    """Snapshots 30 days apart, within the last two years of the data."""
    step = 30 if snapshots <= 24 else 7
    return [FIRST + timedelta(days=step * n) for n in range(snapshots)]


def generate(con: duckdb.DuckDBPyConnection, customers: int, first: int = 0, purchases: float = PURCHASES) -> None:
    """Tables of the customers numbered from `first`, sorted as prepared tables are."""
    moment = "TIMESTAMP '2020-01-01' + to_seconds((hash(i, {salt}) % (3 * 365 * 86400))::BIGINT)"
    customer = "'c' || lpad((" + f"{first} + hash(i, {{salt}}) % {customers})::VARCHAR, 8, '0')"
    rows, cases = int(customers * purchases), int(customers * COMPLAINTS)
    con.execute(
        f"CREATE OR REPLACE TABLE transactions AS SELECT {customer.format(salt=1)} AS customer_id, "
        f"{moment.format(salt=3)} AS occurred_at, (hash(i, 4) % 10000 + 1)::DOUBLE AS amount "
        f"FROM range({first}, {first + rows}) t(i) ORDER BY ALL"
    )
    con.execute(
        f"CREATE OR REPLACE TABLE complaints AS SELECT {customer.format(salt=5)} AS customer_id, 'k' || i AS "
        f"complaint_id, {moment.format(salt=7)} AS opened_at FROM range({first}, {first + cases}) t(i) "
        "ORDER BY customer_id, opened_at"
    )
    con.execute(
        f"CREATE OR REPLACE TABLE customers AS SELECT 'c' || lpad(c::VARCHAR, 8, '0') AS customer_id "
        f"FROM range({first}, {first + customers}) t(c)"
    )


def set_snapshots(con: duckdb.DuckDBPyConnection, moments: Sequence[datetime]) -> None:
    """Every customer at each moment."""
    times = ", ".join(f"(TIMESTAMP '{moment.isoformat(sep=' ')}')" for moment in moments)
    con.execute(
        "CREATE OR REPLACE TABLE snapshots AS SELECT row_number() OVER (ORDER BY as_of, customer_id) AS rid, "
        f"customer_id, as_of FROM customers CROSS JOIN (VALUES {times}) t(as_of) ORDER BY rid"
    )


def groups() -> tuple[Group, ...]:
    """All features that these tables give."""
    return plan(shapes(), SETTINGS)


def shapes() -> dict[str, TableShape]:
    """The shapes of the tables."""
    types = {name: {c.name: c.dtype for c in SCHEMAS[name].columns} for name in COLUMNS}
    return {
        name: shape_of(SCHEMAS[name], {column: types[name][column] for column in columns})
        for name, columns in COLUMNS.items()
    }
