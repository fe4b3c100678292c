"""Why this customer: what raises the risk most, by what a person can act on, with the customer's value, in words.

Effects are contributions in log-odds relative to the average training customer; they add up to the score exactly, the
themes as well as the single columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from models.arrays import FloatArray, IntArray
from models.matrix import Columns
from models.reason_words import Wording, shown_value

REASON = pa.struct([("feature", pa.string()), ("value", pa.string()), ("effect", pa.float64()), ("text", pa.string())])


@dataclass(frozen=True)
class Speaker:
    """The words for the columns of a model, and the themes that they form.

    A column without words goes by its name and is a theme of its own.
    """

    columns: Columns
    wordings: Mapping[str, Wording]
    language: str = "en"

    @cached_property
    def words(self) -> tuple[Wording, ...]:
        """One wording a column."""
        levels, plain = self.columns.levels, {self.language: ""}
        found = [self.wordings.get(name, Wording(plain | {self.language: name})) for name in self.columns.names]
        return tuple(
            replace(wording, levels=levels.get(name), theme=wording.theme or name)
            for name, wording in zip(self.columns.names, found, strict=True)
        )

    @cached_property
    def themes(self) -> tuple[tuple[str, IntArray], ...]:
        """Each theme with the positions of its columns, in the order of the columns."""
        members: dict[str, list[int]] = {}
        for position, wording in enumerate(self.words):
            members.setdefault(wording.theme, []).append(position)
        return tuple((theme, np.array(positions)) for theme, positions in members.items())

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Position of each column by name."""
        return {name: position for position, name in enumerate(self.columns.names)}


def by_theme(effects: FloatArray, speaker: Speaker) -> FloatArray:
    """Effect of each theme, shape (rows, themes): the sum of its columns' effects (rows, columns)."""
    order = np.concatenate([positions for _, positions in speaker.themes])
    starts = np.cumsum([0, *(len(positions) for _, positions in speaker.themes[:-1])])
    return np.asarray(np.add.reduceat(effects[:, order], starts, axis=1))


def top_reasons(contributions: FloatArray, X: FloatArray, speaker: Speaker, *, top: int = 5) -> pa.ListArray:
    """One list a row of at most `top` reasons {feature, value, effect, text}, largest effect first.

    `contributions` (rows, columns + 1) in log-odds with the base last, `X` (rows, columns) as encoded. A reason is a
    theme: `effect` is the sum over its columns, `feature` the column of it that raises the risk most, `text` says it.
    Only themes that raise the risk are reasons for it; a row where none does has an empty list.
    """
    effects = contributions[:, :-1]
    themes = by_theme(effects, speaker)
    best = _largest(themes, min(top, themes.shape[1]))
    chosen = np.take_along_axis(themes, best, axis=1)
    raising = chosen > 0
    rows, places = np.nonzero(raising)
    leads = _leads(effects, speaker, rows, best[rows, places])
    values, texts = _Writer(speaker, X).all(rows, leads)
    names = pa.array(speaker.columns.names, pa.string()).take(pa.array(leads))
    offsets = np.concatenate([[0], np.cumsum(raising.sum(axis=1))]).astype(np.int32)
    parts = [names, values, pa.array(chosen[raising]), texts]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(parts, fields=list(REASON)))


def _largest(effects: FloatArray, top: int) -> IntArray:
    """Positions of the `top` largest effects of each row, largest first; equal effects in column order."""
    if top < effects.shape[1]:
        some = np.sort(np.argpartition(-effects, top - 1, axis=1)[:, :top], axis=1)
    else:
        some = np.broadcast_to(np.arange(effects.shape[1]), effects.shape)
    order = np.argsort(-np.take_along_axis(effects, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def _leads(effects: FloatArray, speaker: Speaker, rows: IntArray, themes: IntArray) -> IntArray:
    """For each pair of row and theme the column of the theme with the largest effect on the row."""
    leads = np.empty(len(rows), dtype=np.int64)
    for theme in np.unique(themes).tolist():
        members, asked = speaker.themes[theme][1], np.flatnonzero(themes == theme)
        leads[asked] = members[effects[rows[asked]][:, members].argmax(axis=1)]
    return leads


@dataclass(frozen=True)
class _Writer:
    """Writes values and texts; what reads the same is written once."""

    speaker: Speaker
    X: FloatArray

    def all(self, rows: IntArray, leads: IntArray) -> tuple[pa.Array, pa.Array]:
        """The values and the texts of pairs of row and column, as string arrays."""
        values, texts, order = [], [], []
        for lead in np.unique(leads).tolist():
            asked = np.flatnonzero(leads == lead)
            value, text = self._column(lead, rows[asked])
            values.append(value)
            texts.append(text)
            order.append(asked)
        if not order:
            return pa.array([], pa.string()), pa.array([], pa.string())
        back = pa.array(np.argsort(np.concatenate(order), kind="stable"))
        return pa.concat_arrays(values).take(back), pa.concat_arrays(texts).take(back)

    def _column(self, lead: int, rows: IntArray) -> tuple[pa.Array, pa.Array]:
        wording = self.speaker.words[lead]
        shown = self.speaker.places.get(wording.shows, lead)
        usual = self.speaker.places.get(wording.usual or wording.before)
        cells = [rounded(self.X[rows, lead]), rounded(self.X[rows, shown])]
        cells.append(np.full(len(rows), np.nan) if usual is None else rounded(self.X[rows, usual]))
        codes, distinct = _distinct(cells)
        said = [self._one(wording, shown, *row) for row in zip(*distinct, strict=True)]
        values, texts = (pa.array(column, pa.string()) for column in zip(*said, strict=True))
        return values.take(codes), texts.take(codes)

    def _one(self, wording: Wording, shown: int, value: float, cell: float, own: float) -> tuple[str | None, str]:
        """The wording's noun gives way to that of the column shown instead, its comparison stays."""
        other = self.speaker.words[shown]
        speaks = wording if other is wording else replace(other, usual=wording.usual, before=wording.before)
        return shown_value(value, wording.levels), speaks.text(cell, own, self.speaker.language)


def rounded(values: FloatArray) -> FloatArray:
    """To whole numbers from 100 on, else to three significant digits, which is as much as is shown.

    >>> rounded(np.array([1234.5, 0.123456, 0.0])).tolist()
    [1234.0, 0.123, 0.0]
    """
    size = np.abs(values)
    digits = 2 - np.minimum(np.floor(np.log10(np.where(size > 0, size, 1.0))), 2)
    scale = 10.0**digits
    return np.asarray(np.round(values * scale) / scale)


def _distinct(cells: list[FloatArray]) -> tuple[pa.Array, list[FloatArray]]:
    """A number for each row of the cells, equal for equal rows, and the distinct rows by that number."""
    code = np.zeros(len(cells[0]), dtype=np.int64)
    for column in cells:
        own, levels = pd.factorize(column, use_na_sentinel=False)
        code = pd.factorize(code * len(levels) + own)[0]
    first = np.unique(code, return_index=True)[1]
    return pa.array(code), [column[first] for column in cells]
