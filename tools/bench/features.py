"""The feature engine beside a hand-written DuckDB statement for the same columns, on generated data, one thread.

The engine declares each feature once and adds exactly; the statement is what somebody would write who needs just these
columns. The ratio of the two holds better than seconds do.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb

from features.engine import catalogue, compute, plan
from features.schema import SCHEMAS, TableShape, shape_of
from features.spec import FeatureSettings, Group

CUSTOMERS, SNAPSHOTS, PURCHASES, COMPLAINTS, REPEATS = 50_000, 12, 25, 1.5, 3
WINDOWS = (30, 90, 180, 365)
MOST_TIMES = 3.0
SETTINGS = FeatureSettings(windows_days=WINDOWS, groups=("transactions", "complaints"))
COLUMNS = {
    "transactions": ("customer_id", "occurred_at", "amount"),
    "complaints": ("customer_id", "complaint_id", "opened_at"),
}
WANTED = {
    "transactions": ("count", "amount", "amount_max", "days_since_last"),
    "complaints": ("count", "days_since_last"),
}


def feature_speed() -> dict[str, Any]:
    """Medians of the engine and of the statement, and of all features of the two groups."""
    with duckdb.connect(config={"threads": 1}) as con:
        _generate(con)
        every = plan(_shapes(), SETTINGS)
        few = tuple(_subset(group) for group in every)
        columns = [entry.name for entry in catalogue(few)]
        _agree(con, few, columns)
        by_hand = _median(lambda: con.sql(_statement()).to_arrow_table())
        engine = _median(lambda: compute(con, few))
        whole = _median(lambda: compute(con, every), 1)
    times = engine / by_hand
    return {
        "rows": CUSTOMERS * SNAPSHOTS,
        "columns": len(columns),
        "by_hand_seconds": round(by_hand, 2),
        "engine_seconds": round(engine, 2),
        "times_by_hand": round(times, 2),
        "all_columns": len(catalogue(every)),
        "all_seconds": round(whole, 2),
        "met": times < MOST_TIMES,
    }


def _generate(con: duckdb.DuckDBPyConnection) -> None:
    """Three years of purchases and complaints, spread by hash so that they are the same every time."""
    moment = "TIMESTAMP '2020-01-01' + to_seconds((hash(i, {salt}) % (3 * 365 * 86400))::BIGINT)"
    customer = "'c' || (hash(i, {salt} + 1) % " + f"{CUSTOMERS})"
    purchases, complaints = int(CUSTOMERS * PURCHASES), int(CUSTOMERS * COMPLAINTS)
    con.execute(
        f"CREATE TABLE transactions AS SELECT {customer.format(salt=1)} AS customer_id, {moment.format(salt=3)} AS "
        f"occurred_at, (hash(i, 4) % 10000 + 1)::DOUBLE AS amount FROM range({purchases}) t(i) ORDER BY ALL"
    )
    con.execute(
        f"CREATE TABLE complaints AS SELECT {customer.format(salt=5)} AS customer_id, 'k' || i AS complaint_id, "
        f"{moment.format(salt=7)} AS opened_at FROM range({complaints}) t(i) ORDER BY customer_id, opened_at"
    )
    con.execute(
        "CREATE TABLE snapshots AS SELECT row_number() OVER () AS rid, 'c' || c AS customer_id, "
        f"TIMESTAMP '2022-01-01' + to_days((30 * m)::INTEGER) AS as_of FROM range({CUSTOMERS}) t(c), "
        f"range({SNAPSHOTS}) u(m)"
    )


def _shapes() -> dict[str, TableShape]:
    types = {name: {c.name: c.dtype for c in SCHEMAS[name].columns} for name in COLUMNS}
    return {
        name: shape_of(SCHEMAS[name], {column: types[name][column] for column in columns})
        for name, columns in COLUMNS.items()
    }


def _subset(group: Group) -> Group:
    """The group with the wanted features only; what is compared with the window before is left out."""
    blocks = tuple(
        replace(block, features=tuple(f for f in block.features if f.what in WANTED[group.name] and not f.before))
        for block in group.blocks
    )
    return Group(group.name, tuple(block for block in blocks if block.features))


def _statement() -> str:
    """The same columns by hand: one join and one aggregation a table."""
    age = "epoch_us(s.as_of) - epoch_us({time})"
    counts = ["count(*) AS {group}__count"]
    counts += [f"count(*) FILTER (WHERE age <= {w}::BIGINT * 86400000000) AS {{group}}__count_{w}d" for w in WINDOWS]
    sums = ["sum(amount) AS transactions__amount", "max(amount) AS transactions__amount_max"]
    sums += [
        f"sum(amount) FILTER (WHERE age <= {w}::BIGINT * 86400000000) AS transactions__amount_{w}d" for w in WINDOWS
    ]
    since = "min(age) / 86400000000.0 AS {group}__days_since_last"
    parts = []
    for group, time_column, more in (("transactions", "occurred_at", sums), ("complaints", "opened_at", [])):
        columns = ", ".join(column.format(group=group) for column in (*counts, *more, since))
        extra = ", amount" if more else ""
        rows = (
            f"SELECT rid, {age.format(time=time_column)} AS age{extra} FROM snapshots s JOIN {group} e "
            f"ON e.customer_id = s.customer_id AND e.{time_column} < s.as_of"
        )
        parts.append(f"(SELECT rid, {columns} FROM ({rows}) GROUP BY rid)")
    first, second = parts
    return (
        f"SELECT s.customer_id, s.as_of, t.* EXCLUDE (rid), k.* EXCLUDE (rid) FROM snapshots s "
        f"LEFT JOIN {first} t USING (rid) LEFT JOIN {second} k USING (rid) ORDER BY s.rid"
    )


def _agree(con: duckdb.DuckDBPyConnection, groups: tuple[Group, ...], columns: list[str]) -> None:
    """A faster answer that is another answer would be worth nothing."""
    engine, by_hand = compute(con, groups), con.sql(_statement()).to_arrow_table()
    con.register("left_side", engine)
    con.register("right_side", by_hand)
    for column in columns:
        sums = [
            con.execute(f'SELECT sum(coalesce("{column}", 0)), count(*) FROM {side}').fetchall()[0]
            for side in ("left_side", "right_side")
        ]
        (one, rows), (other, others) = sums
        if rows != others or abs(one - other) > 1e-9 * max(1.0, abs(other)):
            raise AssertionError(f"{column}: {one} by the engine, {other} by hand")
    con.unregister("left_side")
    con.unregister("right_side")


def _median(work: Callable[[], object], repeats: int = REPEATS) -> float:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
