"""Times and zones: a time with a zone is converted to the config's, a time without is taken in it.

The zone of the machine plays no part: every connection to DuckDB is told the config's (`use_zone`).
"""

import re
from zoneinfo import ZoneInfo

import duckdb

from features.levels import literal

ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
# After the hour and minute: Z, an offset, or the name of a zone.
NAMES_ZONE = r"\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?|\s[A-Za-z]+(/\S+)?)$"


def use_zone(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Take times without a zone in `zone` on this connection, also where a column or a user's SQL mixes both kinds."""
    con.execute(f"SET TimeZone = {_name(zone)}")


def has_zone(date_format: str | None) -> bool:
    """Whether times in this format say their zone.

    >>> has_zone("%d/%m/%Y %H:%M%z"), has_zone("%d/%m/%Y %%z")
    (True, False)
    """
    return date_format is not None and re.search("%[zZ]", date_format.replace("%%", "")) is not None


def as_time(raw: str, found: str, date_format: str | None, zone: str) -> str:
    """SQL for a raw column of DuckDB's type `found` as a TIMESTAMP in `zone`, NULL where it does not parse."""
    if found in ZONED:
        return _local(f"CAST({raw} AS TIMESTAMPTZ)", zone)
    if found != "VARCHAR":
        return f"TRY_CAST({raw} AS TIMESTAMP)"
    if date_format:
        parsed = f"try_strptime({raw}, {literal(date_format)})"
        return _local(parsed, zone) if has_zone(date_format) else f"CAST({parsed} AS TIMESTAMP)"
    # The cast knows "+00:00" right behind the time only.
    shifted = _local(f"TRY_CAST(regexp_replace({raw}, '\\s+([+-])', '\\1') AS TIMESTAMPTZ)", zone)
    return (
        f"CASE WHEN regexp_matches({raw}, {literal(NAMES_ZONE)}) THEN {shifted} ELSE TRY_CAST({raw} AS TIMESTAMP) END"
    )


def _local(zoned: str, zone: str) -> str:
    return f"CAST({zoned} AT TIME ZONE {_name(zone)} AS TIMESTAMP)"


def _name(zone: str) -> str:
    return literal(ZoneInfo(zone).key)
