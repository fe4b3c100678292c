"""The truth folder of a simulated company, read for rows of a feature matrix."""

import glob
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from features.errors import DataError
from features.levels import literal
from features.spec import Entry

MONTHS, CUSTOMERS, STATES, FACTS = "customer_months", "customers", "states", "scenario.json"
FIX = "Name the folder `truth` that `holdfast simulate` wrote beside the records of this config."
# A few rows may lack their truth (planted defects make customers of nothing); more, and it is another company's.
MOST_WITHOUT_TRUTH = 0.01


@dataclass(frozen=True)
class TruthFolder:
    """What really drives the customers of a simulated company: `facts` are the scenario and its parameters."""

    folder: Path
    facts: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> "TruthFolder":
        """Raises DataError where the folder holds no truth."""
        for part in (MONTHS, CUSTOMERS, STATES):
            if not any((folder / part).glob("*.parquet")):
                raise DataError(f"is not a truth folder, it has no {part}", where="--truth", value=str(folder), fix=FIX)
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise DataError(
                f"is not a truth folder, {FACTS} cannot be read", where="--truth", value=str(folder), fix=FIX
            ) from None
        return cls(folder, facts)

    def about(self, rows: pa.Table) -> pa.Table:
        """The true risks, values and effects for each row (`customer_id`, `as_of`), NULL where there is no truth.

        Raises DataError where the truth is not that of these customers and moments.
        """
        found = self._joined(rows, f"LEFT JOIN {self._table(MONTHS)} t USING (customer_id, as_of)", "t.*")
        missing = found.column("p180").null_count
        if missing > MOST_WITHOUT_TRUTH * rows.num_rows:
            where = f"{missing} of {rows.num_rows} customers at risk"
            raise DataError("does not belong to the data", where=f"--truth, {where}", value=str(self.folder), fix=FIX)
        return found

    def latents(self, rows: pa.Table) -> pa.Table:
        """What drives each row's customer and no record shows, one number a column."""
        joins = (
            f"LEFT JOIN {self._table(CUSTOMERS)} c USING (customer_id) "
            f"LEFT JOIN {self._table(STATES)} s USING (customer_id, as_of)"
        )
        return self._joined(rows, joins, "c.* EXCLUDE (customer_id), s.*")

    def _table(self, name: str) -> str:
        return f"read_parquet({literal(str(Path(glob.escape(str(self.folder / name))) / '*.parquet'))})"

    def _joined(self, rows: pa.Table, joins: str, columns: str) -> pa.Table:
        keys = rows.select(["customer_id", "as_of"]).append_column("row", pa.array(range(rows.num_rows)))
        with duckdb.connect() as con:
            con.register("keys", keys)
            found = con.sql(f"SELECT row, {columns} FROM keys {joins} ORDER BY row").to_arrow_table()
        return found.drop_columns([name for name in ("row", "customer_id", "as_of") if name in found.column_names])


def with_latents(rows: pa.Table, truth: TruthFolder) -> tuple[pa.Table, tuple[Entry, ...]]:
    """The matrix with the latent variables as further columns, and their catalogue entries."""
    entries = []
    for name, column in zip(*_named(truth.latents(rows)), strict=True):
        full = f"latent__{name}"
        rows = rows.append_column(full, column.cast(pa.float64()))
        entries.append(Entry(full, "latent", name, "", "truth", None, "no truth", "number"))
    return rows, tuple(entries)


def _named(table: pa.Table) -> tuple[list[str], list[pa.ChunkedArray]]:
    return table.column_names, table.columns
