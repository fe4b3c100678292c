"""What a plan made from predictions is worth under the true effects, against the best plan within the same limits.

Both plans choose at most one action a customer, within a number of contacts and a budget, to save as much money as they
can. The predicted plan knows risk, type and loss from the model, and of the actions what an experiment would tell: how
often each keeps a customer who leaves for a type, on average. The best plan knows the effect on every customer.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.optimize import nnls

from models.arrays import FloatArray
from pipeline.planning.choose import choose
from pipeline.planning.problem import NOBODY, Ints, Problem
from pipeline.simulator.scenario import ACTIONS, TYPES

CONTACTS_SHARE = 0.05  # of the customers at risk
HORIZON_DAYS = 180
NO_SEARCH = (
    0  # pairs to search exactly: the last hundredth of a per cent is worth no minutes where plans differ by half
)


@dataclass(frozen=True)
class Limits:
    """What both plans may use: `costs` (actions,) of one contact each, and the totals."""

    costs: FloatArray
    contacts: float
    budget: float


def plan_measures(predicted: pd.DataFrame, truth: pa.Table, costs: FloatArray) -> dict[str, float]:
    """Money saved over 180 days under the true effects by the predicted plan, by risk alone, and by the best plan.

    `predicted` holds the score columns (customers,) of one moment, `truth` the true rows in the same order.
    """
    contacts = max(1.0, np.floor(CONTACTS_SHARE * len(predicted)))
    limits = Limits(costs, contacts, contacts * float(costs.mean()))
    saved = true_savings(truth)
    odds = average_odds(truth)
    types = predicted[[f"type_{name}" for name in TYPES]].to_numpy(np.float64)
    stake = np.nan_to_num((predicted["risk"] * predicted["loss_if_defect"]).to_numpy(np.float64))
    chosen = _chosen((types @ odds) * stake[:, None], limits)
    blind = np.outer(predicted["risk"].to_numpy(np.float64), odds.mean(axis=0))
    best, bound = _best(saved, limits)
    value = {name: _value(saved, plan) for name, plan in (("saved", chosen), ("saved_by_risk", _chosen(blind, limits)))}
    return {
        **value,
        "saved_best": best,
        "saved_bound": bound,
        "share_of_best": value["saved"] / best if best > 0 else float("nan"),
        "contacts": float((chosen != NOBODY).sum()),
        "budget": limits.budget,
    }


def plan_worths(
    predicted: pd.DataFrame, truth: pa.Table, costs: FloatArray, effects: FloatArray | None, contacts_share: float
) -> dict[str, float]:
    """True money saved by plans that contact at most a share of the customers, as shares of the best plan's.

    `learned` goes by `effects` (customers, actions), `average_odds` by what each action does on average by type, and
    `riskiest` calls them in the order of their risk; `best` is the best plan's money.
    """
    contacts = max(1.0, np.floor(contacts_share * len(predicted)))
    limits = Limits(costs, contacts, contacts * float(costs.mean()))
    saved, worths = true_savings(truth), expected_worths(predicted, truth, effects)
    best, _ = _best(saved, limits)
    return {"best": best} | {name: _value(saved, _chosen(worth, limits)) / best for name, worth in worths.items()}


def paying_worths(
    predicted: pd.DataFrame, truth: pa.Table, costs: FloatArray, effects: FloatArray | None
) -> dict[str, float]:
    """The same where nothing but its cost limits a contact: true money saved less cost, as shares of the best."""
    saved, worths = true_savings(truth), expected_worths(predicted, truth, effects)
    best = np.maximum((saved - costs).max(axis=1), 0).sum()
    found = {"best": float(best)}
    for name in set(worths) - {"riskiest"}:
        action = (worths[name] - costs).argmax(axis=1)
        every = np.arange(len(saved))
        pays = worths[name][every, action] > costs[action]
        found[name] = float((saved[every, action] - costs[action])[pays].sum() / best)
    return found


def expected_worths(predicted: pd.DataFrame, truth: pa.Table, effects: FloatArray | None) -> dict[str, FloatArray]:
    """What each way of choosing holds a contact to be worth, (customers, actions)."""
    odds = average_odds(truth)
    types = predicted[[f"type_{name}" for name in TYPES]].to_numpy(np.float64)
    risk, loss = (np.nan_to_num(predicted[name].to_numpy(np.float64))[:, None] for name in ("risk", "loss_if_defect"))
    worths = {"average_odds": (types @ odds) * risk * loss, "riskiest": risk * odds.mean(axis=0)}
    return worths if effects is None else worths | {"learned": np.nan_to_num(effects) * loss}


def true_savings(truth: pa.Table) -> FloatArray:
    """Margin that each action really saves in expectation, shape (customers, actions); below zero it drives away."""
    effect = np.column_stack([_numbers(truth, f"effect_{name}_{HORIZON_DAYS}") for name in ACTIONS])
    saved: FloatArray = -effect * _numbers(truth, f"margin_{HORIZON_DAYS}")[:, None]
    return saved


def average_odds(truth: pa.Table) -> FloatArray:
    """How often each action keeps a customer who would leave for a type, on average, shape (types, actions)."""
    risk = np.column_stack([_numbers(truth, f"p{HORIZON_DAYS}_{name}") for name in TYPES])
    kept = [nnls(risk, -_numbers(truth, f"effect_{name}_{HORIZON_DAYS}"))[0] for name in ACTIONS]
    return np.column_stack(kept).astype(np.float64)


def _numbers(truth: pa.Table, name: str) -> FloatArray:
    return np.asarray(truth.column(name).to_numpy(), dtype=np.float64)


def _problem(worth: FloatArray, limits: Limits) -> Problem:
    use = np.vstack([np.ones_like(limits.costs), limits.costs])
    return Problem(np.where(worth > 0, worth, -np.inf), use, np.array([limits.contacts, limits.budget]))


def _chosen(worth: FloatArray, limits: Limits) -> Ints:
    return np.asarray(choose(_problem(worth, limits), core_pairs=NO_SEARCH).action)


def _best(saved: FloatArray, limits: Limits) -> tuple[float, float]:
    choice = choose(_problem(saved, limits), core_pairs=NO_SEARCH)
    return float(choice.objective), float(choice.bound)


def _value(saved: FloatArray, plan: Ints) -> float:
    taken = np.flatnonzero(plan != NOBODY)
    return float(saved[taken, plan[taken]].sum())
