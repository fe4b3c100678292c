"""Moments of truth of the user's own: rows of an event table that meet a condition."""

from collections.abc import Mapping

import duckdb

from features.errors import ConfigError, nearest
from features.history import quoted
from features.schema import TableShape
from pipeline.diagnosis.settings import Moment
from pipeline.duckdb_errors import sentence


def own_moment(name: str, moment: Moment, shapes: Mapping[str, TableShape]) -> str:
    """SQL of a moment's column list and table, customer_id and met_at. Raises ConfigError for the table."""
    shape, where = shapes.get(moment.table), f"diagnosis.moments.{name}"
    if shape is None:
        raise ConfigError("no such table", where=where, value=moment.table, fix=nearest(moment.table, shapes))
    if shape.time is None:
        raise ConfigError("has no time", where=where, value=moment.table, fix="Name an event table.")
    # The line break ends a comment in the condition.
    return f"customer_id, {quoted(shape.time)} AS met_at FROM {quoted(moment.table)} WHERE ({moment.where}\n)"


def require_moments(
    con: duckdb.DuckDBPyConnection, moments: Mapping[str, Moment], shapes: Mapping[str, TableShape], *, run: bool
) -> None:
    """Raises ConfigError for a moment whose table or condition does not fit the tables in `con`.

    Only a `run` over the rows finds a cast that fails; without, the names and types in the condition are looked at.
    """
    for name, moment in moments.items():
        sql = f"SELECT count(*) FROM (SELECT {own_moment(name, moment, shapes)})"
        try:
            con.execute(sql if run else f"EXPLAIN {sql}").fetchall()
        except duckdb.Error as error:
            where = f"diagnosis.moments.{name}.where"
            raise ConfigError("does not run", where=where, value=moment.where, fix=sentence(error)) from None
