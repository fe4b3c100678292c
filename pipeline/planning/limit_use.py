"""How far each limit is used, what one more unit of it is worth, and what ten percent more or less would change."""

from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from pipeline.planning.decide import Decision
from pipeline.planning.prices import bound_at
from pipeline.planning.problem import Ints, at_prices, used
from pipeline.planning.segments import Bound
from pipeline.planning.staffing import Limit


class LimitUse(BaseModel):
    """How far a limit is used, and what changing it would change (in the unit of the objective, upper bounds)."""

    model_config = ConfigDict(frozen=True)
    unit: str
    limit: float = Field(description="what is left of it for offers after the obligations; for a segment: customers")
    used: float
    share: float | None
    shadow_price: float = Field(description="what one more unit is worth; money, weighted where the objective is")
    minus_10_percent: float = Field(description="change of the plan's worth with 10 % less of it")
    plus_10_percent: float = Field(description="change of the plan's worth with 10 % more of it")


def limit_use(
    limits: tuple[Limit, ...], bounds: tuple[Bound, ...], decision: Decision, carried_out: Ints
) -> dict[str, LimitUse]:
    """Use, price and sensitivity of each limit and segment.

    `carried_out` (rows of the treated arm) is the offer, -1 for none. The changes are upper bounds of what would be
    won, or lower bounds of what would be lost.
    """
    problem, prices = decision.problem, decision.choice.prices
    spent, relaxed = used(problem, carried_out), at_prices(problem, prices).bound
    named = [(limit.name, limit.unit, limit.limit, False) for limit in limits]
    named += [(bound.name, "customers", float(bound.size), bound.floor) for bound in bounds]
    return {
        name: LimitUse(
            unit=unit,
            limit=size,
            used=abs(float(spent[number])),
            share=abs(float(spent[number])) / size if size > 0 else None,
            shadow_price=-float(prices[number]) if floor else float(prices[number]),
            minus_10_percent=_change(decision, number, 0.9, relaxed),
            plus_10_percent=_change(decision, number, 1.1, relaxed),
        )
        for number, (name, unit, size, floor) in enumerate(named)
    }


def _change(decision: Decision, number: int, factor: float, relaxed: float) -> float:
    """Change of the worth's bound with one limit changed; one of no price and with room to spare changes nothing.

    A floor's change is its price: a higher one might be out of reach, and then there is nothing to solve.
    """
    problem, choice = decision.problem, decision.choice
    if number in problem.floors:
        return float(choice.prices[number] * problem.limits[number] * (factor - 1))
    fits = used(problem, choice.action)[number] <= problem.limits[number] * min(factor, 1.0)
    if choice.prices[number] <= 0 and fits:
        return 0.0
    limits = problem.limits.copy()
    limits[number] *= factor
    return bound_at(replace(problem, limits=limits), choice.prices) - relaxed
