"""Exact contributions of small trees by looking them up: the values of LightGBM's `pred_contrib`, many times faster.

The path-dependent Shapley values of a tree (TreeSHAP, Lundberg et al. 2020) depend on a row only through which splits
send it which way. With few splits there are few such patterns, so the values of all of them are computed once and a row
costs a few comparisons and lookups (the idea of Fast TreeSHAP v2, Yang 2021). A tree with more splits than `MOST_BITS`
is cut below its root into groups of leaves: the contributions of leaves add up.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import factorial
from typing import TypeAlias

import numpy as np

from models.arrays import BoolArray, FloatArray, IntArray
from models.tree_text import CATEGORICAL, DEFAULT_LEFT, MISSING_NAN, MISSING_NONE, MISSING_ZERO, Tree

Node: TypeAlias = int
Path: TypeAlias = tuple[tuple[Node, bool], ...]  # the splits on the way to a leaf, and whether it goes left there
MOST_BITS = 8  # patterns of one group fit a byte, and their table the processor's nearest cache
MOST_SPLITS = 12  # on the way to one leaf; deeper trees are left to LightGBM
MOST_CELLS = 20_000_000  # of all tables together (160 MB)
BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class Split:
    """A question to one column. The bit is 1 where the value is at most, or above, the threshold, or in the levels.

    `above` asks the other way round, so that a missing value (every comparison is false) goes where LightGBM sends it.
    """

    column: int
    threshold: float
    above: bool
    zero_if_missing: bool
    levels: BoolArray | None

    def asked(self, x: FloatArray, out: BoolArray) -> None:
        """Write the bit of each value into `out`."""
        if self.levels is not None:
            np.take(self.levels, self._positions(x), out=out)
        elif self.zero_if_missing:
            np.less_equal(np.nan_to_num(x, nan=0.0, posinf=np.inf, neginf=-np.inf), self.threshold, out=out)
        elif self.above:
            np.greater(x, self.threshold, out=out)
        else:
            np.less_equal(x, self.threshold, out=out)

    def _positions(self, x: FloatArray) -> IntArray:
        """Level codes as positions; the last position stands for missing values and levels never seen."""
        assert self.levels is not None
        last = len(self.levels) - 1
        known = (x > -1) & (x < last)
        return np.where(known, x, last).astype(np.int64)


@dataclass(frozen=True)
class Lookup:
    """A group of leaves: its splits, one bit each, and the contributions of each pattern to each of its columns."""

    splits: tuple[Split, ...]
    columns: tuple[int, ...]
    tables: FloatArray

    def add_to(self, effects: FloatArray, X: FloatArray, work: "Work") -> None:
        """Add this group's contributions of the rows `X` (rows, columns) to `effects` (columns, rows)."""
        patterns = work.patterns(self.splits, X)
        for column, table in zip(self.columns, self.tables, strict=True):
            np.take(table, patterns, out=work.found, mode="clip")
            effects[column] += work.found


class Work:
    """Buffers for so many rows, used again for every group."""

    def __init__(self, rows: int) -> None:
        self.found = np.empty(rows)
        self._bit, self._shifted = np.empty(rows, dtype=np.bool_), np.empty(rows, dtype=np.uint16)
        self._pattern, self._position = np.empty(rows, dtype=np.uint16), np.empty(rows, dtype=np.int64)

    def patterns(self, splits: Sequence[Split], X: FloatArray) -> IntArray:
        """The pattern of each row as a whole number, one bit a split."""
        self._pattern[:] = 0
        for place, split in enumerate(splits):
            split.asked(X[:, split.column], self._bit)
            np.left_shift(self._bit, place, out=self._shifted, dtype=np.uint16)
            np.bitwise_or(self._pattern, self._shifted, out=self._pattern)
        self._position[:] = self._pattern
        return self._position


@dataclass(frozen=True)
class TreeEffects:
    """All trees of one or several boosters as lookups, weighted by `scale`; `base` is their mean on training rows."""

    lookups: tuple[Lookup, ...]
    base: float
    columns: int

    def __call__(self, X: FloatArray, threads: int) -> FloatArray:
        """Contributions (rows, columns + 1), the base last; a row adds up to its raw score."""
        effects = np.empty((len(X), self.columns + 1))
        starts = range(0, len(X), BLOCK_ROWS)

        def fill(start: int) -> None:
            rows = slice(start, start + BLOCK_ROWS)
            effects[rows] = self._block(np.asfortranarray(X[rows]))

        if threads == 1 or len(starts) == 1:
            for start in starts:
                fill(start)
        else:
            with ThreadPoolExecutor(threads) as pool:  # numpy lets go of the interpreter's lock while it works
                list(pool.map(fill, starts))
        return effects

    def _block(self, X: FloatArray) -> FloatArray:
        effects, work = np.zeros((self.columns + 1, len(X))), Work(len(X))
        effects[-1] = self.base
        for lookup in self.lookups:
            lookup.add_to(effects, X, work)
        return effects.T


def tree_effects(trees: Sequence[Tree], columns: int, scale: float) -> TreeEffects | None:
    """The trees as lookups, each contribution times `scale`; None where that would take too large tables."""
    lookups: list[Lookup] = []
    cells = 0
    for tree in trees:
        if not _suits(tree):
            return None
        for group in _groups(tree, 0, ()) if len(tree.leaf_value) > 1 else ():
            if max(len(path) for _, path in group) > MOST_SPLITS or cells > MOST_CELLS:
                return None
            lookups.append(_lookup(tree, group, scale))
            cells += lookups[-1].tables.size
    return TreeEffects(tuple(lookups), scale * sum(tree.base for tree in trees), columns)


