"""The loss when a customer defects, as a ledger with one column a part.

loss_sales = (revenue if staying) x (1 - share a defector still brings); loss_profit = the margin on it;
loss_if_defect = loss_profit + loss_replacement + loss_handling; word of mouth is a range beside it, never added.
The revenue is that of the remaining relationship given staying, so the risk is not counted twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from models.anchors import Anchor, Purchasing, find_anchors
from models.arrays import BoolArray, FloatArray, Parts, from_json, to_json, under, within
from models.centre import Centre
from models.folds import customer_sample
from models.income import Backtest, Income, fit_income, two_part
from models.money import MoneySettings
from models.rows import Rows
from models.settings import LossSettings
from models.value import ValueModel, fit_expectation, fit_value

DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class LossModel:
    """Revenue, and margin where the data hold it, of a stayer; the share of it that a defector still brings.

    `income` is how revenue is expected of customers of whom nobody knows whether they stay; None: in two parts.
    """

    revenue: ValueModel
    margin: Centre | None
    defector_share: float
    income: Income | None = None

    def staying(self, X: FloatArray) -> "Staying":
        """Expected revenue and margin of each customer given staying, with the revenue's interval."""
        low, high = self.revenue.interval(X)
        margin = None if self.margin is None else self.margin.predict(X)
        return Staying(self.revenue.predict(X), low, high, margin, self.defector_share)

    def expected_revenue(self, X: FloatArray, risk: FloatArray, staying: "Staying") -> FloatArray:
        """Revenue (rows,) to be expected over the outcome window, staying or not."""
        parts = two_part(risk, staying.revenue, self.defector_share)
        return parts if self.income is None else self.income.predict(X, parts)

    def dump(self) -> Parts:
        """Named files of text."""
        held = {"margin": self.margin, "income": self.income}
        stored = {"defector_share": self.defector_share} | {name: part is not None for name, part in held.items()}
        parts = {"loss.json": to_json(stored), **under("revenue", self.revenue.dump())}
        for name, part in held.items():
            parts |= {} if part is None else under(name, part.dump())
        return parts

    @classmethod
    def load(cls, parts: Parts) -> "LossModel":
        """What `dump` gave."""
        stored = from_json(parts["loss.json"])
        margin = Centre.load(within("margin", parts)) if stored["margin"] else None
        income = Income.load(within("income", parts)) if stored["income"] else None
        return cls(ValueModel.load(within("revenue", parts)), margin, stored["defector_share"], income)


@dataclass(frozen=True)
class Staying:
    """What customers bring if they stay (rows,): from a model, or known from the data."""

    revenue: FloatArray
    low: FloatArray
    high: FloatArray
    margin: FloatArray | None
    defector_share: float
    known_before: bool = False

    @classmethod
    def known(cls, value: FloatArray) -> "Staying":
        """A value that the data hold already: it passes through, and a defector brings nothing."""
        return cls(value, value, value, None, 0.0, known_before=True)


@dataclass(frozen=True)
class LossFit:
    """The loss model and the deviance out of fold of each candidate: for stayers' revenue, and for `income`."""

    model: LossModel
    scores: dict[str, float]
    income_scores: Mapping[str, float] = field(default_factory=dict)
    anchors: Mapping[str, Anchor] = field(default_factory=dict)


def fit_loss(
    rows: Rows, revenue: FloatArray, margin: FloatArray | None, money: MoneySettings, settings: LossSettings
) -> LossFit:
    """Fit on what customers brought over the outcome window: `revenue` and `margin` (rows,), NaN where not known.

    The rows' target says who defected (1).
    """
    stayed = rows.y == 0
    anchors = find_anchors(rows, revenue, settings.buying_rows)
    fitted = fit_value(rows.target(revenue).take(stayed & np.isfinite(revenue)), settings, anchors)
    margins = None
    if margin is not None and np.nansum(np.maximum(margin[stayed], 0)) > 0:
        margins = fit_expectation(rows.target(margin).take(stayed & np.isfinite(margin)), settings)
    share = measured_share(fitted.model, rows.X, ~stayed & np.isfinite(revenue), revenue)
    if money.defector_share is not None:
        share = money.defector_share.value
    return LossFit(LossModel(fitted.model, margins, share), fitted.scores, anchors=anchors)


def with_income(
    fit: LossFit, rows: Rows, revenue: FloatArray, among: BoolArray, risk: FloatArray, settings: LossSettings
) -> LossFit:
    """The same with the way chosen in which revenue is expected of everybody at risk.

    `risk` is out of fold for the rows `among`, on which the choice is made. The rows' target says who defected (1).
    """
    paid = np.isfinite(revenue)
    whole = rows.target(np.maximum(revenue, 0.0))
    known = paid[among]
    chosen = customer_sample(rows.customers[among][known], settings.selection_rows, settings.seed)
    sample = whole.take(np.flatnonzero(among)[known][chosen])
    test = Backtest(sample, risk[known][chosen], rows.y[among][known][chosen])
    buying = fit.anchors.get(Purchasing.kind)
    purchasing = buying if isinstance(buying, Purchasing) else None
    centre, share = fit.model.revenue.centre, fit.model.defector_share
    found = fit_income(whole.take(paid), test, centre, share, purchasing, settings)
    return replace(fit, model=replace(fit.model, income=found.model), income_scores=found.scores)


def measured_share(model: ValueModel, X: FloatArray, left: BoolArray, revenue: FloatArray) -> float:
    """What defectors brought over what they would have brought by staying, between 0 and 1; 0 without defectors."""
    if not left.any():
        return 0.0
    expected = model.predict(X[left]).sum()
    return float(np.clip(np.maximum(revenue[left], 0).sum() / expected, 0.0, 1.0)) if expected > 0 else 0.0


def lifetime(
    staying: Staying, risk: FloatArray, money: MoneySettings, horizon_days: int | None
) -> dict[str, FloatArray]:
    """What is lost beyond the horizon too: `lifetime_sales` and `lifetime_profit` (rows,), discounted to today.

    Who stays brings the same in each later horizon, and stays on through each with 1 - risk: sales of the horizon plus
    revenue x the sum over k = 1 .. n - 1 of ((1 - risk) x discount)^k, where n horizons make the lifetime of the
    config. Without a horizon the columns are those of one.
    """
    later = later_horizons(risk, money, horizon_days)
    sales = staying.revenue * (1 - staying.defector_share + later)
    if staying.margin is None:
        return {"lifetime_sales": sales, "lifetime_profit": sales * money.margin_share.value}
    return {"lifetime_sales": sales, "lifetime_profit": staying.margin * (1 - staying.defector_share + later)}


def later_horizons(risk: FloatArray, money: MoneySettings, horizon_days: int | None) -> FloatArray:
    """Worth of all later horizons in horizons of today (rows,); the last one may be a part of one."""
    if horizon_days is None:
        return np.zeros(len(risk))
    years = horizon_days / DAYS_A_YEAR
    q = (1 - risk) / (1 + money.discount_rate.value) ** years
    n = max(money.lifetime_years.value / years, 1.0)
    same = np.isclose(q, 1.0)
    return np.where(same, n, (1 - q**n) / np.where(same, 1.0, 1 - q)) - 1


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
