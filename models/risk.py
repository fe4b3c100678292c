"""The risk of defection: candidates compared on rows they were not fitted on, the best one calibrated and fitted again.

Every choice (shape of the trees, their number, shape of the logistic regression, weight of the blend, calibration) is
made by log loss on folds of whole customers inside the training rows; test rows are never seen here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from features.errors import OneClassError
from models.additive import Additive
from models.arrays import BoolArray, FloatArray
from models.baselines import fit_base_rate, fit_single_rule
from models.blend import Blend
from models.boosting import Boosting, Trees, cross_fit, fit_boosters
from models.calibration import IDENTITY, Sigmoid, fit_level, fit_sigmoid, is_earned, log_loss, row_log_loss
from models.candidate import Candidate
from models.folds import Folds, customer_folds, customer_sample, later_split
from models.logistic import fit_logistic
from models.rows import Rows
from models.settings import LinearShape, RiskSettings, TreeShape

BLEND_STEPS = 20
Fit = Callable[[Rows], Candidate]


@dataclass(frozen=True)
class Proposal:
    """A candidate before the last fit: how to fit it, and its log-odds out of fold."""

    name: str
    fit: Fit
    out_of_fold: FloatArray
    details: Mapping[str, float | str]


@dataclass(frozen=True)
class Boosted:
    """One shape of trees: how many of them, and their log-odds out of fold."""

    trees: Trees
    count: int
    out_of_fold: FloatArray


@dataclass(frozen=True)
class RiskFit:
    """The chosen model, the baselines fitted on the same rows, and how the choice came about.

    `scores` holds the log loss out of fold of each candidate, `details` what was found for each, `out_of_fold` the
    calibrated log-odds of the rows `selection` that the choice was made on.
    """

    model: Blend
    baselines: Mapping[str, Additive]
    chosen: str
    scores: Mapping[str, float]
    details: Mapping[str, float | str]
    selection: BoolArray
    out_of_fold: FloatArray


def fit_risk(rows: Rows, settings: RiskSettings) -> RiskFit:
    """Choose, calibrate and fit the risk model. Raises OneClassError where only one outcome occurs."""
    check_both_classes(rows.y)
    selection = customer_sample(rows.customers, settings.selection_rows, settings.seed)
    sample = rows.take(selection)
    proposals, folds = _proposals(sample, settings)
    scores = {p.name: log_loss(sample.y, p.out_of_fold, sample.weights) for p in proposals}
    best = min(proposals, key=lambda proposal: scores[proposal.name])
    sigmoid, source, snapshots = calibrate(best, sample, settings)
    found = {f"{p.name}.{key}": value for p in proposals for key, value in p.details.items()}
    found |= {"calibration": source, "slope": sigmoid.slope, "intercept": sigmoid.intercept}
    found["calibration.snapshots"] = snapshots
    model = _calibrated(best.fit(rows), sigmoid)
    baselines = fit_baselines(rows, _plain_shape(sample, folds, settings), settings)
    return RiskFit(model, baselines, best.name, scores, found, selection, sigmoid(best.out_of_fold))


def fit_chosen(rows: Rows, settings: RiskSettings) -> Blend:
    """The best candidate by log loss out of fold, calibrated and fitted, without baselines. Both classes must occur."""
    sample = rows.take(customer_sample(rows.customers, settings.selection_rows, settings.seed))
    proposals, _ = _proposals(sample, settings)
    best = _best(proposals, sample)
    return _calibrated(best.fit(rows), calibrate(best, sample, settings)[0])


def _proposals(sample: Rows, settings: RiskSettings) -> tuple[list[Proposal], Folds]:
    """The candidates, and the folds of whole customers that they were compared on; only the base rate without folds."""
    folds = customer_folds(sample.y, sample.customers, settings.folds, settings.seed)
    return propose(sample, folds, settings) if folds else [_base_rate(sample, [])], folds


def check_both_classes(y: FloatArray) -> None:
    """Raises OneClassError unless both outcomes occur."""
    if len(np.unique(y)) < 2:
        raise OneClassError(where="training rows", rows=len(y), defected=int(y.sum()))


def fit_baselines(rows: Rows, plain: LinearShape, settings: RiskSettings) -> dict[str, Additive]:
    """Base rate, single rule, and the plain logistic regression that a user would try first."""
    some = rows.take(customer_sample(rows.customers, settings.linear_rows, settings.seed))
    return {
        "base_rate": fit_base_rate(rows),
        "single_rule": fit_single_rule(some),
        "logistic": fit_logistic(some, plain),
    }


def propose(rows: Rows, folds: Folds, settings: RiskSettings) -> list[Proposal]:
    """All candidates with their log-odds out of fold."""
    shapes = settings.linear if rows.X.size <= settings.linear_cells else settings.linear[:1]
    linear = _best([_logistic(rows, folds, shape, settings) for shape in shapes], rows)
    trees = _pooled([_lightgbm(rows, folds, shape, settings) for shape in settings.trees], rows, settings)
    return [_base_rate(rows, folds), _single_rule(rows, folds), linear, trees, _blend(linear, trees, rows)]


def calibrate(best: Proposal, rows: Rows, settings: RiskSettings) -> tuple[Sigmoid, str, int]:
    """The sigmoid, where it comes from, and how many later snapshots: enough complete ones, else (0) the folds.

    With time, the slope is what a fit to the early snapshots needs at the later ones; where it needs none, that fit was
    made on so few rows that it is no evidence against the slope that the folds ask for. The level is that of the later
    snapshots, where the fit to all snapshots (here: out of fold) has not yet followed a drift.
    """
    folds = fit_sigmoid(best.out_of_fold, rows.y, rows.customers, rows.weights)
    split = later_split(rows, settings.calibration_snapshots)
    if split is None or min(len(np.unique(rows.y[part])) for part in split) < 2:
        return folds, "folds", 0
    early, late = rows.take(split[0]), rows.take(split[1])
    found = fit_sigmoid(best.fit(early).log_odds(late.X), late.y, late.customers, late.weights)
    slope = folds.slope if found == IDENTITY else found.slope
    level = fit_level(slope * best.out_of_fold[split[1]], late.y, late.customers, late.weights)
    return Sigmoid(slope, level.intercept), "later snapshots", len(set(np.asarray(late.times).tolist()))


def _plain_shape(rows: Rows, folds: Folds, settings: RiskSettings) -> LinearShape:
    """The penalty of the plain logistic regression: the best on the first fold, so that the baseline is a fair one."""
    if not folds:
        return settings.plain[0]
    inside, held = folds[0]
    some, test = rows.take(inside), rows.take(held)
    few = some.take(customer_sample(some.customers, settings.linear_rows, settings.seed))
    losses = [log_loss(test.y, fit_logistic(few, shape).log_odds(test.X), test.weights) for shape in settings.plain]
    return settings.plain[int(np.argmin(losses))]


def _calibrated(model: Candidate, sigmoid: Sigmoid) -> Blend:
    members = model.members if isinstance(model, Blend) else ((1.0, model),)
    return Blend(members, sigmoid)


def _best(proposals: list[Proposal], rows: Rows) -> Proposal:
    return min(proposals, key=lambda p: log_loss(rows.y, p.out_of_fold, rows.weights))


def _out_of_fold(rows: Rows, folds: Folds, fit: Fit) -> FloatArray:
    scores = np.empty(len(rows.y))
    for inside, held in folds:
        scores[held] = fit(rows.take(inside)).log_odds(rows.X[held])
    return scores


def _base_rate(rows: Rows, folds: Folds) -> Proposal:
    def fit(some: Rows) -> Additive:
        return fit_base_rate(some)

    scores = _out_of_fold(rows, folds, fit) if folds else fit(rows).log_odds(rows.X)
    return Proposal("base_rate", fit, scores, {})


def _single_rule(rows: Rows, folds: Folds) -> Proposal:
    def fit(some: Rows) -> Additive:
        return fit_single_rule(some)

    return Proposal("single_rule", fit, _out_of_fold(rows, folds, fit), {})


def _logistic(rows: Rows, folds: Folds, shape: LinearShape, settings: RiskSettings) -> Proposal:
    def fit(some: Rows) -> Additive:
        few = some.take(customer_sample(some.customers, settings.linear_rows, settings.seed))
        return fit_logistic(few, shape)

    return Proposal("logistic", fit, _out_of_fold(rows, folds, fit), {"shape": shape.name})


def _lightgbm(rows: Rows, folds: Folds, shape: TreeShape, settings: RiskSettings) -> Boosted:
    trees = Trees(shape, settings.seed, settings.num_threads)
    count, scores = cross_fit(rows, trees, folds, max_trees=settings.max_trees, patience=settings.patience)
    return Boosted(trees, count, scores)


def _pooled(boosted: list[Boosted], rows: Rows, settings: RiskSettings) -> Proposal:
    """The best shape, or the mean of two where that is better and the rows are few enough to gain from it."""
    ordered = sorted(boosted, key=lambda found: log_loss(rows.y, found.out_of_fold, rows.weights))
    alone = ordered[:1]
    sets = [alone] if len(rows.y) > settings.bag_rows else [alone, *_pairs(ordered)]
    return _best([_trees_of(some, settings) for some in sets], rows)


def _pairs(ordered: list[Boosted]) -> list[list[Boosted]]:
    """The two best shapes, and the best with thresholds by chance beside the best without: they err elsewhere."""
    kinds = [[found for found in ordered if found.trees.shape.extra_trees == chance] for chance in (False, True)]
    best_of_each = [kind[0] for kind in kinds if kind]
    return [pair for pair in (ordered[:2], best_of_each) if len(pair) == 2]


def _trees_of(boosted: list[Boosted], settings: RiskSettings) -> Proposal:
    def fit(some: Rows) -> Boosting:
        bags = -(-settings.bags // len(boosted)) if len(some.y) <= settings.bag_rows else 1
        fits = [booster for b in boosted for booster in fit_boosters(some, b.trees, b.count, bags=bags)]
        return Boosting(tuple(fits), settings.num_threads)

    scores = np.mean([b.out_of_fold for b in boosted], axis=0)
    details: dict[str, float | str] = {"shape": "+".join(b.trees.shape.name for b in boosted)}
    return Proposal("lightgbm", fit, scores, {**details, "trees": sum(b.count for b in boosted)})


def _blend(linear: Proposal, trees: Proposal, rows: Rows) -> Proposal:
    """The weight with the lowest log loss; the better of the two alone where mixing gains no more than chance would."""

    def mixed(share: float) -> FloatArray:
        return share * trees.out_of_fold + (1 - share) * linear.out_of_fold

    shares = np.arange(BLEND_STEPS + 1) / BLEND_STEPS
    best = float(min(shares, key=lambda share: log_loss(rows.y, mixed(share), rows.weights)))
    alone = float(min((1.0, 0.0), key=lambda share: log_loss(rows.y, mixed(share), rows.weights)))
    gain = row_log_loss(rows.y, mixed(alone)) - row_log_loss(rows.y, mixed(best))
    if not is_earned(gain, rows.customers, parameters=1, weights=rows.weights):
        best = alone
    weighted = [(weight, part) for weight, part in ((best, trees), (1 - best, linear)) if weight > 0]

    def fit(some: Rows) -> Blend:
        return Blend(tuple((weight, part.fit(some)) for weight, part in weighted))

    return Proposal("blend", fit, mixed(best), {"lightgbm_share": best})
