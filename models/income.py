"""Revenue to be expected of a customer over the outcome window, whether the customer stays or leaves.

Several ways, compared by Tweedie deviance on customers they were not fitted on: in two parts (risk times the money of
a stayer), LightGBM under Tweedie loss directly, and BG/NBD with Gamma-Gamma where there are purchases. `pooled` is the
mean of the best of the first two and of the last: trees know only ages of relationships that they have seen, the
probability model carries on, and errors that differ cancel (Bates and Granger 1969).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from models.anchors import Purchasing, load_anchor
from models.arrays import FloatArray, Parts, from_json, to_json
from models.boosting import Trees, cross_fit, dump_boosters, fit_boosters, load_boosters, mean_of
from models.centre import TWEEDIE_POWER, Boosters, Centre, deviance, ratio, some_outside
from models.folds import Folds, value_folds
from models.rows import Rows
from models.settings import LossSettings

Factors: TypeAlias = tuple[tuple[str, float], ...]
TWO_PART, TWEEDIE, BUYING, POOLED = "two_part", "tweedie", "buying", "pooled"


@dataclass(frozen=True)
class Income:
    """A weighted sum of ways; `parts` are their names with their factors."""

    name: str
    parts: Factors
    boosters: Boosters
    buying: Purchasing | None
    num_threads: int

    def predict(self, X: FloatArray, two_part: FloatArray) -> FloatArray:
        """Money (rows,); `two_part` (rows,) is the expectation by risk and money of a stayer."""
        total = np.zeros(len(X))
        for name, factor in self.parts:
            total += factor * (two_part if name == TWO_PART else self._by(name, X))
        return total

    def _by(self, name: str, X: FloatArray) -> FloatArray:
        if name == TWEEDIE:
            return np.asarray(np.exp(mean_of(self.boosters, X, self.num_threads, raw_score=True)))
        if self.buying is None:
            raise ValueError(f"no model of purchases for {name}")
        return self.buying.expected(X)

    def dump(self) -> Parts:
        """Named files of text."""
        buying = None if self.buying is None else self.buying.stored()
        stored = {"name": self.name, "parts": self.parts, "num_threads": self.num_threads, "buying": buying}
        return {"income.json": to_json(stored), **dump_boosters(self.boosters)}

    @classmethod
    def load(cls, parts: Parts) -> "Income":
        """What `dump` gave."""
        stored = from_json(parts["income.json"])
        buying: Any = load_anchor(stored["buying"])
        named = tuple((name, factor) for name, factor in stored["parts"])
        return cls(stored["name"], named, load_boosters(parts), buying, stored["num_threads"])


@dataclass(frozen=True)
class IncomeFit:
    """The chosen way, and the deviance out of fold of each."""

    model: Income
    scores: dict[str, float]


def two_part(risk: FloatArray, staying: FloatArray, defector_share: float) -> FloatArray:
    """Expectation (rows,) over staying and leaving."""
    return (1 - risk + risk * defector_share) * staying


@dataclass(frozen=True)
class Backtest:
    """Rows for the choice (target: realised revenue), their risk out of fold (rows,) and who defected (rows,)."""

    rows: Rows
    risk: FloatArray
    defected: FloatArray


def fit_income(
    rows: Rows, test: Backtest, value: Centre, defector_share: float, buying: Purchasing | None, settings: LossSettings
) -> IncomeFit:
    """Choose on `test` by deviance, fit on `rows` (target: realised revenue).

    In two parts, without a choice, where too few customers stayed and paid to compare anything out of fold.
    """
    actual, folds = test.rows.y, value_folds(test.rows.customers, settings.folds, settings.seed)
    if not some_outside((test.defected == 0) & (actual > 0), folds):
        return IncomeFit(Income(TWO_PART, ((TWO_PART, 1.0),), (), None, settings.num_threads), {})
    trees, staying = _trees(settings), _staying(test, folds, value, settings)
    count, raw = cross_fit(test.rows, trees, folds, max_trees=settings.max_trees, patience=settings.patience)
    found = {TWO_PART: two_part(test.risk, staying, defector_share), TWEEDIE: np.exp(raw)}
    ways: dict[str, Factors] = {name: ((name, ratio(actual, predicted)),) for name, predicted in found.items()}
    scores = {name: deviance(actual, ways[name][0][1] * predicted) for name, predicted in found.items()}
    if buying is not None:
        # Not scaled: its level follows from the purchases themselves and carries on to later times.
        found[BUYING] = buying.expected(test.rows.X)
        partner, factor = ways[min(scores, key=lambda name: scores[name])][0]
        ways |= {BUYING: ((BUYING, 1.0),), POOLED: ((partner, factor / 2), (BUYING, 0.5))}
        weighted = {name: np.sum([f * found[way] for way, f in ways[name]], axis=0) for name in (BUYING, POOLED)}
        scores |= {name: deviance(actual, predicted) for name, predicted in weighted.items()}
    chosen = chosen_way(scores, settings.income)
    needed = dict(ways[chosen])
    boosters = fit_boosters(rows, trees, count) if TWEEDIE in needed else ()
    kept = buying if BUYING in needed else None
    return IncomeFit(Income(chosen, ways[chosen], boosters, kept, settings.num_threads), scores)


def chosen_way(scores: Mapping[str, float], wanted: tuple[str, ...]) -> str:
    """The way wanted that has the lowest deviance; two parts where the data allow none of those wanted."""
    possible = [name for name in wanted if name in scores]
    return min(possible, key=lambda name: scores[name]) if possible else TWO_PART


def _staying(test: Backtest, folds: Folds, value: Centre, settings: LossSettings) -> FloatArray:
    """Money of each customer given staying, by a fit to stayers among the other customers."""
    found = np.empty(len(test.defected))
    for inside, held in folds:
        stayers = inside[test.defected[inside] == 0]
        found[held] = value.refitted(test.rows.take(stayers), settings).predict(test.rows.X[held])
    return found


def _trees(settings: LossSettings) -> Trees:
    power = (("tweedie_variance_power", TWEEDIE_POWER),)
    return Trees(settings.tree, settings.seed, settings.num_threads, TWEEDIE, power)
