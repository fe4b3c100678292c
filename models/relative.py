"""By which factor contact changes the risk of leaving: by action, type of defection, and the columns that show it.

Among those of one action who left, having been contacted tells the factor. With odds o of being drawn for contact,
P(contacted | left) has the log-odds log o + log factor, whatever the risk was (the case-only design, Vittinghoff and
Bauer 2006). So the risk itself need not be modelled, only the leavers are looked at, and a plan can put the factor on
the best risk it has. log factor = overall + action + type + action x type + columns. Each of these blocks has a normal
prior around 0 whose variance the data choose (evidence, MacKay 1992): what they say nothing of vanishes. Choosing the
best of many uncertain effects makes them look better than they are; shrinking them is the cure.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from scipy import linalg, stats
from scipy.special import expit

from models.arrays import BoolArray, FloatArray, IntArray

ANY = -1  # of the actions; also a type that no leaver had
LEVEL = 0.2  # chance that any column at all joins where none changes an effect; half of it for `first`
MOST_CHANGES = 12
FEWEST_LEAVERS = 20  # with a value other than 0 in a column of the design
WIDE = 1.0  # prior standard deviation of the overall log factor
START, LEAST = 0.05, 1e-5  # prior variance of a block: at the start, and below which it is gone
ROUNDS, STEPS, SETTLED = 40, 8, 0.02
GRID = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Leavers:
    """Those of a randomised trial who left, one row each.

    `X` (rows, columns) as a model reads it; `action`, `kind` (rows,) are codes, a kind is a type of defection;
    `treated` (rows,); `odds` (rows,): log-odds of being drawn for contact, over all customers of the trial.
    """

    X: FloatArray
    action: IntArray
    kind: IntArray
    treated: BoolArray
    odds: FloatArray
    categories: tuple[int, ...] = ()

    def take(self, rows: BoolArray | IntArray) -> "Leavers":
        """Some of the rows."""
        parts = {name: getattr(self, name)[rows] for name in ("X", "action", "kind", "treated", "odds")}
        return replace(self, **parts)


@dataclass(frozen=True)
class Scale:
    """How a column enters: a category by its levels, a number by its rank between -1 and 1; missing is 0."""

    column: int
    levels: int = 0
    grid: tuple[float, ...] = ()

    @classmethod
    def of(cls, X: FloatArray, column: int, category: bool) -> "Scale":
        """Ranks and levels as in `X`."""
        known = X[np.isfinite(X[:, column]), column]
        if category:
            return cls(column, levels=int(known.max()) + 1 if len(known) else 0)
        return cls(column, grid=tuple(np.quantile(known, GRID).tolist()) if len(known) else ())

    def design(self, X: FloatArray) -> FloatArray:
        """Columns of the design, (rows, levels or 1 or 0)."""
        values = X[:, self.column]
        if self.levels:
            return np.asarray(values[:, None] == np.arange(self.levels), dtype=np.float64)
        if not self.grid or self.grid[0] == self.grid[-1]:
            return np.zeros((len(values), 0))
        low, high = (np.searchsorted(self.grid, values, side=side) for side in ("left", "right"))
        rank = (low + high) / len(self.grid) - 1
        return np.asarray(np.where(np.isfinite(values), rank, 0.0)[:, None])


@dataclass(frozen=True)
class Change:
    """A column that changes the effect of one action, or of all (`ANY`)."""

    scale: Scale
    action: int
    weights: tuple[float, ...] = ()

    def design(self, X: FloatArray, action: IntArray) -> FloatArray:
        """Columns of the design; 0 for other actions."""
        found = self.scale.design(X)
        return found if self.action == ANY else found * (action == self.action)[:, None]


@dataclass(frozen=True)
class RelativeEffects:
    """log factor on the risk: `cells` (actions, kinds + 1), the last for kinds that no leaver had, and the changes."""

    cells: FloatArray
    changes: tuple[Change, ...] = ()

    def log_factor(self, X: FloatArray) -> FloatArray:
        """For every row, action and kind, shape (rows, actions, kinds + 1); below zero contact keeps customers."""
        rows, actions = len(X), len(self.cells)
        found = np.repeat(self.cells[None], rows, axis=0)
        for change in self.changes:
            for action in range(actions) if change.action == ANY else (change.action,):
                added = change.scale.design(X) @ np.array(change.weights)
                found[:, action] += added[:, None]
        return found

    def kept(self, X: FloatArray, risk: FloatArray, shares: FloatArray) -> FloatArray:
        """Fall of the risk by each action, (rows, actions).

        `risk` (rows,) without contact; `shares` (rows, kinds) of it by type, what is left of 1 counts as no known kind.
        """
        whole = np.column_stack([shares, 1 - shares.sum(axis=1)])
        fall = 1 - np.exp(self.log_factor(X))
        return np.asarray(risk[:, None] * np.einsum("nak,nk->na", fall, whole))

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"cells": self.cells.tolist(), "changes": [asdict(one) for one in self.changes]}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "RelativeEffects":
        """What `to_dict` gave."""
        changes = (
            Change(Scale(one["scale"]["column"], one["scale"]["levels"], tuple(one["scale"]["grid"])),
                   one["action"], tuple(one["weights"]))
            for one in stored["changes"]
        )  # fmt: skip
        return cls(np.array(stored["cells"], dtype=np.float64), tuple(changes))


@dataclass(frozen=True)
class _Fit:
    """Coefficients with their blocks, and what a test of further columns needs."""

    design: FloatArray
    block: IntArray
    coefficients: FloatArray
    precision: FloatArray = field(repr=False)
    chance: FloatArray = field(repr=False)

    def surprise(self, columns: FloatArray, treated: BoolArray) -> float:
        """p of the score test that `columns` have no effect beside what is in the fit."""
        columns = columns[:, (columns != 0).sum(axis=0) >= FEWEST_LEAVERS]
        if not columns.shape[1]:
            return 1.0
        weight = self.chance * (1 - self.chance)
        both = (columns * weight[:, None]).T @ self.design
        spread = (columns * weight[:, None]).T @ columns - both @ linalg.solve(self.precision, both.T, assume_a="pos")
        size, turn = np.linalg.eigh(spread)
        real = size > 1e-3 * max(float(size.max()), 1e-9)
        pull = turn.T @ (columns.T @ (treated - self.chance))
        return float(stats.chi2.sf((pull[real] ** 2 / size[real]).sum(), real.sum()))


def fit_relative(rows: Leavers, actions: int, kinds: int, first: Sequence[int] = ()) -> RelativeEffects:
    """The factors, with a column more as long as a test shows one at `LEVEL`, shared by all that are tried.

    `first` are columns that may be looked at with half of the level among themselves: who customers are, of which there
    are few, against hundreds of columns on what they did.
    """
    scales = [Scale.of(rows.X, column, column in rows.categories) for column in range(rows.X.shape[1])]
    tried = [Change(scale, action) for scale in scales for action in (ANY, *range(actions))]
    own = np.isin([one.scale.column for one in tried], list(first))
    level = LEVEL / 2 / np.where(own, max(int(own.sum()), 1), max(int((~own).sum()), 1))
    changes: list[Change] = []
    while True:
        fit = _fit([*_base(rows, actions, kinds), *(one.design(rows.X, rows.action) for one in changes)], rows)
        if len(changes) == MOST_CHANGES:
            break
        open_to = [n for n, one in enumerate(tried) if one not in changes]
        p = [fit.surprise(tried[n].design(rows.X, rows.action), rows.treated) / level[n] for n in open_to]
        if not p or min(p) > 1:
            break
        changes.append(tried[open_to[int(np.argmin(p))]])
    return _effects(fit, changes, actions, kinds)


def _base(rows: Leavers, actions: int, kinds: int) -> list[FloatArray]:
    """Overall, by action, by kind, by both."""
    by_action = (rows.action[:, None] == np.arange(actions)).astype(np.float64)
    by_kind = (rows.kind[:, None] == np.arange(kinds)).astype(np.float64)
    cells = (by_action[:, :, None] * by_kind[:, None, :]).reshape(len(rows.kind), actions * kinds)
    return [np.ones((len(rows.kind), 1)), by_action, by_kind, cells]


def _effects(fit: _Fit, changes: Sequence[Change], actions: int, kinds: int) -> RelativeEffects:
    by_block = [fit.coefficients[fit.block == number] for number in range(4 + len(changes))]
    known = by_block[2][None, :] + by_block[3].reshape(actions, kinds)
    cells = by_block[0] + by_block[1][:, None] + np.column_stack([known, np.zeros(actions)])
    weights = (tuple(one.tolist()) for one in by_block[4:])
    return RelativeEffects(cells, tuple(replace(one, weights=w) for one, w in zip(changes, weights, strict=True)))


def _fit(blocks: Sequence[FloatArray], rows: Leavers) -> _Fit:
    """Logistic regression of `treated` with the prior variances that the evidence asks for; the first block's stays."""
    design, block = np.hstack(blocks), np.repeat(np.arange(len(blocks)), [one.shape[1] for one in blocks])
    variance = np.r_[WIDE**2, np.full(len(blocks) - 1, START)]
    found = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        found, precision, chance = _mode(design, rows, 1 / variance[block], found)
        spread = np.diag(linalg.inv(precision))
        before, variance = variance, _variances(found, spread, block, variance)
        if np.abs(np.log(variance / before)).max() < SETTLED:
            break
    return _Fit(design, block, found, precision, chance)


def _variances(found: FloatArray, spread: FloatArray, block: IntArray, variance: FloatArray) -> FloatArray:
    """MacKay's step: the sum of squares of a block over the number of its coefficients that the data determine."""
    squares = np.bincount(block, found**2, minlength=len(variance))
    size = np.bincount(block, minlength=len(variance))
    determined = size - np.bincount(block, spread, minlength=len(variance)) / variance
    next_one = np.maximum(squares / np.maximum(determined, 1e-3), LEAST)
    return np.where((np.arange(len(variance)) == 0) | (variance <= LEAST), variance, next_one)


def _mode(
    design: FloatArray, rows: Leavers, prior: FloatArray, start: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The most probable coefficients (Newton), the precision around them, and the fitted chances."""
    found = start
    for _ in range(STEPS):
        chance = expit(rows.odds + design @ found)
        precision = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(prior)
        step = linalg.solve(precision, design.T @ (rows.treated - chance) - prior * found, assume_a="pos")
        found = found + step
        if np.abs(step).max() < 1e-4:
            break
    return found, precision, expit(rows.odds + design @ found)
