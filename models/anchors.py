"""What the terms known today, or purchases alone, say that a customer brings: candidates by themselves, or a start.

An anchor reads columns of the feature matrix, so it needs no table of its own. Where a customer's column is missing it
says what is usual.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from models.arrays import FloatArray
from models.buying import Buying, Purchases, fit_buying
from models.folds import customer_sample
from models.rows import Rows
from models.spending import Spending, fit_spending

PRICE = "contracts__current_price_per_day"
PURCHASES = ("moments", "days_since_first", "days_since_last", "amount")
FEWEST_REPEATS = 30  # customers who bought again; with fewer there is no rhythm to learn


class Anchor(Protocol):
    """Money of a stayer over the outcome window, from the matrix."""

    @property
    def kind(self) -> str:
        """Its name among the candidates."""

    def predict(self, X: FloatArray) -> FloatArray:
        """Money (rows,), never negative."""

    def stored(self) -> dict[str, Any]:
        """Plain JSON values, from which `load_anchor` makes it again."""


@dataclass(frozen=True)
class Price:
    """The current contract's price a day, for every day of the window."""

    kind: ClassVar[str] = "price"
    column: int
    days: int
    usual: float

    def predict(self, X: FloatArray) -> FloatArray:
        """See `Anchor`."""
        price = X[:, self.column]
        return np.asarray(np.where(np.isfinite(price), np.maximum(price, 0.0), self.usual) * self.days)

    def stored(self) -> dict[str, Any]:
        """See `Anchor`."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class Purchasing:
    """BG/NBD times Gamma-Gamma. `columns` are those of PURCHASES; `opens` and `closes` the window in days from now."""

    kind: ClassVar[str] = "buying"
    columns: tuple[int, ...]
    opens: int
    closes: int
    buying: Buying
    spending: Spending
    usual: float

    def predict(self, X: FloatArray) -> FloatArray:
        """See `Anchor`; who stays is taken to buy in the window at least once, as the outcome `lapse` means it."""
        seen = purchases(X, self.columns)
        chance = self.buying.any_purchase(seen, self.closes - self.opens, self.opens)
        known = seen.usable & (chance > 0)
        money: FloatArray = np.divide(self.expected(X), chance, out=np.full(len(X), self.usual), where=known)
        return money

    def expected(self, X: FloatArray) -> FloatArray:
        """Money (rows,) that the window is expected to bring, whether or not the customer still is one."""
        seen = purchases(X, self.columns)
        bought = self.buying.expected(seen, self.closes)
        if self.opens:
            bought = bought - self.buying.expected(seen, self.opens)
        money = bought * self.spending.expected(seen.repeats + 1, seen.mean)
        return np.where(seen.usable & np.isfinite(money), money, self.usual)

    def stored(self) -> dict[str, Any]:
        """See `Anchor`."""
        return {"kind": self.kind, **asdict(self)}


def purchases(X: FloatArray, columns: tuple[int, ...]) -> Purchases:
    """The purchase history of each row; returns are deducted from the money, which is never less than nothing."""
    moments, first, last, amount = (X[:, column] for column in columns)
    repeats = np.maximum(moments - 1, 0)
    return Purchases(repeats, first - last, first, np.maximum(amount, 0) / np.maximum(moments, 1))


def find_anchors(rows: Rows, revenue: FloatArray, most: int) -> dict[str, Anchor]:
    """The anchors that the columns allow, fitted on all customers at risk; `revenue` (rows,) sets what is usual.

    Each customer counts once, at the latest snapshot; purchases are learned from at most `most` customers.
    """
    if rows.window is None:
        return {}
    found: dict[str, Anchor] = {}
    position = {name: i for i, name in enumerate(rows.names)}
    if PRICE in position:
        usual = rows.X[:, position[PRICE]]
        if np.isfinite(usual).any():
            found["price"] = Price(position[PRICE], rows.window - rows.gap, float(np.nanmedian(usual)))
    names = [f"transactions__{name}" for name in PURCHASES]
    if all(name in position for name in names):
        made = _purchasing(rows, revenue, tuple(position[name] for name in names), most)
        found |= {"buying": made} if made else {}
    return found


def load_anchor(stored: Mapping[str, Any] | None) -> Anchor | None:
    """What `stored` gave."""
    if stored is None:
        return None
    values = {name: value for name, value in stored.items() if name != "kind"}
    if stored["kind"] == Price.kind:
        return Price(**values)
    values |= {"columns": tuple(values["columns"]), "buying": Buying(**values["buying"])}
    return Purchasing(**(values | {"spending": Spending(**values["spending"])}))


def _purchasing(rows: Rows, revenue: FloatArray, columns: tuple[int, ...], most: int) -> Purchasing | None:
    latest = rows.X[_latest(rows, most)]
    seen = purchases(latest, columns)
    seen = seen.take(seen.usable)
    if (seen.repeats > 0).sum() < FEWEST_REPEATS or not (seen.mean > 0).any():
        return None
    spending = fit_spending(seen.repeats + 1, seen.mean)
    window = rows.window or 0
    return Purchasing(columns, rows.gap, window, fit_buying(seen), spending, float(np.nanmean(np.maximum(revenue, 0))))


def _latest(rows: Rows, most: int) -> FloatArray:
    """Positions of each customer's last row, of a sample of customers."""
    times = np.zeros(len(rows.y), dtype=np.int64) if rows.times is None else rows.times
    order = np.lexsort([times, rows.customers])
    last = order[np.append(np.diff(rows.customers[order]) != 0, True)]
    return np.asarray(last[customer_sample(rows.customers[last], most, 0)])
