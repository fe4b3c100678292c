"""LightGBM: a bag of fits that differ in their seed, small trees, the number of trees found by cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from models.arrays import FloatArray, Parts, from_json, to_json
from models.folds import Folds
from models.rows import Rows
from models.settings import TreeShape
from models.tree_effects import TreeEffects, tree_effects
from models.tree_text import read_trees

if TYPE_CHECKING:
    import lightgbm as lgb

# Below this size two threads wait for each other longer than they work (50 x longer on a busy machine).
ONE_THREAD_CELLS = 2_000_000
BEGINNING = b"tree\n"  # of LightGBM's own text


@dataclass(frozen=True)
class Boosting:
    """The mean, in log-odds, of several LightGBM fits."""

    boosters: tuple["lgb.Booster", ...]
    num_threads: int

    kind = "boosting"

    def log_odds(self, X: FloatArray) -> FloatArray:
        """See `Candidate`."""
        return mean_of(self.boosters, X, self.num_threads, raw_score=True)

    def contributions(self, X: FloatArray) -> FloatArray:
        """See `Candidate`; exact (TreeSHAP, Lundberg et al. 2020), by lookups unless trees are too large."""
        if self.effects is not None:
            return self.effects(X, self.num_threads)
        return mean_of(self.boosters, X, self.num_threads, pred_contrib=True)

    @cached_property
    def effects(self) -> TreeEffects | None:
        """The contributions as lookups, made once; None where the trees are too large or of several classes."""
        if any(booster.num_model_per_iteration() > 1 for booster in self.boosters):
            return None
        trees = [tree for booster in self.boosters for tree in read_trees(booster.model_to_string())]
        return tree_effects(trees, self.boosters[0].num_feature(), 1 / len(self.boosters))

    def dump(self) -> Parts:
        """See `Candidate`."""
        return {"boosting.json": to_json({"num_threads": self.num_threads}), **dump_boosters(self.boosters)}

    @classmethod
    def load(cls, parts: Parts) -> "Boosting":
        """What `dump` gave."""
        return cls(load_boosters(parts), from_json(parts["boosting.json"])["num_threads"])


@dataclass(frozen=True)
class Trees:
    """How to fit: shape, objective, seed and threads."""

    shape: TreeShape
    seed: int
    num_threads: int
    objective: str = "binary"
    extra: tuple[tuple[str, Any], ...] = ()

    def parameters(self, seed: int, cells: int, rows: int) -> dict[str, Any]:
        """LightGBM's parameters for a matrix of so many cells, and so many rows or more in a fit.

        Deterministic for a given seed and number of threads.
        """
        return {
            "objective": self.objective,
            "num_leaves": self.shape.leaves,
            "max_depth": self.shape.depth,
            "learning_rate": self.shape.rate,
            "min_data_in_leaf": self.shape.leaf_rows,
            "feature_fraction": self.shape.column_share,
            # LightGBM draws the share rounded down, and fails on no row at all.
            "bagging_fraction": self.shape.row_share if self.shape.row_share * rows >= 1 else 1.0,
            "bagging_freq": 1,
            "lambda_l2": self.shape.l2,
            "path_smooth": self.shape.path_smooth,
            "extra_trees": self.shape.extra_trees,
            "seed": seed,
            "num_threads": self.num_threads if cells > ONE_THREAD_CELLS else 1,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "verbosity": -1,
            **dict(self.extra),
        }


def cross_fit(rows: Rows, trees: Trees, folds: Folds, *, max_trees: int, patience: int) -> tuple[int, FloatArray]:
    """The number of trees with the lowest mean loss over the folds, and the raw scores out of fold at that number.

    Scores have the shape (rows,), or (rows, classes) for a multiclass objective.
    """
    import lightgbm as lgb

    stop = lgb.early_stopping(patience, verbose=False)
    fewest = min(len(inside) for inside, _ in folds)
    parameters = trees.parameters(trees.seed, rows.X.size, fewest) | _signs(rows)
    found = lgb.cv(parameters, dataset(rows), max_trees, folds=folds, return_cvbooster=True, callbacks=[stop])
    boosters = found["cvbooster"].boosters
    count = max(int(found["cvbooster"].best_iteration), 1)
    width = boosters[0].num_model_per_iteration()
    scores = np.full((len(rows.y), width) if width > 1 else len(rows.y), np.nan)
    for booster, (_, held) in zip(boosters, folds, strict=True):
        scores[held] = booster.predict(rows.X[held], raw_score=True, num_iteration=count)
    return count, scores


def fit_boosters(rows: Rows, trees: Trees, count: int, *, bags: int = 1) -> tuple["lgb.Booster", ...]:
    """`bags` fits of `count` trees each; they share the binned data."""
    import lightgbm as lgb

    data = dataset(rows)
    settings = [trees.parameters(trees.seed + bag, rows.X.size, len(rows.y)) | _signs(rows) for bag in range(bags)]
    fits = [lgb.train(one, data, count) for one in settings]
    # A round trip through text frees the training data and makes the fresh model the same as the loaded one.
    return tuple(lgb.Booster(model_str=fit.model_to_string()) for fit in fits)


def _signs(rows: Rows) -> dict[str, Any]:
    return {"monotone_constraints": list(rows.monotone)} if any(rows.monotone) else {}


def dataset(rows: Rows) -> "lgb.Dataset":
    """LightGBM's view of the rows."""
    import lightgbm as lgb

    settings = {"feature_pre_filter": False, "verbosity": -1}
    categories = list(rows.categories)
    return lgb.Dataset(rows.X, rows.y, weight=rows.weights, categorical_feature=categories, params=settings)


def mean_of(boosters: Sequence["lgb.Booster"], X: FloatArray, num_threads: int, **what: bool) -> FloatArray:
    """Mean of the boosters' predictions of one kind (raw scores or contributions)."""
    total: FloatArray = sum(np.asarray(b.predict(X, num_threads=num_threads, **what)) for b in boosters)  # type: ignore[assignment]
    return total / len(boosters)


def dump_boosters(boosters: Sequence["lgb.Booster"]) -> Parts:
    """One text file a booster."""
    return {f"booster_{i:02d}.txt": booster.model_to_string().encode() for i, booster in enumerate(boosters)}


def load_boosters(parts: Parts) -> tuple["lgb.Booster", ...]:
    """What `dump_boosters` gave, in its order. Raises ValueError for what LightGBM did not write."""
    import lightgbm as lgb

    names = sorted(name for name in parts if name.startswith("booster_"))
    for name in names:
        if not parts[name].startswith(BEGINNING):  # said here, because LightGBM would print it
            raise ValueError(f"{name} holds no trees")
    return tuple(lgb.Booster(model_str=parts[name].decode()) for name in names)
