"""Money at stake among those who are contacted first, when customers differ in what their leaving costs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.arrays import FloatArray
from models.money import MoneySettings

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def value_captured(y: FloatArray, value: FloatArray, orders: Mapping[str, FloatArray]) -> pd.DataFrame:
    """For each of SHARES: the share of the loss of all defectors that lies among the first so many rows of each order.

    `value` (rows,) is the loss if the customer leaves, `orders` scores (rows,) by name, the largest first; a row on the
    border counts in part, ties in the order of the rows.
    """
    lost = y * np.maximum(value, 0.0)
    table = {"share": np.array(SHARES)}
    for name, score in orders.items():
        reached = np.concatenate([[0.0], np.cumsum(lost[np.argsort(-score, kind="stable")])])
        total = reached[-1] if reached[-1] > 0 else np.nan
        table[name] = np.interp(np.array(SHARES) * len(y), np.arange(len(y) + 1), reached) / total
    return pd.DataFrame(table)


def expected_profit_by_customer(y: FloatArray, p: FloatArray, value: FloatArray, money: MoneySettings) -> float:
    """Expected maximum profit a customer where each has a value (rows,) of their own (EMPB).

    Janssens, Bogaert, Bague and Van den Poel (2022): the incentive is the same share of each customer's value, here
    that of the config's incentive cost in its customer value; acceptance is Beta distributed.
    """
    from empulse.metrics import empb_score

    found = empb_score(
        y,
        p,
        clv=np.maximum(value, 0.0),
        alpha=money.accept_alpha.value,
        beta=money.accept_beta.value,
        incentive_fraction=money.incentive_cost.value / money.customer_value.value,
        contact_cost=money.contact_cost.value,
    )
    return float(found)
