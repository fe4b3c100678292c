"""Rows sorted by a score once, so that ranking metrics under many sets of weights are one pass each."""

from dataclasses import dataclass

import numpy as np

from models.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Ranking:
    """Rows from the highest score to the lowest; `last` marks the end of each run of equal scores."""

    order: IntArray
    last: BoolArray
    positive: FloatArray
    score: FloatArray

    @classmethod
    def of(cls, y: FloatArray, score: FloatArray) -> "Ranking":
        """Sort once. `y` (rows,) is 0 or 1."""
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        last = np.append(ordered[1:] != ordered[:-1], True)
        return cls(order, last, y[order].astype(np.float64), ordered)

    def auc(self, weights: FloatArray | None = None) -> float:
        """Area under the ROC curve: the chance that a defector ranks above a stayer, ties counting half."""
        hits, misses = self._cumulated(weights)
        if hits[-1] == 0 or misses[-1] == 0:
            return float("nan")
        before = np.concatenate([[0.0], hits[:-1]])
        gained = np.diff(misses, prepend=0.0)
        return float(np.sum(gained * (hits + before) / 2) / (hits[-1] * misses[-1]))

    def average_precision(self, weights: FloatArray | None = None) -> float:
        """Mean precision over the defectors, from the top of the list (area under precision and recall as steps)."""
        hits, misses = self._cumulated(weights)
        if hits[-1] == 0:
            return float("nan")
        everyone = hits + misses
        precision = np.divide(hits, everyone, out=np.zeros_like(hits), where=everyone > 0)
        return float(np.sum(np.diff(hits, prepend=0.0) * precision) / hits[-1])

    def lift(self, share: float, weights: FloatArray | None = None) -> float:
        """Rate of defectors in the top `share` over the overall rate; a run of ties on the border counts in part."""
        hits, misses = self._cumulated(weights)
        everyone = np.concatenate([[0.0], hits + misses])
        if hits[-1] == 0:
            return float("nan")
        taken = np.interp(share * everyone[-1], everyone, np.concatenate([[0.0], hits]))
        return float(taken / hits[-1] / share)

    def calibration_error(self, bins: int = 10, weights: FloatArray | None = None) -> float:
        """Weighted mean over `bins` of equal weight of |share of defectors - mean score|."""
        w = np.ones(len(self.order)) if weights is None else weights[self.order]
        middle = (np.cumsum(w) - w / 2) / w.sum()
        gap = np.bincount(np.minimum((middle * bins).astype(np.int64), bins - 1), w * (self.positive - self.score))
        return float(np.abs(gap).sum() / w.sum())

    def _cumulated(self, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Weight of defectors and of stayers down to the end of each run of equal scores."""
        w = np.ones(len(self.order)) if weights is None else weights[self.order]
        hits = np.cumsum(w * self.positive)[self.last]
        return hits, np.cumsum(w)[self.last] - hits
