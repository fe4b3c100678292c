"""Logistic regression on bent columns, kept as one curve a column.

Each number is shown to the regression straight, as its normal score, or as a spline: a slope between each two
neighbouring quantiles. The L2 penalty then pulls neighbouring slopes to zero one by one, which keeps the curve smooth
(the idea of P-splines, Eilers and Marx 1996, with first differences). A missing value is the column's mean plus an
effect of its own; rare levels of a category share one effect.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from models.additive import Additive, Curve, centred
from models.arrays import FloatArray
from models.rows import Rows
from models.settings import LinearShape

RARE_ROWS = 10


@dataclass(frozen=True)
class Basis:
    """How one column enters the design: values at knots (knots, width) and the row of a missing value (width,)."""

    knots: FloatArray
    values: FloatArray
    missing: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        """Design columns, shape (rows, width)."""
        absent = np.isnan(x)
        design: FloatArray = np.column_stack([np.interp(x, self.knots, column) for column in self.values.T])
        design[absent] = self.missing
        return design

    def curve(self, coefficients: FloatArray) -> Curve:
        """The column's effect under these coefficients (width,)."""
        return Curve(self.knots, self.values @ coefficients, float(self.missing @ coefficients))


Bases = dict[int, Basis]


def fit_logistic(rows: Rows, shape: LinearShape) -> Additive:
    """A logistic regression of y (0 or 1), as curves in log-odds."""
    bases = fit_bases(rows, shape)
    intercept, coefficients = solve(design_of(rows.X, bases), rows.y, shape.strength, rows.weights)
    curves = split_curves(bases, coefficients[0])
    curves |= {i: _straightened(curves[i], sign) for i, sign in enumerate(rows.monotone) if sign and i in curves}
    return centred(float(intercept[0]), curves, rows.X)


def _straightened(curve: Curve, sign: int) -> Curve:
    """The nearest curve that only rises (1) or falls (-1); the effect of a missing value stays."""
    from sklearn.isotonic import isotonic_regression

    return Curve(curve.knots, isotonic_regression(curve.effects, increasing=sign > 0), curve.missing)


def fit_multinomial(rows: Rows, shape: LinearShape) -> tuple[Additive, ...]:
    """A multinomial logistic regression of y (0, 1, ...): one model a class; their softmax is the answer."""
    bases = fit_bases(rows, shape)
    intercepts, coefficients = solve(design_of(rows.X, bases), rows.y, shape.strength, rows.weights)
    if len(intercepts) == 1:  # two classes: scikit-learn gives the log-odds of the second
        intercepts, coefficients = np.append(0.0, intercepts), np.vstack([np.zeros_like(coefficients), coefficients])
    return tuple(
        Additive(float(b), split_curves(bases, w), rows.columns) for b, w in zip(intercepts, coefficients, strict=True)
    )


def fit_bases(rows: Rows, shape: LinearShape) -> Bases:
    """The basis of every column that is not all missing."""
    named = set(rows.categories)
    built = {i: _levels(x) if i in named else _number(x, shape) for i, x in enumerate(rows.X.T)}
    return {i: basis for i, basis in built.items() if basis is not None}


def design_of(X: FloatArray, bases: Bases) -> FloatArray:
    """All design columns side by side, shape (rows, sum of widths)."""
    if not bases:
        return np.zeros((len(X), 1))
    return np.hstack([basis(X[:, i]) for i, basis in bases.items()])


def solve(
    design: FloatArray, y: FloatArray, strength: float, weights: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Intercepts (classes or 1,) and coefficients (classes or 1, design columns)."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    solver = "newton-cholesky" if design.shape[1] < len(design) else "lbfgs"
    with threadpool_limits(1):  # the same sums in the same order on every machine; and faster on a busy one
        model = LogisticRegression(C=strength, solver=solver, max_iter=500).fit(design, y, sample_weight=weights)
    return model.intercept_, model.coef_


def split_curves(bases: Bases, coefficients: FloatArray) -> dict[int, Curve]:
    """The curve of each column from the coefficients of all, in the order of `design_of`."""
    curves, start = {}, 0
    for i, basis in bases.items():
        stop = start + basis.values.shape[1]
        curves[i] = basis.curve(coefficients[start:stop])
        start = stop
    return curves


def _levels(codes: FloatArray) -> Basis | None:
    """One design column a level; rare levels share one, and so do missing values when they are rare."""
    known = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(known) if len(known) else np.zeros(1, dtype=np.int64)
    frequent = np.flatnonzero(counts >= RARE_ROWS)
    width = len(frequent) + 1
    column = np.full(len(counts), width - 1)
    column[frequent] = np.arange(width - 1)
    own = len(codes) - len(known) >= RARE_ROWS
    values = np.eye(width + own)
    return Basis(np.arange(len(counts), dtype=np.float64), values[column], values[width - 1 + own])


def _number(x: FloatArray, shape: LinearShape) -> Basis | None:
    present = x[~np.isnan(x)]
    if len(present) == 0:
        return None
    knots, values = BENDS[shape.bend](present, shape.knots)
    design = np.column_stack([np.interp(present, knots, column) for column in values.T])
    values = values - design.mean(axis=0)
    width = values.shape[1]
    if len(present) == len(x):
        return Basis(knots, values, np.zeros(width))
    values = np.column_stack([values, np.zeros(len(knots))])
    return Basis(knots, values, np.eye(width + 1)[width])


def _straight(x: FloatArray, _knots: int) -> tuple[FloatArray, FloatArray]:
    """In standard deviations; constant beyond the range seen, so a stray value cannot run away."""
    knots = np.unique([x.min(), x.max()])
    return knots, (knots / (x.std() or 1.0))[:, None]


def _normal(x: FloatArray, _knots: int) -> tuple[FloatArray, FloatArray]:
    """Normal scores of the ranks, in standard deviations."""
    knots, ranks = _ranks(x)
    return knots, _standardised(x, knots, ndtri(ranks)[:, None])


def _cubic(x: FloatArray, _knots: int) -> tuple[FloatArray, FloatArray]:
    """First, second and third power of the rank, each in standard deviations."""
    knots, ranks = _ranks(x)
    return knots, _standardised(x, knots, (2 * ranks - 1)[:, None] ** np.arange(1, 4))


def _ranks(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Quantiles and their ranks in (0, 1); equal quantiles take the middle of their ranks."""
    shares = (np.arange(RANK_KNOTS) + 0.5) / RANK_KNOTS
    knots, position = np.unique(np.quantile(x, shares), return_inverse=True)
    return knots, np.bincount(position, shares) / np.bincount(position)


def _standardised(x: FloatArray, knots: FloatArray, values: FloatArray) -> FloatArray:
    spread = np.array([np.interp(x, knots, column).std() for column in values.T])
    return values / np.where(spread > 0, spread, 1.0)


def _spline(x: FloatArray, knots: int) -> tuple[FloatArray, FloatArray]:
    """One ramp between each two neighbouring quantiles: 0 below, 1 above."""
    found = np.unique(np.quantile(x, np.linspace(0, 1, knots)))
    return found, np.tri(len(found), len(found) - 1, -1) if len(found) > 1 else np.zeros((1, 1))


RANK_KNOTS = 50
BENDS = {"straight": _straight, "normal": _normal, "cubic": _cubic, "spline": _spline}
