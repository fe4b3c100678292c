"""`holdfast diagnose`: how bad it is, why, and what it costs, from the company's own events."""

from datetime import datetime, time
from pathlib import Path

import duckdb

from features.errors import DataError
from features.history import known_at, quoted
from models.outcomes import known_by
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.diagnosis.gather import gather
from pipeline.diagnosis.own_moments import require_moments
from pipeline.diagnosis.page.render import render
from pipeline.diagnosis.periods import period_at, settled_periods
from pipeline.diagnosis.result import Diagnosis
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.sections import MAKERS
from pipeline.diagnosis.segments import segments
from pipeline.files import whole_folder, write_whole
from pipeline.moments import asked_moment
from pipeline.prepare import Prepared, prepared
from pipeline.sources import one_row


def diagnose(path: Path | str, as_of: str | None = None, *, with_names: bool = False) -> Diagnosis:
    """Diagnose a config's data as they were known at `as_of` (ISO date).

    Default: the end of the records or, where the config's `snapshots.last` says until when labels are honest, the day
    on which the outcome of that snapshot was known. `with_names` puts customer ids to the largest cases.

    Raises ConfigError and DataError for what does not fit, UsageError for an `as_of` that is no date.
    """
    config = load(path)
    with prepared(config) as data:
        scope = _scope(config, data, _moment(config, data, as_of), with_names)
        questions = [question for maker in MAKERS for question in maker.questions(scope)]
        answers = gather(data, scope, questions)
        sections = tuple(maker.section(scope, answers) for maker in MAKERS)
        return Diagnosis(config.name, config.outcome.kind, scope.as_of, _facts(scope, data), sections)


def write_page(found: Diagnosis, target: Path, language: str = "en") -> None:
    """Write the diagnosis as one self-contained HTML page. Raises UsageError for a language there are no words of."""
    write_whole(target, render(found, language).encode("utf-8"))


def write_tables(found: Diagnosis, folder: Path) -> None:
    """Write every table as `<section>_<table>.parquet` into a new or empty folder.

    Raises UsageError where the folder holds something already.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with whole_folder(folder) as place:
        for section in found.sections:
            for name, rows in section.tables.items():
                if rows:
                    pq.write_table(pa.Table.from_pylist(rows), place / f"{section.name}_{name}.parquet")


def _scope(config: Config, data: Prepared, as_of: datetime, with_names: bool) -> Scope:
    with data.connect() as con:
        require_moments(con, config.diagnosis.moments, data.shapes, run=not data.distributed)
        chosen = segments(con, config, data.shapes)
        earliest = _earliest(con, config, data)
    settings = config.diagnosis
    periods = (
        ()
        if config.flat
        else settled_periods(settings.period, settings.periods, config.outcome, earliest=earliest, as_of=as_of)
    )
    features = config.feature_settings()
    return Scope(
        config.outcome, data.shapes, settings, config.money, features.limits, features.quick_hours, as_of, periods,
        chosen, with_names,
    )  # fmt: skip


def _moment(config: Config, data: Prepared, as_of: str | None) -> datetime:
    if as_of is not None:
        moment = asked_moment(as_of, config)
        if moment > data.data_until and not config.flat:
            # silence after the records end would pass for customers who stay, or for customers who left
            until = f"{data.data_until:%Y-%m-%d}"
            raise DataError(
                f"lies after the records end ({until})", where="--as-of", value=as_of, fix=f"Take {until} or earlier."
            )
        return moment
    last = config.snapshots.last
    if last is None or config.flat:
        return data.data_until
    return min(data.data_until, known_by(config.outcome, datetime.combine(last, time())))


def _facts(scope: Scope, data: Prepared) -> dict[str, object]:
    return {
        "rows": dict(data.rows),
        "periods": [{"name": p.name, "start": p.start, "end": p.end} for p in scope.periods],
        "segments": list(scope.segments),
        "horizon_days": scope.outcome.horizon_days,
        "data_until": data.data_until,
    }


def _earliest(con: duckdb.DuckDBPyConnection, config: Config, data: Prepared) -> datetime:
    """Where rates may begin: at the config's first snapshot, else a base period after the first event."""
    if config.snapshots.first is not None:
        return datetime.combine(config.snapshots.first, time())
    timed = [(name, shape) for name, shape in data.shapes.items() if shape.time]
    firsts = [one_row(con, f"SELECT min({known_at(shape)}) FROM {quoted(name)} e")[0] for name, shape in timed]
    first = min((moment for moment in firsts if moment is not None), default=data.data_until)
    return period_at(config.diagnosis.period, first, config.diagnosis.base_periods).start
