"""When customers defect, not only whether: the risk at several horizons from one training, and by type.

The risk over the whole outcome window splits exactly into P(defects within it) x P(by then | defects within it). The
second factor is a discrete-time hazard model (continuation ratio, Tutz and Schmid 2016): one model an interval, of
those who defect within the window and have not done so before it. A product of chances of staying can only fall, so
the survival curve never rises, and at the last horizon it meets the risk itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.additive import Additive
from models.arrays import FloatArray, IntArray, Parts, floats, from_json, to_json, under, within
from models.baselines import fit_base_rate
from models.blend import Blend
from models.calibration import is_earned
from models.risk import fit_chosen
from models.rows import Rows
from models.settings import RiskSettings

FEWEST = 30  # defectors of each kind needed before an interval's model looks at the customer
SWEEPS = 25
SMALLEST = 1e-12


@dataclass(frozen=True)
class Timing:
    """Chance of having defected by each horizon, given defection within the last one.

    `horizons` in days, rising; `hazards` one model for each but the last; `shares` (horizons,) of the training
    defectors by then; `pull` (types, horizons) how much likelier than by chance a type falls into an interval, or None
    where types do not differ in their timing by more than chance.
    """

    horizons: tuple[int, ...]
    hazards: tuple[Blend, ...]
    shares: FloatArray
    pull: FloatArray | None = None

    def by_horizon(self, X: FloatArray) -> FloatArray:
        """Shape (rows, horizons): never falls from left to right, and ends at 1."""
        staying = np.ones((len(X), len(self.horizons)))
        for i, hazard in enumerate(self.hazards):
            staying[:, i] = (staying[:, i - 1] if i else 1.0) / (1 + np.exp(hazard.log_odds(X)))
        staying[:, -1] = 0.0
        return 1 - staying

    def by_type(self, by_horizon: FloatArray, types: FloatArray) -> FloatArray:
        """Cumulative incidence of each type given defection, shape (rows, types, horizons).

        Over the types it sums to `by_horizon` (rows, horizons), and at the last horizon it is `types` (rows, types),
        the chances of each type: competing risks. Between the two margins the joint shares follow `pull`.
        """
        joint = types[:, :, None] * np.diff(by_horizon, axis=1, prepend=0.0)[:, None, :]
        return np.cumsum(joint if self.pull is None else _fitted(joint * self.pull, joint), axis=2)

    def dump(self) -> Parts:
        """Named files of text."""
        stored = {"horizons": self.horizons, "shares": self.shares, "pull": self.pull}
        parts = {"timing.json": to_json(stored)}
        for i, hazard in enumerate(self.hazards):
            parts |= under(f"interval_{i}", hazard.dump())
        return parts

    @classmethod
    def load(cls, parts: Parts) -> "Timing":
        """What `dump` gave."""
        stored = from_json(parts["timing.json"])
        hazards = tuple(Blend.load(within(f"interval_{i}", parts)) for i in range(len(stored["horizons"]) - 1))
        pull = None if stored["pull"] is None else floats(stored["pull"])
        return cls(tuple(stored["horizons"]), hazards, floats(stored["shares"]), pull)


def fit_timing(defectors: Rows, waits: FloatArray, horizons: Sequence[int], settings: RiskSettings) -> Timing:
    """Fit on those who defected: `waits` (rows,) days until they did, `horizons` rising, the last the whole window."""
    narrow = settings.model_copy(update={"trees": settings.trees[:1], "linear": settings.linear[:1]})
    shares = np.array([(waits < days).mean() for days in horizons[:-1]] + [1.0])
    hazards = []
    for begin, end in pairwise((0, *horizons[:-1])):
        left = np.flatnonzero(waits >= begin)
        hazards.append(_hazard(defectors.take(left).target((waits[left] < end).astype(np.float64)), narrow))
    return Timing(tuple(horizons), tuple(hazards), shares)


def fit_pull(timing: Timing, by_horizon: FloatArray, types: FloatArray, codes: IntArray, waits: FloatArray,
             customers: IntArray) -> FloatArray | None:  # fmt: skip
    """How the types differ in their timing: observed over expected counts of each type in each interval.

    `by_horizon` (rows, horizons) and `types` (rows, types) are the models' chances for the defectors, `codes` (rows,)
    their types, -1 where not known. None where the difference is no more than chance.
    """
    known = codes >= 0
    interval = np.searchsorted(timing.horizons, waits[known], side="right").clip(max=len(timing.horizons) - 1)
    expected = types[known][:, :, None] * np.diff(by_horizon[known], axis=1, prepend=0.0)[:, None, :]
    observed = np.zeros(expected.shape[1:])
    np.add.at(observed, (codes[known], interval), 1.0)
    pull: FloatArray = (observed + 1) / (expected.sum(axis=0) + 1)
    rows = np.arange(len(interval))
    independent, dependent = (
        np.log(np.maximum(joint[rows, codes[known], interval], SMALLEST))
        for joint in (expected, _fitted(expected * pull, expected))
    )
    free = ((observed.sum(axis=1) > 0).sum() - 1) * ((observed.sum(axis=0) > 0).sum() - 1)
    earned = len(rows) > 0 and free > 0 and is_earned(dependent - independent, customers[known], parameters=int(free))
    return pull if earned else None


def _hazard(rows: Rows, settings: RiskSettings) -> Blend:
    """The chance of the interval among those still there; the plain share where there are too few to learn from.

    Where all have left before the interval nothing is known of it, and next to nothing hangs on it.
    """
    if len(rows.y) == 0:
        return Blend(((1.0, Additive(0.0, {}, rows.columns)),))
    if min(rows.y.sum(), (1 - rows.y).sum()) < FEWEST:
        return Blend(((1.0, fit_base_rate(rows)),))
    return fit_chosen(rows, settings)


def _fitted(joint: FloatArray, margins: FloatArray) -> FloatArray:
    """`joint` (rows, types, intervals) scaled until it has the sums of `margins` (iterative proportional fitting)."""
    for _ in range(SWEEPS):
        for axis in (2, 1):  # the sums over types last: they are the risk, and hold exactly
            wanted = margins.sum(axis=axis, keepdims=True)
            joint = joint * (wanted / np.maximum(joint.sum(axis=axis, keepdims=True), SMALLEST))
    return joint
