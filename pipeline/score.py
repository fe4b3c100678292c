"""`holdfast score`: one row for each customer asked for, in the order asked: status, risk, type, loss, reasons."""

import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import DataError, ModelMismatchError
from features.fingerprint import fingerprint
from pipeline import tracking
from pipeline.artefact import read
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.customer_list import place, read_list
from pipeline.explained import explaining
from pipeline.files import whole_folder, writable_file, writable_parent
from pipeline.matrix import FeaturePlan, planned
from pipeline.moments import scoring_moment
from pipeline.postgres import Sinks
from pipeline.prepare import Prepared, prepared
from pipeline.score_file import is_folder, refuse_suffix, write_table
from pipeline.scoring import POSITION, Counted, Model, ScoringPass, counted, keep_largest, parts_of

# constants of the report's profit curve, which no score depends on
PROFIT_ONLY = frozenset({"incentive_cost", "contact_cost", "customer_value", "accept_alpha", "accept_beta"})


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
    """Score a customer list (default: all customers) and write it to `out`.

    `out` is a file (.parquet or .csv) in the order asked, or, without a suffix, a new folder of Parquet parts, each
    written by who computed it: for lists that are larger than the memory. `reasons` says who gets them: `all`, `none`,
    or so many with the largest expected loss (default: the config's `reasons.customers`). Raises UsageError, DataError,
    ModelMismatchError; nothing is written then.
    """
    started = time.perf_counter()
    refuse_suffix(out)
    (writable_parent if is_folder(out) else writable_file)(out)
    config = load(path)
    explained = explaining(config.reasons, reasons)
    asked = read_list(customers) if customers else None
    with tempfile.TemporaryDirectory() as scratch:
        loaded = fetch(config, model, Path(scratch))
    refuse_other_outcome(config, loaded)
    _say_other_money(config, loaded)
    with prepared(config) as data:
        moment = scoring_moment(config, data, as_of)
        features = fitting_features(loaded, data).at(data, [moment])
        if asked is not None:
            place(asked, data)
        work = ScoringPass(config, data, features, loaded, moment, asked is not None, explained)
        found = _to_folder(work, out) if is_folder(out) else _to_file(work, out)
    if not found.statuses.get("at_risk"):
        print(f"warning: nobody is at risk as of {moment:%Y-%m-%d}: no row has a risk", file=sys.stderr)
    return Scored(out, moment, loaded.version, dict(sorted(found.statuses.items())), time.perf_counter() - started)


def _to_file(work: ScoringPass, out: Path) -> Counted:
    """One file, in the order asked."""
    rows = pa.concat_tables(work.data.each_partition(work.rows), promote_options="default")
    rows = rows.sort_by(POSITION if work.listed else "customer_id")
    found = counted(rows)
    _say_unknown(found)
    named = work.named(work.explained.only_largest(rows))
    with Sinks(work.config.sinks.of("scores")) as sinks:
        sinks.send("scores", named)
        write_table(named, out)
    return found


def _to_folder(work: ScoringPass, out: Path) -> Counted:
    """A file for each partition, all of them or none."""
    with whole_folder(out.resolve()) as folder:
        found = sum(work.data.each_partition(partial(work.write, folder)), Counted())
        _say_unknown(found)
        keep_largest(work, folder)
        with Sinks(work.config.sinks.of("scores")) as sinks:
            for part in parts_of(work, folder) if work.config.sinks.scores else ():
                sinks.send("scores", pq.read_table(part))
    return found


def refuse_other_outcome(config: Config, model: Model) -> None:
    """Raises ModelMismatchError where the config asks for another outcome than the model was trained for."""
    trained, now = model.manifest.config["outcome"], config.public()["outcome"]
    names = [name for name in trained if trained[name] != now.get(name)]
    if names:
        fix = "Use the config that the model was trained with, or train again."
        raise ModelMismatchError(f"outcome.{names[0]}", trained=trained[names[0]], now=now.get(names[0]), fix=fix)


def _say_other_money(config: Config, model: Model) -> None:
    """The losses go by the constants that the model was trained with."""
    trained, now = model.manifest.config["money"], config.public()["money"]
    for name in sorted(trained.keys() - PROFIT_ONLY):
        before, given = (_figures(constants.get(name)) for constants in (trained, now))
        if before != given:
            print(
                f"warning: money.{name} differs: trained with {before}, now {given}; the losses go by what "
                f"{model.version} was trained with: train again to change them",
                file=sys.stderr,
            )


def _figures(constant: Any) -> Any:
    """A constant without its source and status."""
    if not isinstance(constant, Mapping):
        return constant
    return constant.get("value", f"{constant.get('low')} to {constant.get('high')}")


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


def _say_unknown(found: Counted) -> None:
    """Unknown ids are rows with a status, not an error; all of them unknown means the wrong list or column."""
    if found.unknown is None:
        return
    first, unknown = found.unknown[1], found.statuses["not_found"]
    if unknown == sum(found.statuses.values()):
        fix = "Check that the list holds the same ids as the table customers."
        raise DataError("none of the ids is a customer, first", where="--customers", value=first, fix=fix)
    print(f"warning: {unknown} ids are not in customers, first {first!r}: status not_found", file=sys.stderr)
