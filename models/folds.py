"""Splits of training rows that keep each customer on one side."""

from typing import TypeAlias

import numpy as np

from models.arrays import BoolArray, FloatArray, IntArray
from models.rows import Rows

Folds: TypeAlias = list[tuple[IntArray, IntArray]]
YEAR_DAYS = 365


def customer_folds(y: FloatArray, customers: IntArray, folds: int, seed: int) -> Folds:
    """Folds in which no customer is on both sides, with about the same share of each class.

    Fewer folds where a class has too few customers; none (an empty list) where two are not possible. Customers are
    dealt out like cards, those of the same class and number of rows one after another (scikit-learn's
    StratifiedGroupKFold looks at each customer in turn, which takes minutes for many).
    """
    labels, position = np.unique(customers, return_inverse=True)
    classes = np.unique(y)
    rows_by_class = np.array([np.bincount(position[y == label], minlength=len(labels)) for label in classes])
    possible = min(folds, int((rows_by_class > 0).sum(axis=1).min()))
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    order = shuffled[np.lexsort(rows_by_class[:, shuffled])]
    made = _dealt(order, position, possible)
    return made if all(len(np.unique(y[fit])) == len(classes) for fit, _ in made) else []


def value_folds(customers: IntArray, folds: int, seed: int) -> Folds:
    """Folds for a number to be predicted: customers dealt out at random."""
    labels, position = np.unique(customers, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    return _dealt(order, position, min(folds, len(labels)))


def _dealt(order: IntArray, position: IntArray, folds: int) -> Folds:
    """The customers in `order` go to the folds in turn; `position` says which customer each row belongs to."""
    if folds < 2:
        return []
    pile = np.empty(len(order), dtype=np.int64)
    pile[order] = np.arange(len(order)) % folds
    fold = pile[position]
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]


def customer_sample(customers: IntArray, rows: int, seed: int) -> BoolArray:
    """Rows of whole customers drawn at random, about `rows` of them; all where there are no more."""
    if len(customers) <= rows:
        return np.ones(len(customers), dtype=bool)
    labels, position = np.unique(customers, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    size = np.bincount(position)[order].cumsum()
    taken = np.zeros(len(labels), dtype=bool)
    taken[order[: int(np.searchsorted(size, rows)) + 1]] = True
    chosen: BoolArray = taken[position]
    return chosen


def codes_of(values: object) -> IntArray:
    """Customer ids of any type as whole numbers, equal where the ids are equal."""
    import pandas as pd

    return np.asarray(pd.factorize(np.asarray(values))[0], dtype=np.int64)


def connected(first: IntArray, second: IntArray) -> IntArray:
    """One number for all rows that are linked, directly or through others, by an equal value in either array (rows,).

    >>> connected(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])).tolist()
    [0, 0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = (np.unique(codes, return_inverse=True)[1] for codes in (first, second))
    size = int(left.max()) + 1
    whole = size + int(right.max()) + 1
    links = coo_array((np.ones(len(left)), (left, size + right)), shape=(whole, whole))
    return np.asarray(connected_components(links, directed=False)[1][left], dtype=np.int64)


def later_split(rows: Rows, snapshots: int) -> tuple[BoolArray, BoolArray] | None:
    """Rows to fit on and later ones to calibrate on, outcome windows apart; None where time is too short.

    The later rows are those of the last quarter of the snapshots; at least `snapshots` earlier ones must be complete
    when the first of the later ones is made. Flat rows have no time.
    """
    if rows.times is None:
        return None
    distinct = np.unique(rows.times)
    return _split_at(rows, distinct[-max(1, len(distinct) // 4) :], snapshots)


def rolling_splits(rows: Rows, snapshots: int) -> list[tuple[BoolArray, BoolArray]]:
    """The same for each quarter of the snapshots that lies in the last 365 days, the latest first; times in days.

    Each quarter is told from what was complete when it began. Together they are nearer to a whole year than the last
    quarter alone, so a season counts for less. Those before which too little was complete are left out.
    """
    if rows.times is None:
        return []
    distinct = np.unique(rows.times)
    quarter = max(1, len(distinct) // 4)
    ends = range(len(distinct), 0, -quarter)
    blocks = [distinct[max(end - quarter, 0) : end] for end in ends]
    recent = [late[late > distinct[-1] - YEAR_DAYS] for late in blocks]
    found = [_split_at(rows, late, snapshots) for late in recent if len(late)]
    return [split for split in found if split is not None]


def _split_at(rows: Rows, late: IntArray, snapshots: int) -> tuple[BoolArray, BoolArray] | None:
    """Rows at snapshots that were complete when the first of `late` was made, and rows at `late`."""
    if rows.times is None or rows.window is None:
        return None
    early = np.unique(rows.times[rows.times + rows.window <= late[0]])
    if len(early) < snapshots:
        return None
    return rows.times <= early[-1], np.isin(rows.times, late)
