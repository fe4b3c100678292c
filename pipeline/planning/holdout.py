"""The random hold-out: customers who could be contacted and are not, so that what contacts do can be measured."""

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd


def draw_holdout(
    customer_ids: "pd.Series[str]", benefit: npt.NDArray[np.float64], share: float, plan_id: str
) -> npt.NDArray[np.bool_]:
    """Which customers are held out, shape (customers,): `share` of them, evenly over the range of `benefit`.

    Customers in the order of benefit form blocks of 1 / share; in each block chance takes one, so every customer has
    the same probability. The draw depends on the plan id, the ids and the benefits, not on the order of the rows.
    """
    held = np.zeros(len(benefit), dtype=bool)
    if share <= 0 or not len(benefit):
        return held
    order = np.lexsort((customer_ids.to_numpy(dtype=object).astype(str), -benefit))
    generator = np.random.default_rng(seed_of(plan_id))
    luck, accepted = generator.random(len(order)), generator.random(len(order))
    block = np.floor(np.arange(len(order)) * share + 1e-9).astype(np.int64)
    by_luck = np.lexsort((luck, block))
    first = by_luck[np.r_[True, np.diff(block[by_luck]) > 0]]
    size = np.bincount(block)
    winners = first[accepted[first] < size * share]
    held[order[winners]] = True
    return held


def seed_of(plan_id: str) -> int:
    """A seed that is the same for a plan id on every machine."""
    return int.from_bytes(hashlib.sha256(plan_id.encode("utf-8")).digest()[:8], "big")
