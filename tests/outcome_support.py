"""The statuses and labels of a small company written as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from features.history import History
from features.schema import SCHEMAS, DType, TableShape, shape_of
from models.at_risk import status_sql
from models.outcome_kinds import Outcome
from models.outcomes import label_sql
from tests.companies import Row, Tables, connect, day, set_snapshots

__all__ = ["Company", "Row", "Tables", "day", "one"]


class Company:
    """Tables and snapshots in a connection.

    `types` gives the types of columns the schemas do not know, `columns` those a table has whatever its rows name.
    """

    def __init__(
        self,
        tables: Tables,
        snapshots: Sequence[tuple[str, datetime]],
        types: Mapping[str, DType] | None = None,
        columns: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.shapes = {
            name: _shape(
                name, [*(columns or {}).get(name, ()), *(column for row in rows for column in row)], types or {}
            )
            for name, rows in tables.items()
        }
        self.con = connect(tables, self.shapes)
        set_snapshots(self.con, snapshots)
        self.size = len(snapshots)

    def statuses(self, outcome: Outcome) -> list[str]:
        """Statuses in the order of the snapshots."""
        return [row["status"] for row in self._rows(status_sql(outcome, History(self.shapes)))]

    def labels(self, outcome: Outcome) -> list[dict[str, Any]]:
        """Labels in the order of the snapshots."""
        return self._rows(label_sql(outcome, self.shapes))

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.con.sql(f"SELECT * FROM ({sql}) ORDER BY rid").to_arrow_table().to_pylist()
        assert [row["rid"] for row in rows] == list(range(self.size))
        return rows


def one(tables: Tables, at: str, types: Mapping[str, DType] | None = None, who: str = "ada") -> Company:
    """The company with a single snapshot of one customer."""
    return Company(tables, [(who, day(at))], types)


def _shape(name: str, given: Sequence[str], types: Mapping[str, DType]) -> TableShape:
    schema = SCHEMAS[name]
    columns = dict.fromkeys([*schema.required, *given])
    return shape_of(schema, {c: known.dtype if (known := schema.column(c)) else types.get(c, "text") for c in columns})
