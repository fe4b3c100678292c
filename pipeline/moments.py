"""Which snapshots a config means: its own dates, or the first and last that the data allow."""

import sys
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from features.errors import DataError, UsageError
from features.history import known_at, quoted
from models.outcomes import known_by, refuse_incomplete
from models.snapshots import Split, backtest, schedule, time_split
from pipeline.config.root import Config
from pipeline.prepare import Prepared
from pipeline.sources import one_row

HISTORY_DAYS = 365
SAID_BY = {
    "cancel": "defections",
    "contract_end": "contracts",
    "lapse": "transactions",
    "rhythm": "transactions",
    "backslide": "transactions",
}


def moments(config: Config, data: Prepared) -> Split:
    """Train and test snapshots. Flat data have one nominal moment, which is both: folds separate them.

    Raises IncompleteWindowError for a snapshot whose outcome is not known in the data, ConfigError where none is left.
    """
    every = all_moments(config, data)
    if config.flat:
        return Split(every, every)
    wanted = config.snapshots
    count = None if wanted.test_from else wanted.test_snapshots
    return time_split(
        every,
        config.outcome,
        test_from=wanted.test_from,
        test_snapshots=count,
        gap_days=config.validation.gap_days,
    )


def test_periods(config: Config, data: Prepared, last: Split) -> tuple[Split, ...]:
    """The periods of the backtest in order of time, the last one being `last`; flat data have that one only."""
    if config.flat or config.validation.periods == 1:
        return (last,)
    tested = config.validation
    every = all_moments(config, data)
    return backtest(every, config.outcome, last, periods=tested.periods, gap_days=tested.gap_days)


def all_moments(config: Config, data: Prepared) -> tuple[datetime, ...]:
    """Every snapshot of the config, also those between training and test."""
    if config.flat:
        return (datetime.combine(nominal_day(config), time()),)
    wanted = config.snapshots
    every = schedule(wanted.first or _first(config, data), wanted.last or _last(config, data), wanted.every)
    refuse_incomplete(config.outcome, every, data.data_until)
    return every


def nominal_day(config: Config) -> date:
    """The day that stands for the moment of a flat file."""
    return config.data_until or date.today()


def scoring_moment(config: Config, data: Prepared, as_of: str | None) -> datetime:
    """The snapshot to score at: as asked, or the end of the records."""
    if as_of is None:
        return datetime.combine(nominal_day(config), time()) if config.flat else data.data_until
    moment = asked_moment(as_of, config)
    if moment > data.data_until and not config.flat:
        # Silence after the records end is no sign of leaving, but every feature would take it for one.
        until = f"{data.data_until:%Y-%m-%d}"
        print(
            f"warning: --as-of {as_of} lies after the records end ({until}): scores see silence there", file=sys.stderr
        )
    return moment


def refuse_nobody(use: str, days: Sequence[datetime]) -> NoReturn:
    """Raises DataError: at the snapshots that are used for this, nobody was at risk with a known outcome."""
    span = f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    fix = "holdfast check shows who is at risk when: choose other snapshots (first, last), or mend the outcome."
    raise DataError(f"nobody was at risk at the {use} snapshots", where="snapshots", value=span, fix=fix)


def asked_moment(as_of: str, config: Config) -> datetime:
    """The moment that `--as-of` means, in the config's zone. Raises UsageError for what is no ISO date."""
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        raise UsageError("is not an ISO date", where="--as-of", value=as_of, fix="Write it as 2025-01-31.") from None
    return moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(config.timezone)).replace(tzinfo=None)


def _first(config: Config, data: Prepared) -> date:
    """The first day of the month after a year of records of what the outcome is read from."""
    shape = data.shapes.get(SAID_BY[config.outcome.kind])
    if shape is None:
        return data.data_until.date()
    with data.connect() as con:
        start = one_row(con, f"SELECT min({known_at(shape)}) FROM {quoted(shape.name)} e")[0]
    return _month_start(start + timedelta(days=HISTORY_DAYS + 30))


def _last(config: Config, data: Prepared) -> date:
    """The last first-of-month whose outcome is known when the records end."""
    length = known_by(config.outcome, data.data_until) - data.data_until
    return _month_start(data.data_until - length)


def _month_start(moment: datetime) -> date:
    return moment.date().replace(day=1)
