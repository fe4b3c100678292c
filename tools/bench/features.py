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

from features.engine import catalogue, compute
from features.spec import Group
from tools.bench import by_hand
from tools.bench.company_data import generate, groups, monthly, set_snapshots

SNAPSHOTS, REPEATS, A_PIECE = 12, 3, 100_000
MOST_TIMES = 1.25
WANTED = {
    "transactions": ("count", "amount", "amount_max", "days_since_last"),
    "complaints": ("count", "days_since_last"),
}
Seconds = tuple[float, float]


# Of two purchases in the same second the statement takes either as the last one, the engine always the larger.
SAME = 1e-5


def feature_speed(customers: int, repeats: int = REPEATS) -> dict[str, Any]:
    """Wall-clock and processor seconds of both, in pieces of at most 100,000 customers, for 18 and for all columns."""
    every = groups()
    questions = {"few": (by_hand.few(), few_columns(every)), "every": (by_hand.every(), every)}
    spent: dict[str, list[Seconds]] = {}
    with duckdb.connect(config={"threads": 1}) as con:
        for first in range(0, customers, A_PIECE):
            generate(con, min(A_PIECE, customers - first), first)
            set_snapshots(con, monthly(SNAPSHOTS))
            for name, (statement, wanted) in questions.items():
                if not first:
                    _agree(con, wanted, statement)
                for who, work in _both(con, statement, wanted).items():
                    spent.setdefault(f"{name} {who}", []).append(median(work, repeats))
    return _figures(customers, every, {name: _total(pieces) for name, pieces in spent.items()})


def _both(con: duckdb.DuckDBPyConnection, statement: str, wanted: tuple[Group, ...]) -> dict[str, Callable[[], object]]:
    return {"hand": lambda: con.sql(statement).to_arrow_table(), "engine": lambda: compute(con, wanted)}


def _figures(customers: int, every: tuple[Group, ...], spent: dict[str, Seconds]) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": customers * SNAPSHOTS}
    for name, wanted in (("few", few_columns(every)), ("every", every)):
        hand, engine = spent[f"{name} hand"], spent[f"{name} engine"]
        found[name] = {
            "columns": len(catalogue(wanted)),
            "by_hand_seconds": round(hand[0], 2),
            "engine_seconds": round(engine[0], 2),
            "times_by_hand": round(engine[0] / hand[0], 2),
            "times_by_hand_processor": round(engine[1] / hand[1], 2),
        }
    return found | {"met": all(found[name]["times_by_hand_processor"] <= MOST_TIMES for name in ("few", "every"))}


def few_columns(every: tuple[Group, ...]) -> tuple[Group, ...]:
    """The wanted features only; what is compared with the window before is left out."""
    return tuple(_subset(group) for group in every)


def _subset(group: Group) -> Group:
    blocks = tuple(
        replace(block, features=tuple(f for f in block.features if f.what in WANTED[group.name] and not f.before))
        for block in group.blocks
    )
    return Group(group.name, tuple(block for block in blocks if block.features))


def _agree(con: duckdb.DuckDBPyConnection, wanted: tuple[Group, ...], statement: str) -> None:
    """A faster answer that is another answer would be worth nothing."""
    con.register("left_side", compute(con, wanted))
    con.register("right_side", con.sql(statement).to_arrow_table())
    for column in (entry.name for entry in catalogue(wanted)):
        sql = f'SELECT sum(coalesce("{column}", -1)), count("{column}") FROM '
        (one, rows), (other, others) = (con.execute(sql + side).fetchall()[0] for side in ("left_side", "right_side"))
        if rows != others or abs(one - other) > SAME * max(1.0, abs(other)):
            raise AssertionError(f"{column}: {one} in {rows} rows by the engine, {other} in {others} by hand")
    con.unregister("left_side")
    con.unregister("right_side")


def median(work: Callable[[], object], repeats: int = REPEATS) -> Seconds:
    """Medians of wall-clock and processor seconds."""
    found = [timed(work) for _ in range(repeats)]
    return statistics.median(wall for wall, _ in found), statistics.median(processor for _, processor in found)


def timed(work: Callable[[], object]) -> Seconds:
    """Wall-clock and processor seconds of one call."""
    started, before = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - before


def _total(pieces: list[Seconds]) -> Seconds:
    return sum(wall for wall, _ in pieces), sum(processor for _, processor in pieces)
