"""How often customers will buy, from purchases alone: BG/NBD (Fader, Hardie and Lee 2005, Marketing Science 24(2)).

While a customer is one, purchases come at random at a rate of the customer's own; after each purchase the customer may
stop for good, with a chance of the customer's own. Rates are Gamma(r, alpha) distributed among customers, chances
Beta(a, b). It knows how silence and age speak, so it can be asked about customers older than any outcome seen yet;
trees cannot. The fit maximises the likelihood; its values are checked against those of the paper.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from models.arrays import BoolArray, FloatArray

BOUND = 8.0  # of the logarithm of a parameter, ages counted in their mean
SINGULAR = 1e-6  # the expectation has a removable hole at a = 1


@dataclass(frozen=True)
class Purchases:
    """What is known of each customer (rows,): purchases after the first, days from first to last, and to the snapshot.

    Purchases of one moment are one purchase; `mean` is the money of a purchase.
    """

    repeats: FloatArray
    last: FloatArray
    age: FloatArray
    mean: FloatArray

    @property
    def usable(self) -> BoolArray:
        """Customers with a first purchase that lies before the snapshot."""
        return np.isfinite(self.age) & (self.age > 0) & (self.repeats >= 0)

    def take(self, rows: BoolArray) -> "Purchases":
        """Some of the customers."""
        return Purchases(self.repeats[rows], self.last[rows], self.age[rows], self.mean[rows])


@dataclass(frozen=True)
class Buying:
    """Parameters of the BG/NBD; `alpha` in days."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, seen: Purchases) -> FloatArray:
        """Probability (rows,) that the customer has not stopped for good."""
        stopped = self.a / (self.b + np.maximum(seen.repeats, 1) - 1)
        silence = ((self.alpha + seen.age) / (self.alpha + seen.last)) ** (self.r + seen.repeats)
        return np.where(seen.repeats > 0, 1 / (1 + stopped * silence), 1.0)

    def any_purchase(self, seen: Purchases, days: float, after: float = 0.0) -> FloatArray:
        """Probability (rows,) of a purchase within `days`, which begin `after` so many days from the snapshot.

        A customer is still one when they begin, with exp(-rate p after), and buys, with 1 - exp(-rate days).
        """
        shape, stays, from_now = self.r + seen.repeats, self.b + seen.repeats, self.alpha + seen.age
        one = _mean_power(shape, self.a, stays, after / from_now)
        silent = (from_now / (from_now + days)) ** shape * _mean_power(shape, self.a, stays, after / (from_now + days))
        return np.asarray(self.alive(seen) * (one - silent))

    def expected(self, seen: Purchases, days: float) -> FloatArray:
        """Expected purchases (rows,) within `days` after the snapshot; equation 10 of the paper."""
        a = self.a if abs(self.a - 1) > SINGULAR else 1 + SINGULAR
        shape, stays, from_now = self.r + seen.repeats, self.b + seen.repeats, self.alpha + seen.age
        made = (a - 1 + stays) / (a - 1) * (1 - _mean_power(shape, a - 1, stays, days / from_now))
        return np.asarray(np.maximum(made, 0.0) * replace(self, a=a).alive(seen))


def _mean_power(shape: FloatArray, a: float, b: FloatArray, ratio: FloatArray) -> FloatArray:
    """Mean of (1 + p ratio) ** -shape over p ~ Beta(a, b), carried on to a > -1; all (rows,).

    Of its two forms (Euler's transformation swaps `shape` and `a`) the one whose series stays bounded: the other
    overflows for heavy buyers, or for a large `a`.
    """
    small, large = np.minimum(shape, a), np.maximum(shape, a)
    series = hyp2f1(small, a + b - large, a + b, ratio / (1 + ratio))
    return np.asarray((1 + ratio) ** -small * series)


def fit_buying(seen: Purchases) -> Buying:
    """Maximum likelihood over customers, each counted once; equal histories are computed once."""
    from scipy.optimize import minimize

    known = seen.take(seen.usable)
    unit = float(known.age.mean())
    histories = np.column_stack([known.repeats, known.last / unit, known.age / unit])
    distinct, times = np.unique(histories, axis=0, return_counts=True)
    x, last, age = distinct.T

    def loss(logs: FloatArray) -> float:
        return -float(np.average(log_likelihood(Buying(*np.exp(logs)), x, last, age), weights=times))

    found = minimize(loss, np.zeros(4), method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * 4)
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    return Buying(r, alpha * unit, a, b)


def log_likelihood(model: Buying, repeats: FloatArray, last: FloatArray, age: FloatArray) -> FloatArray:
    """Log likelihood of each history (rows,); equation 6 of the paper."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    rate = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    stays = betaln(a, b + repeats) - betaln(a, b) - (r + repeats) * np.log(alpha + age)
    left = betaln(a + 1, b + np.maximum(repeats, 1) - 1) - betaln(a, b) - (r + repeats) * np.log(alpha + last)
    return np.asarray(rate + np.where(repeats > 0, np.logaddexp(stays, left), stays))
