"""The loss when a customer defects, as a ledger with one column a part.

loss_sales = (revenue if staying) x (1 - share a defector still brings); loss_profit = the margin on it;
loss_if_defect = loss_profit + loss_replacement + loss_handling; word of mouth is a range beside it, never added.
The revenue is that of the remaining relationship given staying, so the risk is not counted twice.
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import BoolArray, FloatArray, Parts, from_json, to_json, under, within
from models.money import MoneySettings
from models.rows import Rows
from models.settings import LossSettings
from models.value import Centre, ValueModel, fit_expectation, fit_value


@dataclass(frozen=True)
class LossModel:
    """Revenue, and margin where the data hold it, of a stayer; the share of it that a defector still brings."""

    revenue: ValueModel
    margin: Centre | None
    defector_share: float

    def staying(self, X: FloatArray) -> "Staying":
        """Expected revenue and margin of each customer given staying, with the revenue's interval."""
        low, high = self.revenue.interval(X)
        margin = None if self.margin is None else self.margin.predict(X)
        return Staying(self.revenue.predict(X), low, high, margin, self.defector_share)

    def dump(self) -> Parts:
        """Named files of text."""
        stored = {"defector_share": self.defector_share, "margin": self.margin is not None}
        parts = {"loss.json": to_json(stored), **under("revenue", self.revenue.dump())}
        return parts if self.margin is None else parts | under("margin", self.margin.dump())

    @classmethod
    def load(cls, parts: Parts) -> "LossModel":
        """What `dump` gave."""
        stored = from_json(parts["loss.json"])
        margin = Centre.load(within("margin", parts)) if stored["margin"] else None
        return cls(ValueModel.load(within("revenue", parts)), margin, stored["defector_share"])


@dataclass(frozen=True)
class Staying:
    """What customers bring if they stay (rows,): from a model, or known from the data."""

    revenue: FloatArray
    low: FloatArray
    high: FloatArray
    margin: FloatArray | None
    defector_share: float

    @classmethod
    def known(cls, value: FloatArray) -> "Staying":
        """A value that the data hold already: it passes through, and a defector brings nothing."""
        return cls(value, value, value, None, 0.0)


@dataclass(frozen=True)
class LossFit:
    """The loss model and the deviance out of fold of each candidate for the revenue."""

    model: LossModel
    scores: dict[str, float]


def fit_loss(
    rows: Rows, revenue: FloatArray, margin: FloatArray | None, money: MoneySettings, settings: LossSettings
) -> LossFit:
    """Fit on what customers brought over the outcome window: `revenue` and `margin` (rows,), NaN where not known.

    The rows' target says who defected (1).
    """
    stayed = rows.y == 0
    fitted = fit_value(rows.target(revenue).take(stayed & np.isfinite(revenue)), settings)
    margins = None
    if margin is not None and np.nansum(np.maximum(margin[stayed], 0)) > 0:
        margins = fit_expectation(rows.target(margin).take(stayed & np.isfinite(margin)), settings)
    share = measured_share(fitted.model, rows.X, ~stayed & np.isfinite(revenue), revenue)
    if money.defector_share is not None:
        share = money.defector_share.value
    return LossFit(LossModel(fitted.model, margins, share), fitted.scores)


def measured_share(model: ValueModel, X: FloatArray, left: BoolArray, revenue: FloatArray) -> float:
    """What defectors brought over what they would have brought by staying, between 0 and 1; 0 without defectors."""
    if not left.any():
        return 0.0
    expected = model.predict(X[left]).sum()
    return float(np.clip(np.maximum(revenue[left], 0).sum() / expected, 0.0, 1.0)) if expected > 0 else 0.0


def ledger(staying: Staying, risk: FloatArray, money: MoneySettings) -> dict[str, FloatArray]:
    """The loss columns (rows,), in the currency of the data."""
    lost = 1 - staying.defector_share
    sales = staying.revenue * lost
    profit = sales * money.margin_share.value if staying.margin is None else staying.margin * lost
    rate = np.divide(profit, sales, out=np.full(len(sales), money.margin_share.value), where=sales > 0)
    replacement, handling = money.replacement_cost.value, money.handling_cost.value
    told_low, told_high = money.word_of_mouth
    whole = profit + replacement + handling
    every = np.ones(len(sales))
    return {
        "loss_if_defect": whole,
        "loss_low": staying.low * lost * rate + replacement + handling,
        "loss_high": staying.high * lost * rate + replacement + handling,
        "expected_loss": risk * whole,
        "loss_sales": sales,
        "loss_profit": profit,
        "loss_replacement": replacement * every,
        "loss_handling": handling * every,
        "loss_word_of_mouth": (told_low + told_high) / 2 * every,
        "loss_word_of_mouth_low": told_low * every,
        "loss_word_of_mouth_high": told_high * every,
    }
