"""Effects by customer, learned from randomised contacts: several learners, compared by how they rank out of fold.

Each learner gives a raw score for every row; what it is worth as an effect is measured on rows it has not seen (best
linear predictor of the effect, Chernozhukov et al. 2018): effect = mean + slope x (score - mean score), the slope
between 0 and that of least squares. A plain response model, which ranks by the event itself, is one of the
candidates: nothing says that learners of differences rank better (they do not on all data).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit

from models.arrays import BoolArray, FloatArray, IntArray, Parts, from_json, to_json, under, within
from models.boosting import dump_boosters, load_boosters
from models.folds import Folds, value_folds
from models.uplift_metrics import UpliftRanking

if TYPE_CHECKING:
    import lightgbm as lgb

CROSS_FIT = 3  # folds inside the DR learner
NEAREST = 1e-4


@dataclass(frozen=True)
class UpliftShape:
    """The LightGBM of every learner: small, because effects are small."""

    trees: int = 60
    leaves: int = 4
    rate: float = 0.05
    leaf_rows: int = 100
    l2: float = 10.0
    column_share: float = 0.7
    row_share: float = 0.8
    bags: int = 1
    seed: int = 0
    num_threads: int = 1


@dataclass(frozen=True)
class TrialRows:
    """One row a randomised contact of one action: `X` (rows, columns), `event` 0 or 1, `treated`, `customers` (rows,).

    `gain` is +1 where the event is wanted (a visit), -1 where contact is to prevent it (a defection).
    """

    X: FloatArray
    event: FloatArray
    treated: BoolArray
    customers: IntArray
    gain: int
    categories: tuple[int, ...] = ()

    def take(self, rows: BoolArray | IntArray) -> "TrialRows":
        """Some of the rows."""
        return replace(
            self, X=self.X[rows], event=self.event[rows], treated=self.treated[rows], customers=self.customers[rows]
        )

    @property
    def gains(self) -> FloatArray:
        """What one wants more of."""
        return self.gain * self.event


@dataclass(frozen=True)
class Scorer:
    """Boosters and how they make a score: a weighted sum, or chances with the second half as a shift in log-odds."""

    boosters: tuple["lgb.Booster", ...]
    weights: tuple[float, ...]
    shifted: bool = False

    def score(self, X: FloatArray) -> FloatArray:
        """Larger for those to contact first, (rows,)."""
        parts = [np.asarray(one.predict(X, raw_score=self.shifted), dtype=np.float64) for one in self.boosters]
        if not self.shifted:
            return np.asarray(sum(w * part for w, part in zip(self.weights, parts, strict=True)))
        half = len(parts) // 2
        base, shift = np.mean(parts[:half], axis=0), np.mean(parts[half:], axis=0)
        return np.asarray(self.weights[0] * (expit(base + shift) - expit(base)))

    def dump(self) -> Parts:
        """Named files of text."""
        stored = {"weights": self.weights, "shifted": self.shifted}
        return {"scorer.json": to_json(stored), **dump_boosters(self.boosters)}

    @classmethod
    def load(cls, parts: Parts) -> "Scorer":
        """What `dump` gave."""
        stored = from_json(parts["scorer.json"])
        return cls(load_boosters(parts), tuple(stored["weights"]), stored["shifted"])


Learner = Callable[[TrialRows, UpliftShape], Scorer]


def t_learner(rows: TrialRows, shape: UpliftShape) -> Scorer:
    """The chance of the event fitted in each arm; the score is the difference (Kuenzel et al. 2019)."""
    return _sum_of(rows, [(_arm(rows, arm, shape), 1.0 if arm else -1.0) for arm in (True, False)])


def x_learner(rows: TrialRows, shape: UpliftShape) -> Scorer:
    """Differences to what the other arm's model says, regressed in each arm (Kuenzel et al. 2019)."""
    of_treated, of_control = (_chance(_arm(rows, arm, shape), rows.X) for arm in (True, False))
    found = []
    for arm, made in ((True, rows.event - of_control), (False, of_treated - rows.event)):
        part = rows.treated == arm
        weight = float((rows.treated != arm).mean())
        found.append((_fit(rows.take(part), made[part], shape, "regression"), weight))
    return _sum_of(rows, found)


