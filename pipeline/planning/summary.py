"""summary.json: what the plan is worth, what limits it, and why the others are not contacted."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from pipeline.planning.choose import relative_gap
from pipeline.planning.decide import Decision, in_order_of
from pipeline.planning.diary import Diary
from pipeline.planning.effects import Basis, Effects
from pipeline.planning.limit_use import LimitUse, limit_use
from pipeline.planning.offers import offers
from pipeline.planning.placing import Placed
from pipeline.planning.problem import NOBODY, Ints
from pipeline.planning.rows import Customers
from pipeline.planning.segments import Bound
from pipeline.planning.settings import PlanSettings
from pipeline.planning.staffing import Limit

Bools = npt.NDArray[np.bool_]


class PlanSummary(BaseModel):
    """What `holdfast plan --json` prints. Money in the currency of the user's tables."""

    model_config = ConfigDict(frozen=True)
    plan_id: str
    as_of: str
    currency: str
    period_days: int
    working_days: int
    customers: int
    contacts: int = Field(description="offers that are carried out (arm treat)")
    hold_out: int = Field(description="rows of the arm control: held out, and would have been contacted")
    held_out: int = Field(description="customers drawn for the hold-out, also those the limits would have left out")
    obligations: int
    obligations_late: int = Field(description="open complaints whose slot comes after their limit")
    obligations_overload: int = Field(description="open complaints booked beyond the staff's hours")
    objective: float = Field(
        description="what was maximised: net benefit, weighted where a moment of truth has a weight"
    )
    bound: float = Field(description="no plan under these limits can be worth more")
    gap: float = Field(description="(bound - objective) / bound")
    choice_gap: float = Field(description="the same before whole actions were put into whole days")
    method: str
    expected_saved: float
    cost: float
    net_benefit: float = Field(description="expected_saved - cost, money")
    budget_used: float | None = Field(description="share of the budget, null without a budget")
    capacity_used: dict[str, LimitUse]
    shadow_prices: dict[str, float] = Field(description="in the unit of the objective")
    by_action: dict[str, int] = Field(description="customers by what they are offered: an action, or a sequence")
    not_contacted: dict[str, int] = Field(description="customers without a contact, by reason")
    comparison: dict[str, float] = Field(
        description="money; the same limits spent on the riskiest, on the most valuable"
    )
    effects: Basis = Field(
        description="assumed: odds of the config; updated: odds after trials; measured: effects by customer"
    )
    effects_source: str = Field(description="the plans from whose outcomes effects were learned")
    never: dict[str, str] = Field(description="actions that are offered no more, and why")
    notes: list[str]

    @property
    def is_weighted(self) -> bool:
        """Whether the objective, its bound and the prices of limits are more than money: moments have a weight."""
        return abs(self.objective - self.net_benefit) > 1e-6 * max(1.0, abs(self.objective))


def reasons_not_contacted(
    excluded: "pd.Series[str]", decision: Decision, contacted: Bools, unplaced: Bools
) -> dict[str, int]:
    """One reason for each customer without a contact, most frequent first.

    `contacted` and `unplaced` (customers,): has a row that is carried out; was chosen and found no slot.
    """
    reason = (
        excluded.mask(excluded == "", "limits_used_up").mask(decision.held, "hold_out").mask(unplaced, "no_slot_left")
    )
    counts = reason[~contacted].value_counts()
    return {str(name): int(count) for name, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))}


def comparison(decision: Decision, customers: Customers, net_benefit: float) -> dict[str, float]:
    """The plan beside the two rules of thumb under the same limits, expected net benefit in money.

    The rules of thumb are not tied to slots and choose the action worth most, so they are compared at their best.
    """
    rules = {"call_the_riskiest": "risk", "call_the_most_valuable": "loss_if_defect"}
    wishes = {
        name: customers.scores.frame[column].fillna(-np.inf).to_numpy(dtype=np.float64)
        for name, column in rules.items()
    }
    return {"plan": net_benefit} | {
        name: in_order_of(decision, wish, customers.pairs.net) for name, wish in wishes.items()
    }


