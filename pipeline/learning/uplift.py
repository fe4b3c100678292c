"""Effects by customer: learned where there are enough randomised contacts, kept where they are shown to be real."""

from collections.abc import Mapping

import numpy as np

from features.fingerprint import fingerprint
from models.arrays import FloatArray
from models.matrix import fit_columns
from models.trial import difference
from models.uplift import EffectModel, TrialRows, UpliftShape, calibrate, choose_ranking, fit_effect
from models.uplift_metrics import uplift_scores
from pipeline.learning.randomised import Randomised
from pipeline.learning.settings import FACTORS, LearningConfig
from pipeline.learning.uplift_models import Factors, UpliftModels
from pipeline.learning.uplift_result import Interval, RankingScore, UpliftResult
from pipeline.learning.whole_trial import WholeTrial

SHAPES = {"short": UpliftShape(trees=30, column_share=0.3), "long": UpliftShape(trees=100, column_share=0.3)}
Unseen = Mapping[str, list[FloatArray]]


def learn_effects(found: Randomised, rules: LearningConfig) -> tuple[UpliftResult, UpliftModels] | None:
    """Compare the learners, choose one, and fit it on all contacts; None where no action has enough of them.

    Factors on the risk have few parameters, shrunk. Another learner takes their place only where the interval of its
    Qini lies above theirs: the best of many noisy rankings is mostly the luckiest.
    """
    columns = fit_columns(found.table, {entry.name: entry.kind for entry in found.features.entries})
    trial = WholeTrial.of(found, columns)
    if not trial.actions:
        return None
    effects, tried = _unseen(trial, rules)
    scores = {name: _scored(trial, parts, name) for name, parts in effects.items()}
    chosen = _chosen(scores)
    result = UpliftResult(
        contacts=len(trial.action),
        customers=len(np.unique(trial.rows.customers)),
        actions=trial.actions,
        rankings=tuple(scores.values()),
        chosen=chosen,
        **_effect(trial, effects[chosen], chosen, rules, tried),
    )
    mark = fingerprint(found.features.groups, found.features.settings)
    if chosen == FACTORS:
        factors = Factors(trial.actions, trial.kinds, trial.factors())
        return result, UpliftModels(columns, found.until, mark, factors=factors)
    return result, UpliftModels(columns, found.until, mark, models=_fitted(trial, chosen, effects[chosen]))


def _unseen(trial: WholeTrial, rules: LearningConfig) -> tuple[dict[str, list[FloatArray]], int]:
    """Scores out of fold of the candidates by action: of each learner those of its best shape; how many were tried."""
    learners, parts = [name for name in rules.learners if name != FACTORS], list(trial.parts().values())
    found: dict[str, list[FloatArray]] = {}
    tried = len(learners) * len(SHAPES)
    if FACTORS in rules.learners:
        found[FACTORS] = trial.split(trial.unseen(SHAPES["short"], rules.folds, rules.seed))
        tried += 1
    if learners:
        choice, unseen = choose_ranking(parts, SHAPES, folds=rules.folds, seed=rules.seed, learners=learners)
        for learner in learners:
            shapes = [name for name in unseen if name.partition("/")[0] == learner]
            best = max(shapes, key=lambda name: choice.scores[name])
            found[best] = unseen[best]
    return found, tried


def _chosen(scores: Mapping[str, RankingScore]) -> str:
    """The factors, unless a ranking is surely better; without them the best."""
    best = max(scores, key=lambda name: scores[name].qini.value)
    if FACTORS in scores and not scores[best].qini.low > scores[FACTORS].qini.value:
        return FACTORS
    return best


def _scored(trial: WholeTrial, unseen: list[FloatArray], name: str) -> RankingScore:
    """Figures of a ranking out of fold. All actions stand in one, so scores count as the chances they are worth."""
    rows = list(trial.parts().values())
    worth = unseen if name == FACTORS else [calibrate(p, s).effect(s) for p, s in zip(rows, unseen, strict=True)]
    gains, treated, customers = (
        np.concatenate([getattr(part, key) for part in rows]) for key in ("gains", "treated", "customers")
    )
    figures = uplift_scores(gains, treated, np.concatenate(worth), customers)
    return RankingScore(name=name, **{key: Interval(**vars(one)) for key, one in figures.items()})


def _fitted(trial: WholeTrial, name: str, unseen: list[FloatArray]) -> Mapping[str, EffectModel]:
    shape = SHAPES[name.partition("/")[2]]
    parts = trial.parts()
    return {
        action: fit_effect(name, shape, rows, scores)
        for (action, rows), scores in zip(parts.items(), unseen, strict=True)
    }


def _effect(
    trial: WholeTrial, unseen: list[FloatArray], name: str, rules: LearningConfig, tried: int
) -> dict[str, object]:
    """What contact did to those with a positive effect by the rest of the data; the level allows for the choice."""
    gains, treated, strata = [], [], []
    for number, (part, score) in enumerate(zip(trial.parts().values(), unseen, strict=True)):
        good = (score if name == FACTORS else _worth_of_halves(part, score)) > 0
        gains.append(part.gains[good])
        treated.append(part.treated[good])
        strata.append(np.full(int(good.sum()), number))
    level = 1 - (1 - rules.level) / tried
    y, t, s = np.concatenate(gains), np.concatenate(treated), np.concatenate(strata)
    if not t.any() or t.all():
        return {"effect": Interval(value=0.0, low=0.0, high=0.0), "claimed": False}
    made = difference(y, t, s, level=level)
    return {"effect": Interval(value=made.difference, low=made.low, high=made.high), "claimed": made.low > 0}


def _worth_of_halves(part: TrialRows, score: FloatArray) -> FloatArray:
    """Effects; the calibration of each half of the customers is the other half's: nobody judges themselves."""
    half, effect = part.customers % 2 == 0, np.empty(len(score))
    for mine in (half, ~half):
        effect[mine] = calibrate(part.take(~mine), score[~mine]).effect(score[mine])
    return effect
