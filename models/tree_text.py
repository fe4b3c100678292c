"""Reads the trees of a LightGBM model from its text: splits, covers and leaf values, as plain arrays.

Field meanings as in LightGBM's `Tree::ToString`. A child below zero is the leaf `~child`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.arrays import FloatArray, IntArray

CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2
WORD_BITS = 32


@dataclass(frozen=True)
class Tree:
    """One tree; node arrays have the shape (leaves - 1,), leaf arrays (leaves,), levels one set a category split.

    `kind` holds LightGBM's bits of a decision: category split, default left, and the kind of missing value.
    """

    feature: IntArray
    threshold: FloatArray
    kind: IntArray
    left: IntArray
    right: IntArray
    node_rows: FloatArray
    leaf_rows: FloatArray
    leaf_value: FloatArray
    levels: tuple[frozenset[int], ...]

    @property
    def base(self) -> float:
        """Its mean over the training rows."""
        if len(self.leaf_value) == 1:
            return float(self.leaf_value[0])
        return float(self.leaf_value @ self.leaf_rows / self.node_rows[0])

    def rows_of(self, child: int) -> float:
        """Training rows that reached a child."""
        return float(self.node_rows[child] if child >= 0 else self.leaf_rows[~child])


def read_trees(model: str) -> tuple[Tree, ...]:
    """The trees of a model as `Booster.model_to_string` writes it."""
    body = model.split("\nend of trees", 1)[0]
    return tuple(_tree(dict(_fields(text))) for text in body.split("\nTree=")[1:])


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, found, value = line.partition("=")
        if found:
            yield name, value


def _tree(fields: Mapping[str, str]) -> Tree:
    boundaries, words = _whole(fields, "cat_boundaries"), _whole(fields, "cat_threshold")
    return Tree(
        _whole(fields, "split_feature"),
        _numbers(fields, "threshold"),
        _whole(fields, "decision_type"),
        _whole(fields, "left_child"),
        _whole(fields, "right_child"),
        _numbers(fields, "internal_count"),
        _numbers(fields, "leaf_count"),
        _numbers(fields, "leaf_value"),
        tuple(_levels(words[first:last]) for first, last in pairwise(boundaries)),
    )


def _numbers(fields: Mapping[str, str], name: str) -> FloatArray:
    return np.array(fields.get(name, "").split(), dtype=np.float64)


def _whole(fields: Mapping[str, str], name: str) -> IntArray:
    return np.array(fields.get(name, "").split(), dtype=np.int64)


def _levels(words: IntArray) -> frozenset[int]:
    """The level codes in a bit set of 32-bit words."""
    return frozenset(
        place * WORD_BITS + bit
        for place, word in enumerate(words.tolist())
        for bit in range(WORD_BITS)
        if word >> bit & 1
    )