def _suits(tree: Tree) -> bool:
    """Zero taken as missing is the one way of LightGBM to split that no `Split` asks; holdfast does not use it."""
    numeric = tree.kind & CATEGORICAL == 0
    return not bool(((tree.kind >> 2 & 3 == MISSING_ZERO) & numeric).any())


def _groups(tree: Tree, node: Node, path: Path) -> list[list[tuple[int, Path]]]:
    """Leaves with their paths, in groups that share few enough splits."""
    leaves = list(_leaves(tree, node, path))
    splits = {split for _, steps in leaves for split, _ in steps}
    if len(splits) <= MOST_BITS or len(leaves) == 1:
        return [leaves]
    return [
        group
        for child, goes_left in ((tree.left[node], True), (tree.right[node], False))
        for group in _groups(tree, int(child), (*path, (node, goes_left)))
    ]


def _leaves(tree: Tree, node: Node, path: Path) -> Iterator[tuple[int, Path]]:
    if node < 0:
        yield ~node, path
        return
    yield from _leaves(tree, int(tree.left[node]), (*path, (node, True)))
    yield from _leaves(tree, int(tree.right[node]), (*path, (node, False)))


def _lookup(tree: Tree, leaves: Sequence[tuple[int, Path]], scale: float) -> Lookup:
    nodes = sorted({node for _, path in leaves for node, _ in path})
    splits = {node: _split(tree, node) for node in nodes}
    columns = sorted({split.column for split in splits.values()})
    goes_left = _directions(nodes, splits)
    tables = np.zeros((len(columns), 2 ** len(nodes)))
    for leaf, path in leaves:
        value = scale * float(tree.leaf_value[leaf])
        follows, shares = _conditions(tree, leaf, path, goes_left)
        for column, effect in zip(follows, shapley(follows, shares, value), strict=True):
            tables[columns.index(column)] += effect
    return Lookup(tuple(splits[node] for node in nodes), tuple(columns), tables)


def _split(tree: Tree, node: Node) -> Split:
    kind, threshold = int(tree.kind[node]), float(tree.threshold[node])
    column, missing = int(tree.feature[node]), kind >> 2 & 3
    if kind & CATEGORICAL:
        return Split(column, threshold, above=False, zero_if_missing=False, levels=_mask(tree.levels[int(threshold)]))
    above = missing == MISSING_NAN and bool(kind & DEFAULT_LEFT)
    return Split(column, threshold, above, missing == MISSING_NONE, None)


def _mask(levels: frozenset[int]) -> BoolArray:
    """Which level codes go left; one more place, for all others, does not."""
    mask = np.zeros(max(levels) + 2, dtype=np.bool_)
    mask[list(levels)] = True
    return mask


def _directions(nodes: Sequence[Node], splits: Mapping[Node, Split]) -> dict[Node, BoolArray]:
    """For each split, which patterns go left."""
    patterns = np.arange(2 ** len(nodes))
    return {node: (patterns >> place & 1 == 1) != splits[node].above for place, node in enumerate(nodes)}


def _conditions(
    tree: Tree, leaf: int, path: Path, goes_left: Mapping[Node, BoolArray]
) -> tuple[dict[int, BoolArray], dict[int, float]]:
    """By column on the path: which patterns meet its conditions, and the share of training rows that did."""
    follows: dict[int, BoolArray] = {}
    shares: dict[int, float] = defaultdict(lambda: 1.0)
    reached = [node for node, _ in path[1:]] + [~leaf]
    for (node, left), child in zip(path, reached, strict=True):
        column = int(tree.feature[node])
        met = goes_left[node] == left
        follows[column] = follows[column] & met if column in follows else met
        shares[column] *= tree.rows_of(child) / tree.rows_of(node)
    return follows, shares


def shapley(follows: Mapping[int, BoolArray], shares: Mapping[int, float], value: float) -> list[FloatArray]:
    """Shapley values of one leaf for each pattern: columns that a row follows count 1, absent ones their share.

    For a column j the sum over sets S of the others is a polynomial in the size of S: the product over i of
    (share_i + met_i y), whose coefficient k has the weight k! (m - 1 - k)! / m!.
    """
    parts = [(met.astype(np.float64), shares[column]) for column, met in follows.items()]
    count = len(parts)
    weights = [factorial(k) * factorial(count - 1 - k) / factorial(count) for k in range(count)]
    effects = []
    for j, (met, share) in enumerate(parts):
        coefficients = [np.ones_like(met)]
        for other, its_share in parts[:j] + parts[j + 1 :]:
            coefficients = _times(coefficients, its_share, other)
        weighted = sum((w * c for w, c in zip(weights, coefficients, strict=True)), np.zeros_like(met))
        effects.append(value * (met - share) * weighted)
    return effects


def _times(coefficients: list[FloatArray], constant: float, slope: FloatArray) -> list[FloatArray]:
    """A polynomial times (constant + slope y)."""
    lower, higher = [constant * c for c in coefficients], [slope * c for c in coefficients]
    return [lower[0], *(a + b for a, b in zip(lower[1:], higher[:-1], strict=True)), higher[-1]]
