"""`holdfast check`: one report on the tables, before anything is learned from them. Errors stop, warnings do not."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from features.errors import DataError, HoldfastError
from features.history import quoted
from features.schema import SCHEMAS, TableShape
from models.outcomes import known_by, label_sql
from models.snapshots import Split
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.contradictions import rules_for
from pipeline.diagnosis.own_moments import require_moments
from pipeline.moments import all_moments, moments
from pipeline.prepare import Prepared, prepared, snapshot_table
from pipeline.sources import one_row


@dataclass(frozen=True)
class TableReport:
    """One table: size, span, and what is odd about it. Shares are between 0 and 1."""

    rows: int
    customers: int
    first: datetime | None
    last: datetime | None
    missing: Mapping[str, float]
    orphans: int = 0
    repeated_rows: int = 0
    future: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    contradictions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SnapshotReport:
    """One snapshot: who is at risk, how many of them defected, and whether it serves training or testing."""

    as_of: datetime
    use: str
    at_risk: int
    defected: int
    unlabelled: int
    others: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Share of those at risk who defected."""
        return self.defected / self.at_risk if self.at_risk else float("nan")


@dataclass(frozen=True)
class Report:
    """Everything `holdfast check` says."""

    config: str
    tables: Mapping[str, TableReport]
    customers_without_events: int | None
    data_until: datetime | None
    complete_until: datetime | None
    snapshots: Sequence[SnapshotReport]
    errors: Sequence[str]
    warnings: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """As plain values, times as ISO text."""
        plain = asdict(self)
        for snapshot, source in zip(plain["snapshots"], self.snapshots, strict=True):
            snapshot["rate"] = source.rate if source.at_risk else None
        return _iso(plain)  # type: ignore[no-any-return]

    def as_text(self) -> str:
        """As a page for the terminal."""
        from pipeline.check_text import text

        return text(self)


def check(path: Path) -> Report:
    """Check the tables of a config. Raises ConfigError; everything wrong with the data is in the report."""
    config = load(path)
    try:
        with prepared(config) as data:
            return _report(config, data)
    except DataError as error:
        return Report(config.name, {}, None, None, None, (), (str(error),), ())


def _report(config: Config, data: Prepared) -> Report:
    with data.connect() as con:
        require_moments(con, config.diagnosis.moments, data.shapes, run=not data.distributed)
        tables = {name: _table(con, shape, data) for name, shape in data.shapes.items()}
        silent = _without_events(con, data.shapes)
    snapshots, errors = _snapshots(config, data)
    complete = None if config.flat else data.data_until - (known_by(config.outcome, data.data_until) - data.data_until)
    warnings = [
        *_warnings(tables),
        *_withheld(data.shapes),
        *([] if not silent else [f"{silent} customers have no event in any table"]),
    ]
    return Report(config.name, tables, silent, data.data_until, complete, snapshots, errors, warnings)


def _table(con: duckdb.DuckDBPyConnection, shape: TableShape, data: Prepared) -> TableReport:
    name, time = quoted(shape.name), f"e.{quoted(shape.time)}" if shape.time else "NULL::TIMESTAMP"
    rules = rules_for(shape, data.shapes)
    parts = ["count(*)", "count(DISTINCT e.customer_id)", f"min({time})", f"max({time})"]
    parts.append("count(*) FILTER (WHERE c.customer_id IS NULL)")
    parts.append(f"count(*) FILTER (WHERE {_future(shape)})")
    parts += [f"count(*) FILTER (WHERE e.{quoted(column)} IS NULL)" for column in shape.columns]
    parts += [f"count(*) FILTER (WHERE {rule.condition})" for rule in rules]
    join = f"FROM {name} e LEFT JOIN customers c ON c.customer_id = e.customer_id"
    rows, customers, first, last, orphans, future, *rest = one_row(con, f"SELECT {', '.join(parts)} {join}")
    missing, broken = rest[: len(shape.columns)], rest[len(shape.columns) :]
    return TableReport(
        rows,
        customers,
        first,
        last,
        {column: count / rows for column, count in zip(shape.columns, missing, strict=True) if count},
        orphans,
        _repeated(con, shape),
        future,
        data.left_out.get(shape.name, {}),
        {rule.says: count for rule, count in zip(rules, broken, strict=True) if count},
    )


