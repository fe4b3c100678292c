"""What a score table must hold before anything is planned from it: numbers where numbers belong, and known statuses."""

from typing import Any

import numpy as np
import pandas as pd

from features.errors import DataError, WrongTypeError, nearest
from features.schema import DEFECTION_TYPES
from models.at_risk import STATUSES

SHARES = ("risk", *(f"type_{name}" for name in DEFECTION_TYPES))
KNOWN = (*STATUSES, "not_found")
MONEY = ("loss_if_defect", "expected_loss", "loss_profit")
NUMBERS = (*SHARES, *MONEY)
FIX = "Take the file that score wrote."
SLACK = 1e-6  # a share may miss its bounds by rounding


def checked(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """The table with numbers and times as such.

    Raises WrongTypeError for what does not parse, DataError for a row without an id, a time with a zone, a share
    outside 0 to 1, money without end, a status that is none, and for a customer at risk without a risk.
    """
    _refuse_missing_ids(frame["customer_id"], where)
    found = {name: _numbers(frame, name, where) for name in NUMBERS if name in frame}
    frame = frame.assign(**found, as_of=_times(frame["as_of"], where))
    for name in SHARES:
        if name in frame:
            outside = ~frame[name].between(-SLACK, 1 + SLACK) & frame[name].notna()
            _refuse(frame, outside, name, where, "is no share between 0 and 1")
    for name in MONEY:
        if name in frame:
            _refuse(frame, frame[name].abs() == np.inf, name, where, "is not an amount of money")
    unknown = frame.loc[~frame["status"].isin(KNOWN), "status"]
    if len(unknown):
        fix = nearest(str(unknown.iloc[0]), KNOWN)
        raise DataError(f"{len(unknown)} rows have no known status, first", where=where, value=unknown.iloc[0], fix=fix)
    without = frame.loc[(frame["status"] == "at_risk") & frame["risk"].isna(), "customer_id"]
    if len(without):
        fix = "Score again, or leave them out."
        raise DataError(f"{len(without)} at risk have no risk, first", where=where, value=without.iloc[0], fix=fix)
    return frame


def _refuse_missing_ids(ids: "pd.Series[str]", where: str) -> None:
    missing = (ids.isna() | (ids == "")).to_numpy(dtype=bool)
    if missing.any():
        rows = "1 row has" if missing.sum() == 1 else f"{missing.sum()} rows have"
        place = f"{where}: customer_id, row {int(missing.argmax()) + 1}"
        raise DataError(f"{rows} no id", where=place, fix=FIX)


def _numbers(frame: pd.DataFrame, name: str, where: str) -> "pd.Series[float]":
    given = frame[name]
    found = pd.to_numeric(given, errors="coerce").astype("float64")
    _refuse_unparsed(given, found.isna(), "number", f"{where}: {name}")
    return found


def _times(given: "pd.Series[str]", where: str) -> "pd.Series[pd.Timestamp]":
    """Without a zone, as score writes them: in that of the config."""
    zoned = next((value for value in given.dropna().unique() if _has_zone(value)), None)
    if zoned is not None:
        row = int((given == zoned).to_numpy(dtype=bool).argmax()) + 1
        raise DataError("has a zone", where=f"{where}: as_of, row {row}", value=str(zoned), fix=FIX)
    found = pd.to_datetime(given, errors="coerce", format="ISO8601")
    _refuse_unparsed(given, found.isna(), "date", f"{where}: as_of")
    return found


def _has_zone(value: Any) -> bool:
    try:
        return pd.Timestamp(value).tzinfo is not None
    except ValueError:
        return False


def _refuse_unparsed(given: "pd.Series[str]", absent: "pd.Series[bool]", dtype: str, where: str) -> None:
    wrong = given[absent & given.notna()]
    if len(wrong):
        row = int(np.flatnonzero(absent & given.notna())[0]) + 1
        raise WrongTypeError(where=where, value=wrong.iloc[0], dtype=dtype, row=row, count=len(wrong))


def _refuse(frame: pd.DataFrame, wrong: "pd.Series[bool]", name: str, where: str, what: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(what, where=f"{where}: {name}, row {row + 1}", value=float(frame[name].iloc[row]), fix=FIX)