def dr_learner(rows: TrialRows, shape: UpliftShape) -> Scorer:
    """The doubly robust pseudo-outcome, cross-fitted, regressed on the columns (Kennedy 2023)."""
    share, effect = float(rows.treated.mean()), np.zeros(len(rows.event))
    for fit, held in value_folds(rows.customers, CROSS_FIT, shape.seed):
        inner = rows.take(fit)
        one, none = (_chance(_arm(inner, arm, shape), rows.X[held]) for arm in (True, False))
        t, y = rows.treated[held], rows.event[held]
        effect[held] = one - none + t * (y - one) / share - ~t * (y - none) / (1 - share)
    return _sum_of(rows, [(_fit(rows, effect, shape, "regression"), 1.0)])


def shift_learner(rows: TrialRows, shape: UpliftShape) -> Scorer:
    """The controls' log-odds, and how contact shifts them: an effect in proportion unless the data say otherwise."""
    base = _arm(rows, False, shape)
    part = rows.take(rows.treated)
    start = logit(np.clip(_chance(base, part.X), NEAREST, 1 - NEAREST))
    return Scorer((*base, *_fit(part, part.event, shape, "binary", start)), (float(rows.gain),), shifted=True)


def response_model(rows: TrialRows, shape: UpliftShape) -> Scorer:
    """No effect: the chance of the event among the contacted. It ranks where contact moves those who move anyway."""
    return Scorer(found := _arm(rows, True, shape), (1 / len(found),) * len(found))


LEARNERS: Mapping[str, Learner] = {
    "response": response_model,
    "shift": shift_learner,
    "t_learner": t_learner,
    "x_learner": x_learner,
    "dr_learner": dr_learner,
}


@dataclass(frozen=True)
class Choice:
    """The learner and shape that rank best out of fold; `scores` are mean Qini by name, `unseen` (rows,) its scores."""

    name: str
    shape: UpliftShape
    scores: Mapping[str, float]
    unseen: FloatArray


def choose_ranking(
    parts: Sequence[TrialRows],
    shapes: Mapping[str, UpliftShape],
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int = 0,
    learners: Sequence[str] = tuple(LEARNERS),
) -> tuple[Choice, dict[str, list[FloatArray]]]:
    """Compare the learners with every shape on folds of customers; also the out-of-fold scores by candidate and part.

    `parts` are the contacts of one action each; one candidate serves all of them. The figure compared is the normalised
    Qini, averaged over the parts by their size, and over repeats with other folds.
    """
    unseen = {
        f"{learner}/{shape}": [
            _unseen(LEARNERS[learner], how, part, value_folds(part.customers, folds, seed + n))
            for n in range(repeats)
            for part in parts
        ]
        for learner in learners
        for shape, how in shapes.items()
    }
    scores = {name: _mean_qini(parts, found) for name, found in unseen.items()}
    best = max(scores, key=lambda name: scores[name])
    return Choice(best, shapes[best.partition("/")[2]], scores, np.concatenate(unseen[best][: len(parts)])), unseen


def _mean_qini(parts: Sequence[TrialRows], found: Sequence[FloatArray]) -> float:
    every = [parts[n % len(parts)] for n in range(len(found))]
    values = [UpliftRanking.of(p.gains, p.treated, s).qini() for p, s in zip(every, found, strict=True)]
    return float(np.average(np.nan_to_num(values), weights=[len(part.event) for part in every]))


def _unseen(learner: Learner, shape: UpliftShape, rows: TrialRows, folds: Folds) -> FloatArray:
    scores = np.zeros(len(rows.event))
    for fit, held in folds:
        scores[held] = learner(rows.take(fit), shape).score(rows.X[held])
    return scores


def unseen_risk(rows: TrialRows, shape: UpliftShape, folds: Folds) -> FloatArray:
    """The chance of the event without contact, from the controls of the other folds, (rows,)."""
    chance = np.zeros(len(rows.event))
    for fit, held in folds:
        chance[held] = _chance(_arm(rows.take(fit), False, shape), rows.X[held])
    return chance


