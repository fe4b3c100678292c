"""Why this customer: the columns that raise the risk most, with the customer's value, in words.

Effects are contributions in log-odds relative to the average training customer; they add up to the score exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from models.arrays import FloatArray, IntArray
from models.matrix import Columns

REASON = pa.struct([("feature", pa.string()), ("value", pa.string()), ("effect", pa.float64()), ("text", pa.string())])
# One template a language; {meaning}, {value} and {unit} come from the catalogue.
TEMPLATES = {"en": {"known": "{meaning}: {value}{unit}", "missing": "{meaning}: none or not known"}}
NO_UNIT = frozenset({"", "category", "as given", "money", "probability", "share", "ratio"})


@dataclass(frozen=True)
class Wording:
    """What the catalogue says about one column."""

    meaning: str
    unit: str = ""

    def text(self, value: str | None, language: str = "en") -> str:
        """The reason as a short phrase.

        >>> Wording("complaints opened", "complaints").text("3")
        'complaints opened: 3 complaints'
        """
        if value is None:
            return TEMPLATES[language]["missing"].format(meaning=self.meaning)
        unit = "" if self.unit in NO_UNIT else f" {self.unit}"
        return TEMPLATES[language]["known"].format(meaning=self.meaning, value=value, unit=unit)


def top_reasons(
    contributions: FloatArray,
    X: FloatArray,
    columns: Columns,
    wordings: Mapping[str, Wording],
    *,
    top: int = 5,
    language: str = "en",
) -> pa.ListArray:
    """One list a row of at most `top` reasons {feature, value, effect, text}, largest effect first.

    `contributions` (rows, columns + 1) in log-odds with the base last, `X` (rows, columns) as encoded. Only effects
    that raise the risk are reasons for it; a row where none does has an empty list.
    """
    effects = contributions[:, :-1]
    best = _largest(effects, min(top, effects.shape[1]))
    chosen = np.take_along_axis(effects, best, axis=1)
    raising = chosen > 0
    written = _Writer(columns, wordings, language).all(best[raising], np.take_along_axis(X, best, axis=1)[raising])
    parts = [
        pa.array([columns.names[i] for i in best[raising].tolist()], pa.string()),
        pa.array([value for value, _ in written], pa.string()),
        pa.array(chosen[raising]),
        pa.array([text for _, text in written], pa.string()),
    ]
    offsets = np.concatenate([[0], np.cumsum(raising.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(parts, fields=list(REASON)))


def shown_value(value: float, levels: Sequence[str] | None) -> str | None:
    """A cell as a person would write it: the level of a category, a number with three significant digits.

    >>> shown_value(12.0, None), shown_value(0.12345, None), shown_value(1.0, ["web", "post"])
    ('12', '0.123', 'post')
    """
    if np.isnan(value):
        return None
    if levels is not None:
        return levels[int(value)]
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _largest(effects: FloatArray, top: int) -> IntArray:
    """Positions of the `top` largest effects of each row, largest first; equal effects in column order."""
    if top < effects.shape[1]:
        some = np.sort(np.argpartition(-effects, top - 1, axis=1)[:, :top], axis=1)
    else:
        some = np.broadcast_to(np.arange(effects.shape[1]), effects.shape)
    order = np.argsort(-np.take_along_axis(effects, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


@dataclass(frozen=True)
class _Writer:
    """Writes values and texts; each distinct pair of column and value once."""

    columns: Columns
    wordings: Mapping[str, Wording]
    language: str

    def all(self, positions: IntArray, cells: FloatArray) -> list[tuple[str | None, str]]:
        seen: dict[tuple[int, str], tuple[str | None, str]] = {}
        written = []
        for position, cell in zip(positions.tolist(), cells.tolist(), strict=True):
            key = (position, repr(cell))  # repr, because NaN is not equal to itself
            if key not in seen:
                seen[key] = self.one(position, cell)
            written.append(seen[key])
        return written

    def one(self, position: int, cell: float) -> tuple[str | None, str]:
        name = self.columns.names[position]
        value = shown_value(cell, self.columns.levels.get(name))
        return value, self.wordings.get(name, Wording(name)).text(value, self.language)


def wordings_to_dict(wordings: Mapping[str, Wording]) -> dict[str, Any]:
    """As plain JSON values."""
    return {name: {"meaning": w.meaning, "unit": w.unit} for name, w in wordings.items()}
