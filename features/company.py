"""What was known of the whole company at each snapshot: computed once, then written into every partition's features.

A partition cannot know it. Sums and counts of parts of the customers add up exactly, so the parts may be partitions,
the workers of a cluster, or everybody at once: the mean has the same bits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from features.spec import Average, Derived, Group

if TYPE_CHECKING:
    import duckdb

DIGITS = 6
Part = Mapping[tuple[str, datetime], tuple[int, int]]
"""By name of the average and moment: the sum in units of the last decimal digit, and the number of cases."""


def company_part(
    con: "duckdb.DuckDBPyConnection",
    groups: Iterable[Group],
    moments: Iterable[datetime],
    customers: str = "customers",
) -> Part:
    """Sums and counts over the customers of the relation `customers`, as known at each moment."""
    averages = {f"{group.name}__{a.suffix}": a for group in groups for a in group.company}
    wanted = tuple(dict.fromkeys(moments))
    found: dict[tuple[str, datetime], tuple[int, int]] = {}
    for rows in dict.fromkeys(average.rows for average in averages.values()):
        alike = {name: average for name, average in averages.items() if average.rows == rows}
        found |= _summed(con, rows, alike, wanted, customers) if wanted else {}
    return found


def together(parts: Iterable[Part]) -> Part:
    """The parts of all customers as one."""
    found: dict[tuple[str, datetime], tuple[int, int]] = {}
    for part in parts:
        for key, (total, cases) in part.items():
            before = found.get(key, (0, 0))
            found[key] = (before[0] + total, before[1] + cases)
    return found


def with_company(groups: Sequence[Group], whole: Part) -> tuple[Group, ...]:
    """The groups with the averages written into their derived features, for the moments that `whole` has."""
    values: dict[str, dict[datetime, float]] = {}
    for (name, moment), (total, cases) in whole.items():
        if cases:
            values.setdefault(name, {})[moment] = total / (cases * 10**DIGITS)
    names = [f"{group.name}__{a.suffix}" for group in groups for a in group.company]
    written = {f"{{{name}}}": _by_moment(values.get(name, {})) for name in names}
    return tuple(
        replace(group, derived=tuple(_written(d, written) for d in group.derived), company=()) for group in groups
    )


def _summed(
    con: "duckdb.DuckDBPyConnection",
    rows: str,
    averages: Mapping[str, Average],
    moments: Sequence[datetime],
    customers: str,
) -> dict[tuple[str, datetime], tuple[int, int]]:
    """All customers at all moments stand in for the relation `snapshots`, so only what was known at each is seen."""
    times = ", ".join(f"(TIMESTAMP '{moment.isoformat(sep=' ')}')" for moment in moments)
    everybody = (
        "SELECT row_number() OVER () AS rid, customer_id, as_of "
        f"FROM (SELECT DISTINCT customer_id FROM {customers}) CROSS JOIN (VALUES {times}) hf_moments(as_of)"
    )
    sums = ", ".join(_sum_and_count(average) for average in averages.values())
    sql = f"WITH snapshots AS ({everybody}) SELECT as_of, {sums} FROM ({rows}) GROUP BY as_of"
    found = {(name, moment): (0, 0) for name in averages for moment in moments}
    for moment, *values in con.execute(sql).fetchall():
        for n, name in enumerate(averages):
            found[name, moment] = (int(values[2 * n].replace(".", "")), int(values[2 * n + 1]))
    return found


def _sum_and_count(average: Average) -> str:
    number = f"TRY_CAST({average.value} AS DECIMAL(38, {DIGITS}))"
    young = f"FILTER (age_days <= {average.window_days})"
    return f"CAST(coalesce(sum({number}) {young}, 0) AS VARCHAR), count({number}) {young}"


def _by_moment(values: Mapping[datetime, float]) -> str:
    cases = "".join(
        f" WHEN TIMESTAMP '{moment.isoformat(sep=' ')}' THEN CAST('{value!r}' AS DOUBLE)"
        for moment, value in sorted(values.items())
    )
    return f"(CASE as_of{cases} END)" if cases else "(NULL::DOUBLE)"


def _written(derived: Derived, written: Mapping[str, str]) -> Derived:
    sql = derived.sql
    for name, value in written.items():
        sql = sql.replace(name, value)
    return replace(derived, sql=sql)