@dataclass(frozen=True)
class Calibration:
    """effect = level + slope x (score - middle): what a score is worth in chances."""

    level: float
    slope: float
    middle: float

    def effect(self, score: FloatArray) -> FloatArray:
        """Expected gain from contact, (rows,)."""
        return self.level + self.slope * (score - self.middle)


def calibrate(rows: TrialRows, score: FloatArray) -> Calibration:
    """From scores out of fold: least squares of the gains on contact and on contact x score, the slope shrunk.

    The slope is shrunk by how certain it is (slope^2 / (slope^2 + variance)), and never below 0.
    """
    share, middle = float(rows.treated.mean()), float(score.mean())
    off = rows.treated - share
    columns = np.column_stack([np.ones(len(score)), score - middle, off, off * (score - middle)])
    found, *_ = np.linalg.lstsq(columns, rows.gains, rcond=None)
    left = rows.gains - columns @ found
    variance = float(left @ left / max(len(left) - 4, 1)) * np.linalg.pinv(columns.T @ columns)[3, 3]
    slope = max(float(found[3]), 0.0)
    return Calibration(float(found[2]), slope * slope**2 / (slope**2 + variance) if slope else 0.0, middle)


@dataclass(frozen=True)
class EffectModel:
    """The chosen learner fitted on all contacts of one action, with what its scores are worth."""

    scorer: Scorer
    worth: Calibration

    def effect(self, X: FloatArray) -> FloatArray:
        """Expected gain from contact, in chances, (rows,); below zero contact does harm."""
        return self.worth.effect(self.scorer.score(X))

    def dump(self) -> Parts:
        """Named files of text."""
        worth = to_json(vars(self.worth))
        return {"worth.json": worth, **under("scorer", self.scorer.dump())}

    @classmethod
    def load(cls, parts: Parts) -> "EffectModel":
        """What `dump` gave."""
        return cls(Scorer.load(within("scorer", parts)), Calibration(**from_json(parts["worth.json"])))


def fit_effect(name: str, shape: UpliftShape, rows: TrialRows, unseen: FloatArray) -> EffectModel:
    """Fit the chosen learner on all rows; `unseen` (rows,) are its scores out of fold."""
    return EffectModel(LEARNERS[name.partition("/")[0]](rows, shape), calibrate(rows, unseen))


def _sum_of(rows: TrialRows, found: Sequence[tuple[tuple["lgb.Booster", ...], float]]) -> Scorer:
    boosters = tuple(one for bag, _ in found for one in bag)
    return Scorer(boosters, tuple(rows.gain * weight / len(bag) for bag, weight in found for _ in bag))


def _arm(rows: TrialRows, arm: bool, shape: UpliftShape) -> tuple["lgb.Booster", ...]:
    part = rows.take(rows.treated == arm)
    return _fit(part, part.event, shape, "binary")


def _chance(boosters: Sequence["lgb.Booster"], X: FloatArray) -> FloatArray:
    return np.asarray(np.mean([one.predict(X) for one in boosters], axis=0), dtype=np.float64)


def _fit(
    rows: TrialRows, y: FloatArray, shape: UpliftShape, objective: str, start: FloatArray | None = None
) -> tuple["lgb.Booster", ...]:
    import lightgbm as lgb

    quiet = {"feature_pre_filter": False, "verbosity": -1}
    data = lgb.Dataset(rows.X, y, init_score=start, categorical_feature=list(rows.categories), params=quiet)
    return tuple(lgb.train(_parameters(shape, objective, bag), data, shape.trees) for bag in range(shape.bags))


def _parameters(shape: UpliftShape, objective: str, bag: int) -> dict[str, Any]:
    return {
        "objective": objective,
        "num_leaves": shape.leaves,
        "learning_rate": shape.rate,
        "min_data_in_leaf": shape.leaf_rows,
        "lambda_l2": shape.l2,
        "feature_fraction": shape.column_share,
        "bagging_fraction": shape.row_share,
        "bagging_freq": 1,
        "seed": shape.seed + bag,
        "num_threads": shape.num_threads,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "verbosity": -1,
    }
