"""Errors a user can cause and mend. Each says what, where, the value and the fix, and carries its exit code.

HoldfastError                 1  (never raised itself)
|-- UsageError                2  wrong call of a command
|-- ConfigError               3  the config file, or what it names, does not fit
|-- DataError                 4  the tables do not allow the step
|   |-- MissingFileError         a source file is not there
|   |-- MissingColumnError       a column is not there (with the nearest name)
|   |-- WrongTypeError           a value does not parse as its column's type
|   |-- DuplicateKeyError        a key occurs twice
|   |-- EmptyTableError          a table has no rows
|   |-- IncompleteWindowError    an outcome window reaches past the data
|   `-- OneClassError            nobody, or everybody, defected
|-- GateRefused               5  a check that must pass did not
`-- ModelMismatchError        6  the model does not fit the features
"""

import difflib
from collections.abc import Iterable
from datetime import datetime

LISTED = 20  # known names in one sentence


class HoldfastError(Exception):
    """A user error: `what` happened, `where`, with which `value`, and the `fix`.

    >>> print(HoldfastError("no such table", where="config.yaml: tables", value="complaint", fix="name it complaints"))
    config.yaml: tables: no such table: 'complaint'. name it complaints
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", value: object = None, fix: str = "") -> None:
        self.what, self.where, self.value, self.fix = what, where, value, fix
        place = f"{where}: " if where else ""
        shown = "" if value is None else f": {value!r}"
        super().__init__(f"{place}{what}{shown}. {fix}".strip())


class UsageError(HoldfastError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class ConfigError(HoldfastError):
    """The config does not describe something that can be run."""

    exit_code = 3


class DataError(HoldfastError):
    """The tables do not allow the step."""

    exit_code = 4


class GateRefused(HoldfastError):  # noqa: N818 - a refusal is not a fault
    """A check that has to pass before this step did not pass."""

    exit_code = 5


class ModelMismatchError(HoldfastError):
    """The model was trained on other features than the ones at hand."""

    exit_code = 6

    def __init__(self, part: str, *, trained: object, now: object, fix: str) -> None:
        super().__init__(f"{part} differs: trained with {trained}, now {now}", where="model", fix=fix)


class MissingFileError(DataError):
    """A source names a file that is not there."""

    def __init__(self, path: str, *, where: str) -> None:
        config = "" if where.startswith("--") else "; variables like ${HOLDFAST_DATA} are expanded"
        super().__init__("file not found", where=where, value=path, fix=f"Check the path{config}.")


class MissingColumnError(DataError):
    """A column is named that the source or table does not have."""

    def __init__(self, column: str, *, where: str, present: Iterable[str]) -> None:
        self.column = column
        names = sorted(present)
        super().__init__("column not found", where=where, value=column, fix=nearest(column, names))


class WrongTypeError(DataError):
    """A value does not parse as the type its column must have."""

    def __init__(self, *, where: str, value: object, dtype: str, row: int | None, count: int, hint: str = "") -> None:
        at = f"{where}, row {row}" if row is not None else where
        rows = "1 value is" if count == 1 else f"{count} values are"
        super().__init__(
            f"{rows} not a {dtype}, first",
            where=at,
            value=value,
            fix=hint or f"Mend the value or map another column to a {dtype}.",
        )


class DuplicateKeyError(DataError):
    """A key that must be unique occurs more than once."""

    def __init__(self, *, where: str, key: object, count: int) -> None:
        rows = "1 key occurs" if count == 1 else f"{count} keys occur"
        super().__init__(f"{rows} more than once, first", where=where, value=key, fix="Keep one row for each key.")


class EmptyTableError(DataError):
    """A table that is needed has no rows."""

    def __init__(self, table: str, *, where: str) -> None:
        super().__init__("the table has no rows", where=where, value=table, fix="Check the source and its filter.")


class IncompleteWindowError(DataError):
    """A training snapshot's outcome is not known yet at the end of the data."""

    def __init__(self, *, snapshot: datetime, known_by: datetime, data_until: datetime) -> None:
        super().__init__(
            f"the outcome of snapshot {snapshot:%Y-%m-%d} is known by {known_by:%Y-%m-%d}, "
            f"the data end at {data_until:%Y-%m-%d}",
            where="snapshots",
            fix="Choose an earlier `last` snapshot or a shorter horizon.",
        )


class OneClassError(DataError):
    """Training rows are all of one class, so nothing can be learned."""

    def __init__(self, *, where: str, rows: int, defected: int) -> None:
        super().__init__(
            f"{defected} of {rows} rows defected: both outcomes are needed",
            where=where,
            fix="Check the outcome's definition and the snapshots.",
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known name, or all of them, where they are not too many to read.

    >>> nearest("customer", ["customer_id", "amount"])
    'Did you mean customer_id?'
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    listed = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
    return f"Did you mean {close[0]}?" if close else f"Known: {listed or 'none'}."
