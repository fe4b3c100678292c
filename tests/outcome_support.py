"""A small company in memory: tables as lists of rows, snapshots, and the statuses and labels that come out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from features.history import History
from features.schema import SCHEMAS, SQL_TYPE, DType, TableShape, shape_of
from models.at_risk import status_sql
from models.outcome_kinds import Outcome
from models.outcomes import label_sql

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Key = tuple[str, datetime]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Company:
    """Prepared tables and snapshots in a DuckDB connection.

    `types` gives the types of columns the schemas do not know, `columns` those a table has whatever its rows name.
    """

    def __init__(
        self,
        tables: Tables,
        snapshots: Sequence[Key],
        types: Mapping[str, DType] | None = None,
        columns: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.con = duckdb.connect(config={"threads": 1})
        self.shapes: dict[str, TableShape] = {}
        for name, rows in tables.items():
            self._add(name, rows, types or {}, (columns or {}).get(name, ()))
        self.con.execute("CREATE TABLE snapshots (rid BIGINT, customer_id VARCHAR, as_of TIMESTAMP)")
        self.snapshots = list(snapshots)
        self._fill("snapshots", [[rid, who, at] for rid, (who, at) in enumerate(self.snapshots)])

    def _add(self, name: str, rows: Sequence[Row], types: Mapping[str, DType], given: Sequence[str]) -> None:
        schema = SCHEMAS[name]
        required = [c.name for c in schema.columns if c.required]
        names = list(dict.fromkeys([*required, *given, *(column for row in rows for column in row)]))
        columns = {n: c.dtype if (c := schema.column(n)) else types.get(n, "text") for n in names}
        self.shapes[name] = shape_of(schema, columns)
        declared = ", ".join(f'"{n}" {SQL_TYPE[dtype]}' for n, dtype in columns.items())
        self.con.execute(f"CREATE TABLE {name} ({declared})")
        if rows:
            self._fill(name, [[row.get(n) for n in names] for row in rows])

    def _fill(self, name: str, rows: list[list[Any]]) -> None:
        """In one statement: a statement a row takes longer than the queries under test."""
        marks = ", ".join(["(" + ", ".join("?" * len(rows[0])) + ")"] * len(rows))
        self.con.execute(f"INSERT INTO {name} VALUES {marks}", [value for row in rows for value in row])

    def statuses(self, outcome: Outcome) -> list[str]:
        """Statuses in the order of the snapshots."""
        rows = self.con.execute(f"SELECT rid, status FROM ({status_sql(outcome, History(self.shapes))})").fetchall()
        assert len(rows) == len(self.snapshots)
        return [status for _, status in sorted(rows)]

    def labels(self, outcome: Outcome) -> list[dict[str, Any]]:
        """Labels in the order of the snapshots."""
        frame = self.con.execute(f"SELECT * FROM ({label_sql(outcome, self.shapes)}) ORDER BY rid")
        names = [column[0] for column in frame.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in frame.fetchall()]
        assert len(rows) == len(self.snapshots)
        return rows


def one(tables: Tables, at: str, types: Mapping[str, DType] | None = None, who: str = "ada") -> Company:
    """The company with a single snapshot of one customer."""
    return Company(tables, [(who, day(at))], types)
