"""Which customer columns to compare by."""

from collections.abc import Mapping

import duckdb

from features.errors import MissingColumnError
from features.history import quoted
from features.schema import TableShape
from pipeline.config.root import Config

MOST_LEVELS = 12
MOST_SEGMENTS = 4
# Contact rules and ids say how to reach a customer, not what kind of customer it is.
NOT_A_KIND = frozenset({"customer_id", "preferred_channel", "consent", "do_not_contact"})


def segments(con: duckdb.DuckDBPyConnection, config: Config, shapes: Mapping[str, TableShape]) -> tuple[str, ...]:
    """The config's segments, or text columns of `customers` with few levels, `kind` first.

    Raises MissingColumnError for a segment that is no column.
    """
    columns = shapes["customers"].columns
    if config.diagnosis.segments is not None:
        for name in config.diagnosis.segments:
            if name not in columns:
                raise MissingColumnError(name, where="diagnosis.segments", present=columns)
        return config.diagnosis.segments
    hidden = NOT_A_KIND | config.label_columns
    texts = [name for name, dtype in columns.items() if dtype == "text" and name not in hidden]
    texts.sort(key=lambda name: name != "kind")
    return tuple(_few_levels(con, texts))[:MOST_SEGMENTS]


def _few_levels(con: duckdb.DuckDBPyConnection, columns: list[str]) -> list[str]:
    if not columns:
        return []
    counts = ", ".join(f"count(DISTINCT {quoted(name)})" for name in columns)
    (found,) = con.execute(f"SELECT {counts} FROM customers").fetchall()
    return [name for name, levels in zip(columns, found, strict=True) if 2 <= levels <= MOST_LEVELS]
