"""An additive model in log-odds, one curve a column: base rate, single rule and logistic regression are all this.

A logistic regression on transformed columns is a sum of functions of one column each. Kept as such a function (knots
and effects, in JSON) it needs no transformer objects when loaded, explains itself, and scores at the speed of
interpolation. A category is a curve over its level codes, where only the knots themselves occur.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import FloatArray, Parts, floats, from_json, to_json


@dataclass(frozen=True)
class Curve:
    """Effect of one column: linear between knots, constant outside them, and the effect of a missing value."""

    knots: FloatArray
    effects: FloatArray
    missing: float

    def __call__(self, values: FloatArray) -> FloatArray:
        """Effects in log-odds, shape as `values`."""
        effects: FloatArray = np.interp(values, self.knots, self.effects)
        absent = np.isnan(values)
        if absent.any():
            effects[absent] = self.missing
        return effects


@dataclass(frozen=True)
class Additive:
    """Base plus one curve for each position in `curves`; columns without a curve have no effect."""

    base: float
    curves: dict[int, Curve]
    columns: int

    kind = "additive"

    def log_odds(self, X: FloatArray) -> FloatArray:
        """See `Candidate`."""
        total = np.full(len(X), self.base)
        for i, curve in self.curves.items():
            total += curve(X[:, i])
        return total

    def contributions(self, X: FloatArray) -> FloatArray:
        """See `Candidate`."""
        effects = np.zeros((len(X), self.columns + 1))
        for i, curve in self.curves.items():
            effects[:, i] = curve(X[:, i])
        effects[:, -1] = self.base
        return effects

    def dump(self) -> Parts:
        """See `Candidate`."""
        return {"additive.json": to_json(self.to_dict())}

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        curves = {i: {"knots": c.knots, "effects": c.effects, "missing": c.missing} for i, c in self.curves.items()}
        return {"base": self.base, "columns": self.columns, "curves": curves}

    @classmethod
    def load(cls, parts: Parts) -> "Additive":
        """What `dump` gave."""
        return cls.from_dict(from_json(parts["additive.json"]))

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Additive":
        """What `to_dict` gave."""
        curves = {
            int(i): Curve(floats(c["knots"]), floats(c["effects"]), float(c["missing"]))
            for i, c in stored["curves"].items()
        }
        return cls(float(stored["base"]), curves, int(stored["columns"]))


def centred(base: float, curves: dict[int, Curve], X: FloatArray) -> Additive:
    """The same model with each curve's mean over `X` moved into the base: effects compare with the average row."""
    moved = {}
    for i, curve in curves.items():
        mean = float(curve(X[:, i]).mean())
        moved[i] = Curve(curve.knots, curve.effects - mean, curve.missing - mean)
        base += mean
    return Additive(base, moved, X.shape[1])
