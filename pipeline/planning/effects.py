"""Where the plan's effects of actions come from: assumed odds, odds updated by trials, or effects by customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Basis = Literal["assumed", "updated", "measured"]


@dataclass(frozen=True)
class Effects:
    """`never` are actions that are offered no more, with what was found out about them.

    `kept` holds, for customers (index: customer_id) and actions (columns), by how much the action lowers the chance of
    defecting; below zero it drives away. None, or NaN for a customer: the odds of the action decide.
    """

    basis: Basis = "assumed"
    source: str = ""
    never: Mapping[str, str] = field(default_factory=dict)
    kept: pd.DataFrame | None = None

    def saved(
        self, by_odds: npt.NDArray[np.float64], frame: pd.DataFrame, actions: list[str]
    ) -> npt.NDArray[np.float64]:
        """Money saved (customers, actions): `by_odds`, or the effect by customer times the loss where that is known."""
        saved = by_odds.copy(order="F")
        if self.kept is not None:
            effect = self.kept.reindex(index=frame["customer_id"], columns=actions).to_numpy(np.float64)
            loss = np.nan_to_num(frame["loss_if_defect"].to_numpy(np.float64))[:, None]
            np.copyto(saved, effect * loss, where=np.isfinite(effect))
        for name in set(actions) & set(self.never):
            saved[:, actions.index(name)] = 0.0
        return saved
