"""What contacting did where chance decided who was contacted: differences between the arms, by intention to treat.

Customers count in the arm they were drawn for, whatever was done with them. The arms are compared within strata of
equal expected benefit, as the hold-out was drawn, and the strata weigh as the treated do:
difference = sum over strata of share of the treated x (mean of the treated - mean of the controls).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from models.arrays import BoolArray, FloatArray, IntArray

FEWEST_CONTROLS = 20  # in a stratum, so that its variance can be estimated
MOST_STRATA = 10


@dataclass(frozen=True)
class Difference:
    """Mean of the treated less that of the controls, with its interval; NaN where one of the arms is empty."""

    treated: int
    control: int
    mean_treated: float
    mean_control: float
    difference: float
    low: float
    high: float

    @property
    def claimed(self) -> bool:
        """Whether the interval excludes that contacting did nothing."""
        return self.low > 0 or self.high < 0


def benefit_strata(benefit: FloatArray, treated: BoolArray) -> IntArray:
    """The stratum of each customer (rows,): by rank of benefit, cut so that each holds about as many controls.

    >>> benefit_strata(np.arange(80.0), np.arange(80) % 2 == 0).tolist() == [0] * 40 + [1] * 40
    True
    """
    controls = benefit[~treated]
    strata = int(np.clip(len(controls) // FEWEST_CONTROLS, 1, MOST_STRATA))
    edges = np.quantile(controls, np.arange(1, strata) / strata) if len(controls) else np.zeros(0)
    return np.asarray(np.searchsorted(np.unique(edges), benefit, side="right"), dtype=np.int64)


def difference(
    y: FloatArray, treated: BoolArray, strata: IntArray | None = None, *, level: float = 0.95, binary: bool = False
) -> Difference:
    """The difference of `y` (rows,) between the arms, stratified, with a t interval of `level`.

    Strata without both arms are joined with a neighbour. `binary` outcomes get the variance of a share that is drawn
    a little towards one half (Agresti and Caffo 2000), so that no event in an arm is not taken for certainty.
    """
    if not treated.any() or treated.all():
        nan = float("nan")
        one, other = (float(y[arm].mean()) if arm.any() else nan for arm in (treated, ~treated))
        return Difference(int(treated.sum()), int((~treated).sum()), one, other, nan, nan, nan)
    groups = _joined(treated, np.zeros(len(y), dtype=np.int64) if strata is None else strata)
    count = int(groups.max()) + 1
    size, mean, variance = (np.array(part) for part in zip(*_arms(y, treated, groups, count, binary), strict=True))
    weight = size[0] / size[0].sum()
    # the controls stand for the treated, so they weigh as the treated do
    middle = float(weight @ (mean[0] - mean[1]))
    spread = float(np.sqrt((weight**2) @ (variance[0] / size[0] + variance[1] / size[1])))
    reach = spread * float(stats.t.ppf((1 + level) / 2, max(int(size.min(axis=0).sum()) - count, 1)))
    one, other = float(weight @ mean[0]), float(weight @ mean[1])
    return Difference(int(size[0].sum()), int(size[1].sum()), one, other, middle, middle - reach, middle + reach)


def _arms(
    y: FloatArray, treated: BoolArray, groups: IntArray, count: int, binary: bool
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    """Size, mean and variance of each arm by stratum."""
    return [_moments(y[arm], groups[arm], count, binary) for arm in (treated, ~treated)]


def _moments(y: FloatArray, groups: IntArray, count: int, binary: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    size = np.bincount(groups, minlength=count).astype(np.float64)
    total = np.bincount(groups, y, minlength=count)
    mean = total / size
    if binary:
        drawn = (total + 1 / count) / (size + 2 / count)
        return size, mean, drawn * (1 - drawn)
    squares = np.bincount(groups, (y - mean[groups]) ** 2, minlength=count)
    return size, mean, squares / np.maximum(size - 1, 1)


def _joined(treated: BoolArray, strata: IntArray) -> IntArray:
    """Numbers 0, 1, ... of strata that hold both arms."""
    _, position = np.unique(strata, return_inverse=True)
    both = [np.bincount(position[arm], minlength=position.max() + 1) > 0 for arm in (treated, ~treated)]
    return np.asarray(_steps(both[0].tolist(), both[1].tolist())[position], dtype=np.int64)


def _steps(with_treated: Sequence[bool], with_control: Sequence[bool]) -> IntArray:
    """A stratum number for each old one: a new number begins when both arms have been seen since the last."""
    found, number, seen = [], 0, [False, False]
    for t, c in zip(with_treated, with_control, strict=True):
        if all(seen):
            number, seen = number + 1, [False, False]
        seen = [seen[0] or t, seen[1] or c]
        found.append(number)
    numbers = np.array(found)
    return numbers if all(seen) else np.minimum(numbers, max(number - 1, 0))
