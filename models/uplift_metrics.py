"""How well a ranking finds those whom contact helps most: Qini, AUUC, uplift at a share.

`gain` (rows,) is what one wants more of (1 a visit, -1 a defection, 0 nothing), `treated` says whom chance had
contacted, `score` is larger for those to contact first. Rows with equal scores count together.
Qini curve (Radcliffe 2007): gains of the treated so far, less those of the controls times treated / controls so far.
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import BoolArray, FloatArray, IntArray
from models.metrics_bootstrap import Weighted, with_intervals

TOP = 0.3


@dataclass(frozen=True)
class UpliftRanking:
    """Rows from the highest score to the lowest, sorted once; `last` marks the end of each run of equal scores."""

    order: IntArray
    last: BoolArray
    gain: FloatArray
    treated: FloatArray

    @classmethod
    def of(cls, gain: FloatArray, treated: BoolArray, score: FloatArray) -> "UpliftRanking":
        """Sort."""
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        last = np.append(ordered[1:] != ordered[:-1], True)
        return cls(order, last, gain[order].astype(np.float64), treated[order].astype(np.float64))

    def qini(self, weights: FloatArray | None = None) -> float:
        """Area between curve and straight line over that of a perfect ranking; 0 by chance, below it worse.

        The perfect ranking puts treated rows with a gain and controls without one first, as scikit-uplift does.
        """
        perfect = UpliftRanking.of(self.gain, self.treated > 0, self.gain * (2 * self.treated - 1))
        best = perfect._over_chance(None if weights is None else weights[self.order])
        return self._over_chance(weights) / best if best > 0 else float("nan")

    def auuc(self, weights: FloatArray | None = None) -> float:
        """Area under the uplift curve: extra gains a row, averaged over the shares contacted from 0 to 1."""
        rows, curve = self._curve(weights)
        share = rows / rows[-1]
        return float(np.trapezoid(curve, share) / max(self._weights(weights) @ self.treated, 1e-12))

    def uplift_at(self, top: float = TOP, weights: FloatArray | None = None) -> float:
        """Difference of the mean gain between the arms among the best-ranked `top` of the rows.

        A run of equal scores on the border counts in part.
        """
        size, gains = self._sums(weights)
        rows = size[0] + size[1]
        means = []
        for count, gain in zip(size, gains, strict=True):
            inside = float(np.interp(top * rows[-1], rows, count))
            means.append(float(np.interp(top * rows[-1], rows, gain)) / inside if inside else float("nan"))
        return means[0] - means[1]

    def _weights(self, weights: FloatArray | None) -> FloatArray:
        return np.ones(len(self.order)) if weights is None else weights[self.order]

    def _curve(self, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Rows so far and the Qini curve, both from 0."""
        size, gains = self._sums(weights)
        ratio = np.divide(size[0], size[1], out=np.zeros_like(size[0]), where=size[1] > 0)
        return size[0] + size[1], gains[0] - gains[1] * ratio

    def _sums(self, weights: FloatArray | None) -> tuple[list[FloatArray], list[FloatArray]]:
        """Rows and gains of the treated and of the controls down to the end of each run of equal scores, from 0."""
        w = self._weights(weights)
        arms = (self.treated, 1 - self.treated)
        size, gains = ([np.r_[0.0, np.cumsum(w * arm * x)[self.last]] for arm in arms] for x in (1.0, self.gain))
        return size, gains

    def _over_chance(self, weights: FloatArray | None) -> float:
        rows, curve = self._curve(weights)
        return float(np.trapezoid(curve, rows) - rows[-1] * curve[-1] / 2)


@dataclass(frozen=True)
class Scored:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def uplift_scores(
    gain: FloatArray,
    treated: BoolArray,
    score: FloatArray,
    customers: IntArray,
    *,
    replicates: int = 200,
    seed: int = 0,
) -> dict[str, Scored]:
    """`qini`, `auuc` and `uplift_30` of a ranking, with bootstrap intervals over customers."""
    ranked = UpliftRanking.of(gain, treated, score)
    metrics: dict[str, Weighted] = {
        "qini": ranked.qini,
        "auuc": ranked.auuc,
        "uplift_30": lambda weights: ranked.uplift_at(TOP, weights),
    }
    found = with_intervals(metrics, customers, replicates=replicates, seed=seed)
    return {name: Scored(found[name], found[f"{name}.low"], found[f"{name}.high"]) for name in metrics}
