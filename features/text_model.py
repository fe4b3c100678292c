"""A classifier of complaint texts by character n-grams: the same for every language, plain numbers on disk."""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

LONGEST_NGRAM = 3
TEXTS_AT_ONCE = 10_000
FloatArray = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class TextModel:
    """Log odds of each cause: intercept + sum of the weights of the n-grams in the text / sqrt(their number).

    `weights` has a row for each n-gram and a column for each cause. The model is fitted once, on complaints known
    before the first snapshot, and frozen: no later complaint can reach a snapshot through it (`models.text`).
    """

    causes: tuple[str, ...]
    ngrams: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def scores(self, texts: Sequence[str]) -> FloatArray:
        """Log odds up to a constant, shape (texts, causes). A text has the same bits whatever texts stand beside it."""
        parts = [self._scores(texts[n : n + TEXTS_AT_ONCE]) for n in range(0, len(texts), TEXTS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.causes)))

    def to_json(self) -> str:
        """As text; `from_json` reads it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "TextModel":
        """What `to_json` wrote."""
        stored = json.loads(text)
        weights = tuple(tuple(row) for row in stored["weights"])
        return cls(tuple(stored["causes"]), tuple(stored["ngrams"]), weights, tuple(stored["intercepts"]))

    def digest(self) -> str:
        """SHA-256 of the model, for the fingerprint of the features."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def known(self, text: str) -> list[int]:
        """Places of the text's n-grams that the model has, in order."""
        return sorted(self._place[ngram] for ngram in ngrams(text) if ngram in self._place)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {ngram: n for n, ngram in enumerate(self.ngrams)}

    @cached_property
    def _weights(self) -> FloatArray:
        return np.array(self.weights, dtype=np.float64).reshape(len(self.ngrams), len(self.causes))

    def _scores(self, texts: Sequence[str]) -> FloatArray:
        places = [self.known(text) for text in texts]
        sizes = np.array([len(found) for found in places])
        total = np.zeros((len(texts), len(self.causes)))
        some = np.flatnonzero(sizes)
        if len(some):
            rows = self._weights[np.concatenate([np.array(places[n]) for n in some])]
            starts = np.concatenate([[0], np.cumsum(sizes[some])[:-1]])
            total[some] = np.add.reduceat(rows, starts, axis=0) / np.sqrt(sizes[some])[:, None]
        return np.asarray(total + np.array(self.intercepts))


def ngrams(text: str) -> set[str]:
    """The different runs of one to three characters, case, width and spacing apart.

    >>> sorted(ngrams("慢!"))
    [' ', ' 慢', ' 慢!', '!', '! ', '慢', '慢!', '慢! ']
    """
    folded = f" {' '.join(unicodedata.normalize('NFKC', text).lower().split())} "
    return {folded[i : i + n] for n in range(1, LONGEST_NGRAM + 1) for i in range(len(folded) - n + 1)}
