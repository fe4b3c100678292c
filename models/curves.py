"""The curves behind the metrics, each as two arrays (points,) over all cut-offs from nobody to everybody."""

from dataclasses import dataclass

import numpy as np

from models.arrays import FloatArray, IntArray
from models.money import MoneySettings
from models.ranking import Ranking

Curve = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Cuts:
    """Defectors and stayers (points,) above each cut-off, from nobody on; equal risks fall together."""

    hits: IntArray
    misses: IntArray

    @classmethod
    def of(cls, y: FloatArray, p: FloatArray) -> "Cuts":
        """All cut-offs of the risk `p` (rows,) against the outcome `y` (rows,), 0 or 1."""
        ranking = Ranking.of(y, p)
        last = np.flatnonzero(ranking.last)
        hits = np.cumsum(ranking.positive)[last].astype(np.int64)
        return cls(np.append(0, hits), np.append(0, last + 1 - hits))

    @property
    def everyone(self) -> IntArray:
        """Customers above each cut-off."""
        return self.hits + self.misses


def roc(y: FloatArray, p: FloatArray) -> Curve:
    """Share of the stayers and share of the defectors above each cut-off."""
    cuts = Cuts.of(y, p)
    return cuts.misses / cuts.misses[-1], cuts.hits / cuts.hits[-1]


def precision_recall(y: FloatArray, p: FloatArray) -> Curve:
    """Share of the defectors that is found, and the share of defectors among those above each cut-off but nobody."""
    cuts = Cuts.of(y, p)
    return (cuts.hits / cuts.hits[-1])[1:], cuts.hits[1:] / cuts.everyone[1:]


def gains(y: FloatArray, p: FloatArray) -> Curve:
    """Share of the customers above each cut-off, and the share of the defectors among them."""
    cuts = Cuts.of(y, p)
    return cuts.everyone / cuts.everyone[-1], cuts.hits / cuts.hits[-1]


def profit(y: FloatArray, p: FloatArray, money: MoneySettings) -> Curve:
    """Share of the customers contacted, and the profit a customer of the whole base, in the currency of the amounts.

    A defector accepts the incentive with the mean acceptance rate and is then kept; a stayer takes it and would have
    stayed anyway (Verbraken, Verbeke and Baesens 2013). The highest point is `maximum_profit`.
    """
    cuts = Cuts.of(y, p)
    incentive, contact = money.incentive_cost.value, money.contact_cost.value
    kept = money.accept_rate * (money.customer_value.value - incentive) - contact
    gained = kept * cuts.hits - (incentive + contact) * cuts.misses
    return cuts.everyone / len(y), gained / len(y)
