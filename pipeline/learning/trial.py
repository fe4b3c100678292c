"""A plan as a trial: what the contacts did against the hold-out, by intention to treat, in customers and in money."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from models.arrays import BoolArray, FloatArray, IntArray
from models.folds import codes_of
from models.trial import Difference, benefit_strata, difference

By = Literal["all", "action", "type", "agent"]


class Amount(BaseModel):
    """A figure with its interval; null where it cannot be known."""

    model_config = ConfigDict(frozen=True)
    value: float | None
    low: float | None
    high: float | None


class Effect(BaseModel):
    """What contacting one group of treated customers did, against the hold-out's customers of the same kind."""

    model_config = ConfigDict(frozen=True)
    by: By
    name: str
    treated: int
    control: int
    left_treated: float | None = Field(description="share of the treated who defected")
    left_control: float | None = Field(description="share of the controls who defected, weighed as the treated")
    saved_customers: Amount = Field(description="defections that did not happen; below zero: contacts drove away")
    saved_money: Amount = Field(description="money that came in because of the contacts, before their cost")
    net_money: Amount = Field(description="the same less the cost of the contacts")
    cost: float | None = Field(
        description="money spent on contacts beyond what was spent on the controls all the same; null without controls"
    )
    claimed: bool = Field(description="whether the interval of saved customers excludes nothing at all")


@dataclass(frozen=True)
class Trial:
    """The planned customers with a known outcome.

    `rows` hold `action, agent, defection_type, net_benefit, defected, money, cost` (cost: what was really spent on
    contacts, in either arm).
    """

    rows: pd.DataFrame
    treated: BoolArray
    level: float

    def effects(self) -> list[Effect]:
        """All together, then by action, type and agent.

        The intervals of one table hold together (Bonferroni): with many groups one of them would stand out by chance.
        """
        found = [self._effect("all", "all", np.ones(len(self.rows), dtype=bool), self.level)]
        for by, column in (("action", "action"), ("type", "defection_type"), ("agent", "agent")):
            groups = list(self._groups(by, column))  # type: ignore[arg-type]
            level = 1 - (1 - self.level) / max(len(groups), 1)
            found += [self._effect(by, name, mask, level) for name, mask in groups]  # type: ignore[arg-type]
        return found

    def _groups(self, by: By, column: str) -> Iterator[tuple[str, BoolArray]]:
        """Names with their customers. Nobody holds the controls' hand: an agent's are those of the same action."""
        values = self.rows[column].fillna("").astype("str").to_numpy(dtype=object)
        actions = self.rows["action"].to_numpy(dtype=object)
        for name in sorted({str(value) for value in values[self.treated] if value}):
            own = np.asarray(values == name, dtype=bool)
            if by == "agent":
                own = np.asarray(own & self.treated | ~self.treated & np.isin(actions, actions[own & self.treated]))
            yield name, own

    def _effect(self, by: By, name: str, mask: BoolArray, level: float) -> Effect:
        rows, treated = self.rows[mask], self.treated[mask]
        strata = _strata(rows, treated, by)
        left = difference(rows["defected"].to_numpy(np.float64), treated, strata, level=level, binary=True)
        earned, spent = (rows[name].to_numpy(np.float64) for name in ("money", "cost"))
        money = self._money(earned, treated, strata, level)
        net = self._money(earned - spent, treated, strata, level)
        cost = self._money(spent, treated, strata, level).value
        return Effect(
            by=by,
            name=name,
            treated=left.treated,
            control=left.control,
            left_treated=_known(left.mean_treated),
            left_control=_known(left.mean_control),
            saved_customers=amount(left, -left.treated),
            saved_money=money,
            net_money=net,
            cost=cost,
            claimed=left.claimed,
        )

    def _money(self, values: FloatArray, treated: BoolArray, strata: IntArray, level: float) -> Amount:
        if not np.isfinite(values).all():
            return Amount(value=None, low=None, high=None)
        found = difference(values, treated, strata, level=level)
        return amount(found, found.treated)


def amount(found: Difference, times: float) -> Amount:
    """A mean difference as a total."""
    low, high = sorted((found.low * times, found.high * times))
    return Amount(value=_known(found.difference * times), low=_known(low), high=_known(high))


def _strata(rows: pd.DataFrame, treated: BoolArray, by: By) -> IntArray:
    """By expected benefit; an agent's customers are compared action by action instead."""
    if by == "agent":
        return codes_of(rows["action"])
    return benefit_strata(rows["net_benefit"].to_numpy(np.float64), treated)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
