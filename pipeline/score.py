"""`holdfast score`: one row for each customer asked for, in the order asked: status, risk, type, loss, reasons."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from features.engine import compute
from features.errors import DataError, ModelMismatchError
from features.fingerprint import fingerprint
from features.history import History, quoted
from models.arrays import FloatArray
from models.at_risk import status_sql
from models.outcome_kinds import GivenColumn
from models.predictor import Predictor
from pipeline import tracking
from pipeline.artefact import Manifest, read
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.customer_list import read_list
from pipeline.explained import Explained, explaining, worth_of
from pipeline.files import writable_parent
from pipeline.matrix import FeaturePlan, planned
from pipeline.moments import scoring_moment
from pipeline.prepare import Prepared, prepared, snapshot_table
from pipeline.score_file import COLUMNS, refuse_suffix, write_scores


@dataclass(frozen=True)
class Model:
    """A loaded model and the name of its version."""

    predictor: Predictor
    manifest: Manifest
    version: str


@dataclass(frozen=True)
class Scored:
    """What `holdfast score` did."""

    out: Path
    as_of: datetime
    model_version: str
    statuses: Mapping[str, int]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Counts by status, speed and path."""
        rows = sum(self.statuses.values())
        return {
            "out": str(self.out),
            "as_of": self.as_of.isoformat(),
            "model_version": self.model_version,
            "rows": rows,
            "statuses": dict(self.statuses),
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(rows / self.seconds, 1) if self.seconds else None,
        }

    def as_text(self) -> str:
        """Two lines for the terminal."""
        counts = ", ".join(f"{count:,} {status}" for status, count in self.statuses.items())
        return (
            f"holdfast score: {sum(self.statuses.values()):,} customers as of {self.as_of:%Y-%m-%d} "
            f"with {self.model_version}: {counts}\n"
            f"wrote {self.out} in {self.seconds:.1f} s"
        )


def score(
    path: Path,
    out: Path,
    *,
    customers: Path | None = None,
    as_of: str | None = None,
    model: str = tracking.CHAMPION,
    reasons: str | None = None,
) -> Scored:
    """Score a customer list (default: all customers) and write it to `out` (.parquet or .csv).

    `reasons` says who gets them: `all`, `none`, or so many with the largest expected loss (default: the config's
    `reasons.customers`). Raises UsageError, DataError, ModelMismatchError; nothing is written then.
    """
    started = time.perf_counter()
    refuse_suffix(out)
    writable_parent(out)
    config = load(path)
    explained = explaining(config.reasons, reasons)
    asked = read_list(customers) if customers else None
    with tempfile.TemporaryDirectory() as scratch:
        loaded = fetch(config, model, Path(scratch))
    with prepared(config) as data:
        moment = scoring_moment(config, data, as_of)
        features = fitting_features(loaded, data).at(data, [moment])
        scored = pa.concat_tables(
            data.each_partition(lambda part: _partition(config, data, features, loaded, moment, asked, part, explained))
        )
    more = loaded.predictor.horizon_columns
    rows = explained.only_largest(in_order(scored, asked, moment, more))
    _say_unknown(rows)
    write_scores(rows, out, loaded.version, loaded.manifest.feature_fingerprint, more)
    statuses = dict(sorted(Counter(rows.column("status").to_pylist()).items()))
    return Scored(out, moment, loaded.version, statuses, time.perf_counter() - started)


def fetch(config: Config, wanted: str, scratch: Path) -> Model:
    """The registered model of a config: 'champion', 'challenger' or a version number."""
    version, folder = tracking.fetch(tracking.store_of(config), wanted, scratch)
    return Model(*read(folder), f"{config.name}/{version}")


def fitting_features(model: Model, data: Prepared) -> FeaturePlan:
    """The features of the model's own settings on these tables. Raises ModelMismatchError where the code differs."""
    features = planned(model.manifest.settings, data)
    now, trained = fingerprint(features.groups, features.settings), model.manifest.feature_fingerprint
    if now != trained:
        fix = "The feature code or the tables' columns changed since: train again, or go back to that version."
        raise ModelMismatchError("feature fingerprint", trained=trained[:16], now=now[:16], fix=fix)
    return features


def _partition(
    config: Config,
    data: Prepared,
    features: FeaturePlan,
    model: Model,
    moment: datetime,
    asked: pa.Table | None,
    partition: int,
    explained: Explained,
) -> pa.Table:
    """Status, features, prediction and reasons of one partition, with no matrix left behind."""
    with data.connect(partition) as con:
        _snapshots(con, moment, asked)
        con.execute(f"CREATE TABLE standing AS {status_sql(config.outcome, History(data.shapes))}")
        others = con.sql(
            "SELECT customer_id, status FROM snapshots JOIN standing USING (rid) WHERE status <> 'at_risk' ORDER BY rid"
        ).to_arrow_table()
        con.execute("DELETE FROM snapshots WHERE rid NOT IN (SELECT rid FROM standing WHERE status = 'at_risk')")
        matrix = compute(con, features.groups)
        value = known_value(con, config)
    at_risk = predicted(model.predictor, matrix, value, explained)
    return pa.concat_tables([at_risk, others], promote_options="default")


def _snapshots(con: duckdb.DuckDBPyConnection, moment: datetime, asked: pa.Table | None) -> None:
    if asked is not None:
        con.register("asked_list", asked)
        con.execute(
            "CREATE TABLE asked AS SELECT customer_id FROM customers "
            "WHERE customer_id IN (SELECT customer_id FROM asked_list)"
        )
        con.unregister("asked_list")
    con.execute(snapshot_table("asked" if asked is not None else "customers", [moment]))


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


def in_order(scored: pa.Table, asked: pa.Table | None, moment: datetime, more: Sequence[str] = ()) -> pa.Table:
    """One row for each customer asked for, in that order; who is in no table is `not_found`.

    Kept are the score file's columns, and those in `more`.
    """
    with duckdb.connect() as con:
        con.register("scored", scored)
        con.register("asked", asked if asked is not None else pa.table({"customer_id": pa.array([], pa.string())}))
        moment_sql = f"TIMESTAMP '{moment.isoformat(sep=' ')}' AS as_of"
        columns = ", ".join(
            column
            for column in (*COLUMNS, *more)
            if column in scored.column_names and column not in ("customer_id", "status")
        )
        if asked is None:
            sql = f"SELECT customer_id, {moment_sql}, status, {columns} FROM scored ORDER BY customer_id"
        else:
            sql = (
                f"SELECT a.customer_id, {moment_sql}, coalesce(status, 'not_found') AS status, {columns} "
                "FROM asked a LEFT JOIN scored s ON s.customer_id = a.customer_id ORDER BY a.position"
            )
        return con.sql(sql).to_arrow_table()


def _say_unknown(rows: pa.Table) -> None:
    """Unknown ids are rows with a status, not an error; all of them unknown means the wrong list or column."""
    statuses: Sequence[str] = rows.column("status").to_pylist()
    unknown = [i for i, status in enumerate(statuses) if status == "not_found"]
    if not unknown:
        return
    first = rows.column("customer_id")[unknown[0]].as_py()
    if len(unknown) == len(statuses):
        fix = "Check that the list holds the same ids as the table customers."
        raise DataError("none of the ids is a customer, first", where="--customers", value=first, fix=fix)
    print(f"warning: {len(unknown)} ids are not in customers, first {first!r}: status not_found", file=sys.stderr)
