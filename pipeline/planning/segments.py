"""Which customers belong to the segments of the config, as bounds on the choice."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import ConfigError, nearest
from pipeline.planning.segment_settings import Segment, Value

Bools = npt.NDArray[np.bool_]
MOMENT = "moment"


@dataclass(frozen=True)
class Bound:
    """Fewest (`floor`) or most customers of a segment; `member` (customers,) are those who count."""

    name: str
    member: Bools
    size: int
    floor: bool


def bounds(segments: tuple[Segment, ...], traits: pd.DataFrame, moments: Mapping[str, Bools]) -> tuple[Bound, ...]:
    """Caps and floors in the order of the config.

    `traits` (customers, columns) is what is known about each customer; `moments` are masks by name. Raises
    `ConfigError` for a column or moment that there is not.
    """
    found = []
    for segment in segments:
        member = _members(segment, traits, moments)
        if segment.at_most is not None:
            found.append(Bound(f"segment {segment.name} at most", member, segment.at_most, floor=False))
        if segment.at_least is not None:
            found.append(Bound(f"segment {segment.name} at least", member, segment.at_least, floor=True))
    return tuple(found)


def _members(segment: Segment, traits: pd.DataFrame, moments: Mapping[str, Bools]) -> Bools:
    member = np.ones(len(traits), dtype=bool)
    for column, values in segment.where.items():
        where = f"plan.segments: {segment.name}"
        if column == MOMENT:
            member &= _in_a_moment(values, len(traits), moments, where)
        elif column in traits:
            member &= _matches(traits[column], values)
        else:
            raise ConfigError("no such column", where=where, value=column, fix=nearest(column, list(traits.columns)))
    return member


def _in_a_moment(values: tuple[Value, ...], customers: int, moments: Mapping[str, Bools], where: str) -> Bools:
    member = np.zeros(customers, dtype=bool)
    for value in values:
        if value not in moments:
            raise ConfigError("no such moment", where=where, value=value, fix=nearest(str(value), list(moments)))
        member |= moments[str(value)]
    return member


def _matches(column: pd.Series, values: tuple[Value, ...]) -> Bools:
    """Numbers are compared as numbers, everything else by its text."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        wanted = [str(value).lower() for value in values]
        return column.astype("str").str.lower().isin(wanted).fillna(False).to_numpy(dtype=bool)
    numbers = pd.to_numeric(pd.Series([str(value) for value in values]), errors="coerce").dropna().tolist()
    return column.isin(numbers).fillna(False).to_numpy(dtype=bool)
