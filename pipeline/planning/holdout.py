"""The random hold-out: customers who could be contacted and are not, so that what contacts do can be measured."""

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd


def draw_holdout(
    customer_ids: "pd.Series[str]", benefit: npt.NDArray[np.float64], share: float, plan_id: str
) -> npt.NDArray[np.bool_]:
    """Which customers are held out, shape (customers,): `share` of them, evenly over the range of `benefit`.

    Every customer has the same probability, for every share, and the number held out is the share of the customers,
    rounded up or down by chance. The draw depends on the plan id, the ids and the benefits, not on the order of the
    rows.
    """
    held = np.zeros(len(benefit), dtype=bool)
    if share <= 0 or not len(benefit):
        return held
    order = np.lexsort((customer_ids.to_numpy(dtype=object).astype(str), -benefit))
    held[order[_drawn(len(order), share, np.random.default_rng(seed_of(plan_id)))]] = True
    return held


def _drawn(count: int, share: float, generator: np.random.Generator) -> list[int]:
    """Positions in an order, each drawn with probability `share`, one in each stretch of 1 / share positions.

    Systematic sampling after Deville (1998): position n covers [n share, (n + 1) share), and a point is drawn in each
    unit interval. A position across the border of two intervals must not be drawn in both, nor lose by that: what
    chance did in one interval changes the chances in the next. Unlike equal steps from one random start this leaves
    neighbours to chance.
    """
    drawn: list[int] = []
    for block, luck in enumerate(generator.random(int(np.ceil(count * share))).tolist()):
        across = int(block / share)  # the position across the border at which this interval begins
        before = block - across * share
        inside = share - before if before > 0 else 0.0
        taken = bool(drawn) and drawn[-1] == across
        odds = 0.0 if taken else inside / (1 - before)  # of the part of `across` that lies in this interval
        point = luck * (1 - before) if luck < odds else inside + (luck - odds) / (1 - odds) * (1 - inside)
        position = int((block + point) / share)
        if position < count:
            drawn.append(position)
    return drawn


def seed_of(plan_id: str) -> int:
    """A seed that is the same for a plan id on every machine."""
    return int.from_bytes(hashlib.sha256(plan_id.encode("utf-8")).digest()[:8], "big")
