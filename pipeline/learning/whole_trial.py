"""The randomised contacts of all actions that have enough of them, as arrays: what every learner of effects reads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import FloatArray, IntArray
from models.folds import codes_of, value_folds
from models.matrix import Columns, encode
from models.relative import ANY, Leavers, RelativeEffects, fit_relative
from models.uplift import TrialRows, UpliftShape, unseen_risk
from pipeline.learning.randomised import Randomised

FEWEST = 200  # contacts of an action in the smaller arm; with fewer nothing is learned about it
STEADY = 20.0  # contacts: so much the odds of being drawn at one moment are drawn to those of the action as a whole
ATTRIBUTES = "customers__"  # columns that say who customers are


@dataclass(frozen=True)
class WholeTrial:
    """One row a contact. `action`, `kind` (rows,) are codes of `actions` and `kinds`, the types of defection.

    `odds` (rows,) are the log-odds of being drawn for contact; `first` the positions of the customers' attributes.
    """

    rows: TrialRows
    actions: tuple[str, ...]
    action: IntArray
    kinds: tuple[str, ...]
    kind: IntArray
    odds: FloatArray
    first: tuple[int, ...]

    @classmethod
    def of(cls, found: Randomised, columns: Columns) -> "WholeTrial":
        """Actions with too few contacts in one of the arms are left out."""
        names, treated = found.actions, found.treated
        enough = [n for n in sorted(set(names)) if min(_arms(names[treated], n), _arms(names[~treated], n)) >= FEWEST]
        found = found.take(np.flatnonzero(np.isin(names, enough)))
        X = encode(found.table, columns) if enough else np.zeros((0, len(columns.names)))
        rows = TrialRows(X, found.defected, found.treated, found.customers, -1, columns.categories)
        left = [kind or "" for kind in found.types]
        kinds = tuple(sorted(set(left) - {""}))
        first = tuple(i for i, name in enumerate(columns.names) if name.startswith(ATTRIBUTES))
        action = _codes(list(found.actions), enough)
        odds = log_odds(action, codes_of(found.moments), rows.treated)
        return cls(rows, tuple(enough), action, kinds, _codes(left, kinds), odds, first)

    def parts(self) -> Mapping[str, TrialRows]:
        """The rows of each action."""
        return {name: self.rows.take(self.action == number) for number, name in enumerate(self.actions)}

    def split(self, values: FloatArray) -> list[FloatArray]:
        """Values (rows,) as they belong to the parts."""
        return [values[self.action == number] for number in range(len(self.actions))]

    def factors(self, rows: IntArray | None = None) -> RelativeEffects:
        """Factors on the risk from some rows, or all."""
        left = np.flatnonzero(self.rows.event > 0)
        left = left if rows is None else np.intersect1d(left, rows)
        part = self.rows
        leavers = Leavers(
            part.X[left], self.action[left], self.kind[left], part.treated[left], self.odds[left], part.categories
        )
        return fit_relative(leavers, len(self.actions), len(self.kinds), self.first)

    def unseen(self, shape: UpliftShape, folds: int, seed: int) -> FloatArray:
        """What its action does to each row's customer by the other folds: the controls' risk, usual types, factors."""
        effect, every = np.zeros(len(self.action)), value_folds(self.rows.customers, folds, seed)
        risk = unseen_risk(self.rows, shape, every)
        for fit, held in every:
            usual = np.bincount(self.kind[fit] + 1, minlength=len(self.kinds) + 1)[1:]
            shares = np.tile(usual / max(float(self.rows.event[fit].sum()), 1.0), (len(held), 1))
            kept = self.factors(fit).kept(self.rows.X[held], risk[held], shares)
            effect[held] = kept[np.arange(len(held)), self.action[held]]
        return effect


def log_odds(action: IntArray, moment: IntArray, treated: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> FloatArray:
    """Log-odds of being drawn for contact, by action and moment: plans differ in the share that they hold out."""
    cell = codes_of((action * (moment.max(initial=0) + 1) + moment).tolist())
    share = np.bincount(action, treated)[action] / np.bincount(action)[action]
    drawn, all_of = np.bincount(cell, treated)[cell], np.bincount(cell)[cell]
    chance = (drawn + STEADY * share) / (all_of + STEADY)
    return np.asarray(np.log(chance / (1 - chance)))


def _arms(names: "np.ndarray[tuple[int], np.dtype[np.object_]]", name: str) -> int:
    return int((names == name).sum())


def _codes(values: list[str], names: "tuple[str, ...] | list[str]") -> IntArray:
    places = {name: number for number, name in enumerate(names)}
    return np.array([places.get(value, ANY) for value in values], dtype=np.int64)
