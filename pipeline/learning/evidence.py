"""From a plan, its contacts and what happened: the trial, the compliance, and the evidence by action and type."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from models.arrays import BoolArray
from pipeline.learning.learned import Evidence, PlanEvidence
from pipeline.learning.planned import Planned
from pipeline.learning.trial import Trial
from pipeline.planning.offers import Offer

UNREACHED = "unreached"  # as in the contacts table
UNKNOWN = "unknown"


class Compliance(BaseModel):
    """What was done of what was planned, for all offers (`all`) or those of one action."""

    model_config = ConfigDict(frozen=True)
    action: str
    treated: int
    contacted: int = Field(description="treated customers with a contact before their outcome was known")
    as_planned: int = Field(description="of these, with the planned action")
    reached: int = Field(description="of those contacted, who were spoken to; equal to contacted where nothing is said")
    control: int
    control_contacted: int = Field(description="held out and contacted all the same: it blurs the comparison")


@dataclass(frozen=True)
class Joined:
    """The planned rows with what was done and what happened.

    `rows` adds to the plan's columns `contacted, as_planned, reached` (bool), `spent` (money), `defected`, `type`,
    `money`.
    """

    plan: Planned
    rows: pd.DataFrame

    @property
    def settled(self) -> pd.DataFrame:
        """Rows with an honest label."""
        return self.rows[self.rows["defected"].notna()]

    def trial(self, level: float) -> Trial:
        """The arms compared; cost is what was spent, where the contacts say so, else what was planned."""
        rows = self.settled
        return Trial(rows.assign(cost=rows["spent"]), _treated(rows), level)


def joined(plan: Planned, contacts: pd.DataFrame, happened: pd.DataFrame, until: datetime) -> Joined:
    """Put the three together. Contacts count from the snapshot of the plan until its outcome is known."""
    made = contacts[(contacts["occurred_at"] >= plan.as_of) & (contacts["occurred_at"] < until)]
    made = made[made["arm"].fillna("") != "control"]
    rows = plan.rows.assign(**{name: happened[name].to_numpy() for name in ("defected", "type", "money")})
    return Joined(plan, pd.concat([rows, _done(rows, made)], axis=1))


def _done(rows: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    named = made.assign(customer_id=made["customer_id"].astype("str"))
    ids = rows["customer_id"].astype("str")
    contacted = ids.isin(named["customer_id"])
    steps = rows["steps"] if "steps" in rows else rows["action"]
    planned = pd.DataFrame({"customer_id": ids, "planned": steps.str.split("; ")}).explode("planned")
    right = named.merge(planned, on="customer_id", how="inner").query("action == planned or action.isna()")
    reached = named[named["outcome"].fillna("") != UNREACHED]
    spent = ids.map(named.groupby("customer_id")["cost"].sum(min_count=1))
    planned_cost = np.where(contacted, rows["cost"], 0.0)
    return pd.DataFrame(
        {
            "contacted": contacted,
            "as_planned": ids.isin(right["customer_id"]),
            "reached": ids.isin(reached["customer_id"]),
            "spent": spent.fillna(pd.Series(planned_cost, index=rows.index)).astype("float64"),
        }
    )


def compliance(found: Joined) -> list[Compliance]:
    """For all offers, then by action."""
    actions = sorted(found.rows["action"].unique())
    return [_compliance("all", found.rows), *(_compliance(a, found.rows[found.rows["action"] == a]) for a in actions)]


def _compliance(action: str, rows: pd.DataFrame) -> Compliance:
    treated, contacted = _treated(rows), rows["contacted"].to_numpy(bool)
    return Compliance(
        action=action,
        treated=int(treated.sum()),
        contacted=int((treated & contacted).sum()),
        as_planned=int((treated & rows["as_planned"].to_numpy(bool)).sum()),
        reached=int((treated & rows["reached"].to_numpy(bool)).sum()),
        control=int((~treated).sum()),
        control_contacted=int((~treated & contacted).sum()),
    )


def evidence(found: Joined, actions: Sequence[Offer]) -> PlanEvidence:
    """Counts for every action (or sequence) and each type its odds are about, and for all defections together."""
    told = []
    for action in actions:
        rows = found.settled[found.settled["action"] == action.name]
        masks = {"all": _left(rows)} | _by_type(rows, tuple(action.success))
        told += [_counts(action.name, kind, rows, mask) for kind, mask in masks.items() if len(rows)]
    return PlanEvidence(plan_id=found.plan.plan_id, as_of=found.plan.as_of.isoformat(), evidence=tuple(told))


def _by_type(rows: pd.DataFrame, kinds: Sequence[str]) -> dict[str, BoolArray]:
    """Defections that tell of each type's odds; `any` takes the types not named.

    Where no defection has a known type, each of them tells of every type.
    """
    left, types = _left(rows), rows["type"].fillna(UNKNOWN).astype("str").to_numpy(dtype=object)
    if not (left & (types != UNKNOWN)).any():
        return dict.fromkeys(kinds, left)
    named = [kind for kind in kinds if kind != "any"]
    return {
        kind: np.asarray(left & (~np.isin(types, named) if kind == "any" else types == kind), dtype=bool)
        for kind in kinds
    }


def _counts(action: str, kind: str, rows: pd.DataFrame, left: BoolArray) -> Evidence:
    treated = _treated(rows)
    return Evidence(
        action=action,
        type=kind,
        treated=int(treated.sum()),
        treated_left=int((treated & left).sum()),
        control=int((~treated).sum()),
        control_left=int((~treated & left).sum()),
    )


def _treated(rows: pd.DataFrame) -> BoolArray:
    return np.asarray(rows["arm"] == "treat", dtype=bool)


def _left(rows: pd.DataFrame) -> BoolArray:
    return np.asarray(rows["defected"] == 1, dtype=bool)
