"""From pairs to decisions: who is held out, what the others are offered, and what the limits are worth."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.planning.candidates import Candidates
from pipeline.planning.choose import Choice, choose
from pipeline.planning.first_fit import first_fit
from pipeline.planning.holdout import draw_holdout
from pipeline.planning.problem import NOBODY, Floats, Ints, Problem
from pipeline.planning.segments import Bound
from pipeline.planning.settings import PlanSettings
from pipeline.planning.staffing import Limit


@dataclass(frozen=True)
class Decision:
    """The choice for every scored customer.

    `action` (customers,) is the position of the offer chosen, -1 for none, for both arms; `held` (customers,) marks
    the hold-out, whose offers are not carried out. `choice` and `problem` (with floors that can be reached) are those
    of the treated arm, whose customers stand at `rows` of the score table.
    """

    action: Ints
    held: npt.NDArray[np.bool_]
    rows: Ints
    problem: Problem
    choice: Choice


def decide(
    ids: "pd.Series[str]",
    pairs: Candidates,
    limits: tuple[Limit, ...],
    bounds: tuple[Bound, ...],
    settings: PlanSettings,
) -> Decision:
    """Draw the hold-out, then choose for both arms by the same rule.

    The hold-out's own choice runs under its share of every limit: its rows are those that would have been chosen, which
    is what the treated rows can be compared with. It uses nothing of the limits itself.
    """
    active = np.flatnonzero((pairs.excluded == "").to_numpy())
    best = pairs.net[active].max(axis=1, initial=-np.inf)
    held = np.zeros(len(ids), dtype=bool)
    held[active] = draw_holdout(ids.iloc[active], best, settings.holdout_share, settings.plan_id)
    treated, control = active[~held[active]], active[held[active]]
    problem = _problem(pairs, treated, limits, bounds)
    choice = choose(problem)
    action = np.full(len(ids), NOBODY, dtype=np.int64)
    action[treated] = choice.action
    if len(control):
        share = len(control) / max(len(treated), 1)
        action[control] = choose(_problem(pairs, control, limits, bounds, share)).action
    return Decision(action, held, treated, replace(problem, limits=choice.limits), choice)


def _problem(
    pairs: Candidates, rows: Ints, limits: tuple[Limit, ...], bounds: tuple[Bound, ...], share: float = 1.0
) -> Problem:
    use = np.array([limit.use for limit in limits], dtype=np.float64).reshape(len(limits), pairs.net.shape[1])
    sizes = [limit.limit * share for limit in limits]
    sizes += [-np.floor(bound.size * share) if bound.floor else bound.size * share for bound in bounds]
    member = np.array([bound.member[rows] * (-1 if bound.floor else 1) for bound in bounds], dtype=np.int8)
    return Problem(np.asfortranarray(pairs.worth[rows]), use, np.array(sizes), member.reshape(len(bounds), len(rows)))


def in_order_of(decision: Decision, wish: Floats, net: Floats) -> float:
    """Net benefit of the simple plan that goes down the treated arm by `wish` (customers,), largest first, same limits.

    `net` (customers, offers) is money, also where the choice goes by weights.
    Each customer gets the offer worth most for them that still fits; offers that lose money are left out, so the
    rule is compared at its best.
    """
    order = np.argsort(-wish[decision.rows], kind="stable")
    chosen = first_fit(decision.problem, decision.problem.worth, order)
    contacted = np.flatnonzero(chosen != NOBODY)
    return float(net[decision.rows[contacted], chosen[contacted]].sum())