def _future(shape: TableShape) -> str:
    """Times that lie after today, except ends and starts of contracts, which may."""
    times = [c for c, dtype in shape.columns.items() if dtype == "timestamp" and c not in ("ends_at", "starts_at")]
    return " OR ".join(f"e.{quoted(column)} > now()::TIMESTAMP" for column in times) or "false"


def _repeated(con: duckdb.DuckDBPyConnection, shape: TableShape) -> int:
    columns = ", ".join(quoted(column) for column in shape.columns)
    counted = f"SELECT count(*) - 1 AS extra FROM {quoted(shape.name)} GROUP BY {columns} HAVING count(*) > 1"
    return int(one_row(con, f"SELECT coalesce(sum(extra), 0) FROM ({counted})")[0])


def _without_events(con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape]) -> int | None:
    events = [name for name, shape in shapes.items() if shape.time]
    if not events:
        return None
    known = " UNION ".join(f"SELECT customer_id FROM {quoted(name)}" for name in events)
    sql = f"SELECT count(*) FROM customers WHERE customer_id NOT IN ({known})"
    return int(one_row(con, sql)[0])


def _snapshots(config: Config, data: Prepared) -> tuple[list[SnapshotReport], list[str]]:
    """Label rates by snapshot, or why there are none."""
    try:
        every, split = all_moments(config, data), moments(config, data)
    except HoldfastError as error:
        return [], [str(error)]
    counts: dict[tuple[datetime, str], int] = {}
    for part in data.each_partition(lambda k: _counted(config, data, every, k)):
        for key, count in part.items():
            counts[key] = counts.get(key, 0) + count
    return [_snapshot(as_of, _use(split, as_of), counts) for as_of in every], []


def _use(split: Split, as_of: datetime) -> str:
    """Between the last train and the first test snapshot lie those whose windows would overlap."""
    if as_of in split.train:
        return "folds" if as_of in split.test else "train"
    return "test" if as_of in split.test else "gap"


def _counted(
    config: Config, data: Prepared, every: Sequence[datetime], partition: int
) -> dict[tuple[datetime, str], int]:
    label = "CASE defected WHEN true THEN 'defector' WHEN false THEN 'stayer' ELSE 'unlabelled' END"
    state = f"CASE status WHEN 'at_risk' THEN {label} ELSE status END"
    with data.connect(partition) as con:
        con.execute(snapshot_table("customers", every))
        labels = label_sql(config.outcome, data.shapes)
        found = con.execute(f"SELECT as_of, {state}, count(*) FROM ({labels}) JOIN snapshots USING (rid) GROUP BY ALL")
        return {(as_of, kind): count for as_of, kind, count in found.fetchall()}


def _snapshot(as_of: datetime, use: str, counts: Mapping[tuple[datetime, str], int]) -> SnapshotReport:
    here = {kind: count for (moment, kind), count in counts.items() if moment == as_of}
    defected = here.pop("defector", 0)
    at_risk = defected + here.pop("stayer", 0)
    return SnapshotReport(as_of, use, at_risk, defected, here.pop("unlabelled", 0), here)


def _warnings(tables: Mapping[str, TableReport]) -> list[str]:
    found: list[str] = []
    for name, table in tables.items():
        found += [f"{name}: {count} rows left out: no {column}" for column, count in table.left_out.items()]
        found += [f"{name}: {table.orphans} rows of customers that are not in customers"] if table.orphans else []
        found += [f"{name}: {table.repeated_rows} rows repeat another row"] if table.repeated_rows else []
        found += [f"{name}: {table.future} rows have a time after today"] if table.future else []
        found += [f"{name}: {count} rows with {says}" for says, count in table.contradictions.items()]
        found += [f"{name}.{column} is always missing" for column, share in table.missing.items() if share == 1]
    return found


def _withheld(shapes: Mapping[str, TableShape]) -> list[str]:
    """Late columns that no feature sees, because nothing says from when their values were known."""
    return [
        f"{name}.{column.name} is in no feature: nothing says when it was known. "
        f"Map {' or '.join(column.known_from)}, or name its time in tables.{name}.late"
        for name, shape in shapes.items()
        if shape.withheld
        for column in SCHEMAS[name].columns
        if column.name in shape.withheld
    ]


def _iso(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _iso(item) for key, item in value.items()}
    return [_iso(item) for item in value] if isinstance(value, (list, tuple)) else value