def summarise(
    customers: Customers,
    *,
    settings: PlanSettings,
    diary: Diary,
    limits: tuple[Limit, ...],
    bounds: tuple[Bound, ...],
    decision: Decision,
    placed: Placed,
    obligations: pd.DataFrame,
    effects: Effects,
) -> PlanSummary:
    """The summary of a finished plan."""
    chosen = placed.action[placed.offers]
    saved = float(customers.pairs.saved[placed.offers, chosen].sum())
    cost = float(np.array([offer.cost for offer in offers(settings)])[chosen].sum())
    worth = float(customers.pairs.worth[placed.offers, chosen].sum())
    done = placed.mask(placed.offers)
    capacity = limit_use(limits, bounds, decision, np.where(done, placed.action, NOBODY)[decision.rows])
    return PlanSummary(
        plan_id=settings.plan_id,
        as_of=customers.scores.as_of.isoformat(),
        currency=settings.currency,
        period_days=settings.period_days,
        working_days=len(diary.days),
        customers=len(customers.scores),
        contacts=len(placed.offers),
        hold_out=len(placed.control),
        held_out=int(decision.held.sum()),
        **_obligation_counts(obligations),
        objective=worth,
        bound=max(decision.choice.bound, worth),
        gap=relative_gap(worth, decision.choice.bound),
        choice_gap=decision.choice.gap,
        method=decision.choice.method,
        expected_saved=saved,
        cost=cost,
        net_benefit=saved - cost,
        budget_used=capacity["budget"].share if "budget" in capacity else None,
        capacity_used=capacity,
        shadow_prices={name: one.shadow_price for name, one in capacity.items()},
        by_action=_by_offer(chosen, settings),
        not_contacted=reasons_not_contacted(
            customers.pairs.excluded, decision, done | customers.facts["owed"].to_numpy(), placed.mask(placed.unplaced)
        ),
        comparison=comparison(decision, customers, saved - cost),
        effects=effects.basis,
        effects_source=effects.source,
        never=dict(effects.never),
        notes=[
            *_notes(settings, diary, len(placed.offers)),
            *_floors_missed(bounds, capacity),
            *effects_notes(effects),
        ],
    )


def _obligation_counts(obligations: pd.DataFrame) -> dict[str, int]:
    return {
        "obligations": len(obligations),
        "obligations_late": int(obligations["late"].sum()),
        "obligations_overload": int(obligations["rules"].astype("str").str.contains("overload|no_staff_time").sum()),
    }


def _by_offer(chosen: Ints, settings: PlanSettings) -> dict[str, int]:
    known = offers(settings)
    counts = np.bincount(chosen, minlength=len(known))
    return {offer.name: int(count) for offer, count in zip(known, counts, strict=True)}


def _floors_missed(bounds: tuple[Bound, ...], capacity: dict[str, LimitUse]) -> list[str]:
    missed = {b.name: capacity[b.name] for b in bounds if b.floor and capacity[b.name].used < b.size}
    return [f"Out of reach: {name} {one.limit:g}; the plan contacts {one.used:g}." for name, one in missed.items()]


def _notes(settings: PlanSettings, diary: Diary, contacts: int) -> list[str]:
    """Sentences for a reader who wonders about the numbers."""
    said = {
        "The period has no working day: nothing can be scheduled.": not diary.days,
        "Nobody is contacted beyond the obligations; see not_contacted for the reasons.": not contacts,
        "plan.obligations is missing, so open complaints are not planned.": settings.obligations is None,
        "There is no hold-out: what this plan does cannot be measured.": settings.holdout_share == 0,
    }
    assumed = sorted(
        {offer.name for offer in offers(settings) for prior in offer.success.values() if prior.status != "own"}
    )
    if assumed:
        said[f"Success odds are not measured on own data: {', '.join(assumed)}."] = True
    return [sentence for sentence, holds in said.items() if holds]


def effects_notes(effects: Effects) -> list[str]:
    """What the plan goes by, where it is not the assumed odds."""
    said = []
    if effects.basis == "updated":
        said.append(f"Success odds are updated by what happened after {effects.source}.")
    if effects.basis == "measured":
        said.append(f"Effects by customer were measured on randomised contacts ({effects.source}), not assumed.")
    if effects.never:
        said.append(f"Offered no more: {', '.join(f'{name} ({why})' for name, why in effects.never.items())}.")
    return said
