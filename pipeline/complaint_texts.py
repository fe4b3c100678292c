"""What complaints are about, learned from their words: from those whose cause was known before the first snapshot."""

import sys
from collections.abc import Mapping
from datetime import datetime

import duckdb

from features.builders import chosen
from features.history import History
from features.schema import TableShape
from features.spec import FeatureSettings
from features.text import COLUMN, SOURCE, Text
from features.text_model import TextModel

MOST_COMPLAINTS = 20_000  # the latest ones; more add seconds and little else


def learned_texts(
    con: duckdb.DuckDBPyConnection, shapes: Mapping[str, TableShape], settings: FeatureSettings, until: datetime
) -> TextModel | None:
    """The classifier of complaint texts known with their cause before `until`; None, with a notice, where none can be.

    `con` holds all customers' tables. The model depends on those complaints alone, not on the order of their rows.
    """
    if SOURCE not in shapes or not any(isinstance(builder, Text) for builder in chosen(settings.groups)):
        return None
    history = History(shapes)
    missing = [column for column in (COLUMN, "cause") if not history.has(SOURCE, column)]
    model = None if missing else _fitted(con, history, until)
    if model is None:
        few = f"too few complaints with text and cause before {until:%Y-%m-%d}"
        _notice(f"complaints have no column {' and no column '.join(missing)}" if missing else few)
    return model


def _fitted(con: duckdb.DuckDBPyConnection, history: History, until: datetime) -> TextModel | None:
    from models.text import fit_text_model

    known = history.known_until(SOURCE, (COLUMN, "cause", "opened_at"), until)
    latest = f"SELECT * FROM ({known}) ORDER BY opened_at DESC, text, cause LIMIT {MOST_COMPLAINTS}"
    rows = con.execute(latest).fetchall()
    return fit_text_model([row[0] for row in rows], [row[1] for row in rows])


def _notice(reason: str) -> None:
    print(f"notice: no features from the words of complaints: {reason}", file=sys.stderr)
