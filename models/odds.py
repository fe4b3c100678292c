"""The chance that an action keeps a customer who would defect: a Beta belief, and how counts change it.

Among the treated a share p (1 - s) leaves, among the controls p; s is the chance to be kept. What is known of p is what
the controls say (Jeffreys), and the belief about s is weighed with the chance of the treated's count. The result is
written as the Beta with the same mean and variance, so that it can be the prior of the next plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from models.arrays import FloatArray

STEPS = 1_000  # of the chance to be kept, equal in its log-odds
FARTHEST = 40.0  # log-odds beyond which no belief reaches
UNLIKELY = 30.0  # how far below the likeliest, in log density, nothing counts any more
LEVELS = 100  # of the controls' share


@dataclass(frozen=True)
class Counts:
    """Customers of both arms, and how many of them left."""

    treated: int
    treated_left: int
    control: int
    control_left: int

    @property
    def tells(self) -> bool:
        """Whether anything can be learned: both arms are there, and somebody left."""
        return self.treated > 0 and self.control > 0 and self.treated_left + self.control_left > 0


@dataclass(frozen=True)
class Beta:
    """Beta(a, b)."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """Expected chance."""
        return self.a / (self.a + self.b)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Quantiles that leave the same chance outside on both sides."""
        tail = (1 - level) / 2
        return float(special.betaincinv(self.a, self.b, tail)), float(special.betaincinv(self.a, self.b, 1 - tail))


def posterior(prior: Beta, evidence: Sequence[Counts]) -> Beta:
    """The belief after the counts of independent experiments, each with its own share of leaving.

    Counts without one of the arms, or of a type for which nobody left, say nothing. Evidence that an action drives
    customers away pushes the chance to 0 and no further: that is said by the difference between the arms.

    >>> found = posterior(Beta(1, 1), [Counts(1000, 50, 1000, 100)])
    >>> round(found.mean, 1)
    0.5
    """
    told = [one for one in evidence if one.tells]
    if not told:
        return prior
    steps = np.linspace(-FARTHEST, FARTHEST, STEPS)
    log = _log_density(steps, prior, told)
    seen = np.flatnonzero(log > log.max() - UNLIKELY)
    # Much evidence leaves a narrow belief, perhaps at one end: the steps lie where it is.
    steps = np.linspace(steps[max(seen[0] - 1, 0)], steps[min(seen[-1] + 1, STEPS - 1)], STEPS)
    log, s = _log_density(steps, prior, told), special.expit(steps)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = float(weight @ s)
    variance = float(weight @ (s - mean) ** 2)
    size = mean * (1 - mean) / variance - 1
    return Beta(mean * size, (1 - mean) * size)


def _log_density(steps: FloatArray, prior: Beta, told: Sequence[Counts]) -> FloatArray:
    """Log density of the belief in the log-odds of s, at each of `steps`, up to a constant."""
    found: FloatArray = prior.a * special.log_expit(steps) + prior.b * special.log_expit(-steps)
    return found + sum(_log_likelihood(one, special.expit(-steps)) for one in told)


def _log_likelihood(one: Counts, left: FloatArray) -> FloatArray:
    """Log chance of the treated's count for each 1 - s, averaged over what the controls say of who leaves."""
    a, b = one.control_left + 0.5, one.control - one.control_left + 0.5
    share = special.betaincinv(a, b, (np.arange(LEVELS) + 0.5) / LEVELS)
    chance = stats.binom.logpmf(one.treated_left, one.treated, share[:, None] * left)
    found: FloatArray = special.logsumexp(chance, axis=0) - np.log(LEVELS)
    return found
