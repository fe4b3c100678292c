"""What can be tuned of the risk model, and what a proposal is worth: its log loss on folds of the training rows.

A proposal is the shape of a LightGBM or of a logistic regression. The shapes found are added to the candidates of the
config, and the usual choice by log loss out of fold decides among all of them, so tuning cannot make that worse.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from models.boosting import Trees, cross_fit
from models.calibration import log_loss
from models.folds import Folds, customer_folds, customer_sample
from models.logistic import fit_logistic
from models.rows import Rows
from models.settings import LinearShape, RiskSettings, TreeShape

Shape = TreeShape | LinearShape


class Space(NamedTuple):
    """How large the trees of a family may be; `prefix` keeps its parameters apart from those of the other family."""

    prefix: str
    leaves: tuple[int, int]
    depth: tuple[int, int]
    leaf_rows: tuple[int, int]


# Shallow, because every leaf and level costs when each customer gets reasons; thresholds drawn by chance need depth.
SPACES = {
    "lightgbm": Space("", (4, 32), (2, 6), (3, 150)),
    "extra_trees": Space("extra_", (8, 128), (4, 12), (2, 150)),
}
FAMILIES = (*SPACES, "logistic")
SIZES = Space._fields[1:]
RATE, L2, PATH_SMOOTH, STRENGTH = (0.02, 0.15), (0.1, 100.0), (0.0, 30.0), (0.001, 10.0)
COLUMN_SHARE, ROW_SHARE = (0.1, 1.0), (0.5, 1.0)
BENDS = ("normal", "cubic", "spline")
# Known beforehand to be a good all-rounder on churn data: tried first, beside the shapes of the config.
STEADY = TreeShape(name="steady", leaves=12, depth=5, rate=0.03, leaf_rows=60, column_share=0.5)
# Deep trees with thresholds by chance: alone seldom the best, often the best partner of the others.
CHANCE = TreeShape(
    name="chance",
    leaves=63,
    depth=10,
    rate=0.15,
    leaf_rows=2,
    column_share=1.0,
    row_share=0.9,
    l2=1.0,
    extra_trees=True,
)


class Suggest(Protocol):
    """The part of an Optuna trial that a proposal needs."""

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """One of the choices."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """A whole number between the two."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """A number between the two."""


def suggested(trial: Suggest, name: str) -> Shape:
    """The shape that a trial proposes."""
    family = trial.suggest_categorical("family", FAMILIES)
    if family == "logistic":
        bend = trial.suggest_categorical("bend", BENDS)
        return LinearShape(name=name, bend=bend, strength=trial.suggest_float("strength", *STRENGTH, log=True))
    space = SPACES[family]
    return TreeShape(
        name=name,
        leaves=trial.suggest_int(f"{space.prefix}leaves", *space.leaves, log=True),
        depth=trial.suggest_int(f"{space.prefix}depth", *space.depth),
        leaf_rows=trial.suggest_int(f"{space.prefix}leaf_rows", *space.leaf_rows, log=True),
        rate=trial.suggest_float("rate", *RATE, log=True),
        column_share=trial.suggest_float("column_share", *COLUMN_SHARE),
        row_share=trial.suggest_float("row_share", *ROW_SHARE),
        l2=trial.suggest_float("l2", *L2, log=True),
        path_smooth=trial.suggest_float("path_smooth", *PATH_SMOOTH),
        extra_trees=family == "extra_trees",
    )


def first_guesses(settings: RiskSettings) -> list[dict[str, Any]]:
    """Parameters of the config's own shapes, where they lie in the space, to be tried first."""
    trees = [_parameters(shape) for shape in (*settings.trees, STEADY, CHANCE) if _inside(shape)]
    linear = [
        {"family": "logistic", "bend": shape.bend, "strength": shape.strength}
        for shape in settings.linear
        if shape.bend in BENDS
    ]
    return trees + linear


def shape_of(parameters: Mapping[str, Any], name: str) -> Shape:
    """The shape that a trial's parameters stand for."""
    family = parameters["family"]
    given = {key: value for key, value in parameters.items() if key != "family"}
    if family == "logistic":
        return LinearShape(name=name, **given)
    plain = {key.removeprefix(SPACES[family].prefix): value for key, value in given.items()}
    return TreeShape(name=name, extra_trees=family == "extra_trees", **plain)


def tuning_rows(rows: Rows, settings: RiskSettings) -> tuple[Rows, Folds]:
    """The rows that a choice is made on, and their folds of whole customers; no folds where a class is too rare."""
    sample = rows.take(customer_sample(rows.customers, settings.selection_rows, settings.seed))
    return sample, customer_folds(sample.y, sample.customers, settings.folds, settings.seed)


def fold_losses(rows: Rows, folds: Folds, shape: Shape, settings: RiskSettings) -> Iterator[float]:
    """Log loss on the held rows of one fold after the other, so that a bad proposal can be given up early."""
    for inside, held in folds:
        test = rows.take(held)
        if isinstance(shape, LinearShape):
            scores = fit_logistic(rows.take(inside), shape).log_odds(test.X)
        else:
            trees = Trees(shape, settings.seed, settings.num_threads)
            fold = [(inside, held)]
            found = cross_fit(rows, trees, fold, max_trees=settings.max_trees, patience=settings.patience)
            scores = found[1][held]
        yield log_loss(test.y, scores, test.weights)


def with_shapes(settings: RiskSettings, shapes: list[Shape]) -> RiskSettings:
    """The settings with further candidates."""
    trees = tuple(shape for shape in shapes if isinstance(shape, TreeShape))
    linear = tuple(shape for shape in shapes if isinstance(shape, LinearShape))
    return settings.model_copy(update={"trees": settings.trees + trees, "linear": settings.linear + linear})


def _family(shape: TreeShape) -> str:
    return "extra_trees" if shape.extra_trees else "lightgbm"


def _parameters(shape: TreeShape) -> dict[str, Any]:
    """A shape as the parameters of a trial."""
    family = _family(shape)
    sizes = {f"{SPACES[family].prefix}{size}": getattr(shape, size) for size in SIZES}
    others = shape.model_dump(exclude={"name", "extra_trees", *SIZES})
    return {"family": family, **sizes, **others}


def _inside(shape: TreeShape) -> bool:
    ranges = dict(zip(SIZES, SPACES[_family(shape)][1:], strict=True)) | {
        "rate": RATE,
        "l2": L2,
        "path_smooth": PATH_SMOOTH,
        "column_share": COLUMN_SHARE,
        "row_share": ROW_SHARE,
    }
    return all(low <= getattr(shape, name) <= high for name, (low, high) in ranges.items())
