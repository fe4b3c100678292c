"""Scoring as one pass over a partition: status, features, prediction and reasons, with no matrix left behind.

The same object works here and, pickled, in an executor of Spark.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.engine import compute
from features.history import History, quoted
from features.levels import literal
from models.arrays import FloatArray
from models.at_risk import status_sql
from models.outcome_kinds import GivenColumn
from models.predictor import MONEY_COLUMNS, Predictor
from pipeline.artefact import Manifest
from pipeline.config.root import Config
from pipeline.customer_list import LIST
from pipeline.explained import RANKED, Explained, Rank, without_reasons_after, worth_of
from pipeline.matrix import FeaturePlan
from pipeline.prepare import Prepared, snapshot_table
from pipeline.score_file import COLUMNS, part_file, score_rows, write_table

POSITION = "position"


@dataclass(frozen=True)
class Model:
    """A loaded model and the name of its version."""

    predictor: Predictor
    manifest: Manifest
    version: str


@dataclass(frozen=True)
class Counted:
    """What a part of the scores holds: rows by status, and the first id (with its position) that is no customer."""

    statuses: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[int, str] | None = None

    def __add__(self, other: "Counted") -> "Counted":
        """Two parts together."""
        found = [unknown for unknown in (self.unknown, other.unknown) if unknown is not None]
        return Counted(Counter(self.statuses) + Counter(other.statuses), min(found, default=None))


@dataclass(frozen=True)
class ScoringPass:
    """What scoring a partition needs. `listed`: only who is on the list that was placed beside the tables."""

    config: Config
    data: Prepared
    features: FeaturePlan
    model: Model
    moment: datetime
    listed: bool
    explained: Explained

    @property
    def more(self) -> Sequence[str]:
        """Columns of the score file beyond the usual ones."""
        return (*MONEY_COLUMNS, *self.model.predictor.horizon_columns)

    def rows(self, partition: int) -> pa.Table:
        """The score columns of a partition's customers, by id; with a list, its ids by `position`, none missing."""
        with self.data.connect(partition) as con:
            asked = self._snapshots(con, partition)
            con.execute(f"CREATE TABLE standing AS {status_sql(self.config.outcome, History(self.data.shapes))}")
            others = con.sql(
                "SELECT customer_id, status FROM snapshots JOIN standing USING (rid) "
                "WHERE status <> 'at_risk' ORDER BY rid"
            ).to_arrow_table()
            con.execute("DELETE FROM snapshots WHERE rid NOT IN (SELECT rid FROM standing WHERE status = 'at_risk')")
            matrix = compute(con, self.features.groups)
            value = known_value(con, self.config)
        at_risk = predicted(self.model.predictor, matrix, value, self.explained)
        scored = pa.concat_tables([at_risk, others], promote_options="default")
        return _each_asked(scored, asked, self.moment, self.more)

    def write(self, folder: Path, partition: int) -> Counted:
        """Score a partition into its own file of a folder."""
        rows = self.rows(partition)
        self.save(rows, part_file(folder, partition))
        return counted(rows)

    def save(self, rows: pa.Table, target: Path) -> None:
        """Write rows as a score file."""
        write_table(self.named(rows), target)

    def named(self, rows: pa.Table) -> pa.Table:
        """The rows as they stand in the score file."""
        return score_rows(rows, self.model.version, self.model.manifest.feature_fingerprint, self.more)

    def _snapshots(self, con: duckdb.DuckDBPyConnection, partition: int) -> pa.Table | None:
        """Who is looked at; the partition's part of the list, where there is one."""
        if not self.listed:
            con.execute(snapshot_table("customers", [self.moment]))
            return None
        files = literal(self.data.files(LIST, partition))
        con.execute(f"CREATE TABLE hf_asked AS SELECT {POSITION}, customer_id FROM read_parquet({files})")
        con.execute("CREATE TABLE hf_known AS FROM customers SEMI JOIN hf_asked USING (customer_id)")
        con.execute(snapshot_table("hf_known", [self.moment]))
        return con.sql("FROM hf_asked").to_arrow_table()


def counted(rows: pa.Table) -> Counted:
    """What is in some rows of scores."""
    statuses = rows.column("status").to_pylist()
    unknown = None
    if "not_found" in statuses:
        first = statuses.index("not_found")
        unknown = (rows.column(POSITION)[first].as_py(), rows.column("customer_id")[first].as_py())
    return Counted(dict(Counter(statuses)), unknown)


def known_value(con: duckdb.DuckDBPyConnection, config: Config) -> FloatArray | None:
    """Revenue of a stayer over the horizon where flat data hold it as a column, in the order of the snapshots."""
    outcome = config.outcome
    if not isinstance(outcome, GivenColumn) or outcome.money_column is None:
        return None
    periods = outcome.horizon_days / outcome.money_period_days if outcome.money_period_days else 1.0
    value = f"c.{quoted(outcome.money_column)} * {periods}"
    sql = f"SELECT {value} AS v FROM snapshots JOIN customers c USING (customer_id) ORDER BY rid"
    return np.asarray(con.sql(sql).to_arrow_table().column("v").to_numpy(), dtype=np.float64)


def predicted(predictor: Predictor, matrix: pa.Table, value: FloatArray | None, explained: Explained) -> pa.Table:
    """The score columns of a matrix; the rows with the largest expected loss get reasons."""
    frame = predictor.predict(matrix, value)
    frame["risk_band"] = frame["risk_band"].astype(str)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.add_column(0, "customer_id", matrix.column("customer_id"))
    table = table.append_column("status", pa.array(["at_risk"] * table.num_rows, pa.string()))
    return table.append_column("reasons", explained.reasons(predictor, matrix, worth_of(table)))


def _each_asked(scored: pa.Table, asked: pa.Table | None, moment: datetime, more: Sequence[str]) -> pa.Table:
    """A row for each customer asked for, in that order; who is in no table is `not_found`.

    Kept are the score file's columns, and those in `more`.
    """
    present = [name for name in (*COLUMNS, *more) if name in scored.column_names]
    columns = ", ".join(quoted(name) for name in present if name not in ("customer_id", "status"))
    moment_sql = f"TIMESTAMP '{moment.isoformat(sep=' ')}' AS as_of"
    sql = f"SELECT customer_id, {moment_sql}, status, {columns} FROM scored ORDER BY customer_id"
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("scored", scored)
        if asked is not None:
            con.register("asked", asked)
            sql = (
                f"SELECT {POSITION}, a.customer_id, {moment_sql}, coalesce(status, 'not_found') AS status, {columns} "
                f"FROM asked a LEFT JOIN scored s ON s.customer_id = a.customer_id ORDER BY {POSITION}"
            )
        return con.sql(sql).to_arrow_table()


def keep_largest(work: ScoringPass, folder: Path) -> None:
    """Take away the reasons of a folder's parts that are too many: each partition explained its own largest."""
    parts = (pq.read_table(part, columns=[*RANKED, "reasons"]) for part in parts_of(work, folder))
    last = work.explained.last_of(parts)
    if last is not None:
        list(work.data.each_partition(partial(_trim, folder, last)))


def parts_of(work: ScoringPass, folder: Path) -> list[Path]:
    """The files of a folder of scores."""
    return [part_file(folder, partition) for partition in range(work.data.partitions)]


def _trim(folder: Path, last: Rank, partition: int) -> None:
    file = part_file(folder, partition)
    rows = pq.read_table(file)
    write_table(without_reasons_after(rows, last), file)
