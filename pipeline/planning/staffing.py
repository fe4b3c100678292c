"""Staff as limits: which sets of actions compete for which agents' time.

Each action can be performed by a pool of agents. Any set of actions fits into the staff's time exactly if for every
union of pools the minutes of the actions confined to it fit into the time of its agents (Hall's condition for a
transport problem). Unions of pools that share nobody add nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from features.errors import ConfigError
from pipeline.planning.diary import Diary
from pipeline.planning.offers import offers
from pipeline.planning.settings import PlanSettings

Floats = npt.NDArray[np.float64]
Pool = frozenset[int]

MAX_UNIONS = 2_000


@dataclass(frozen=True)
class Limit:
    """One limit of the plan: its name for the summary, its unit, its size, and what each offer uses of it."""

    name: str
    unit: str
    limit: float
    use: tuple[float, ...]


def limits(settings: PlanSettings, diary: Diary) -> tuple[Limit, ...]:
    """Budget, contacts by channel, hours by pool of agents, as left after the obligations in the diary."""
    return tuple(
        replace(limit, use=tuple(sum(limit.use[step] for step in offer.steps) for offer in offers(settings)))
        for limit in (*_budget(settings), *_channels(settings, diary), *_hours(settings, diary))
    )


def _budget(settings: PlanSettings) -> tuple[Limit, ...]:
    if settings.budget is None:
        return ()
    return (Limit("budget", "money", settings.budget, tuple(action.cost for action in settings.actions)),)


def _channels(settings: PlanSettings, diary: Diary) -> tuple[Limit, ...]:
    """A channel counts only days on which it can be worked: its contacts are booked day by day."""
    names = dict.fromkeys(action.channel for action in settings.actions)
    return tuple(
        Limit(
            f"channel {name}",
            "contacts",
            float(diary.contacts_left[name].sum()),
            tuple(float(action.channel == name) for action in settings.actions),
        )
        for name in names
    )


def _hours(settings: PlanSettings, diary: Diary) -> tuple[Limit, ...]:
    pools = action_pools(settings)
    free = diary.free.sum(axis=1) / 60 if len(settings.agents) else np.zeros(0)
    return tuple(
        Limit(
            "hours for " + " + ".join(_confined(union, pools, settings)),
            "hours",
            float(sum(free[agent] for agent in union)),
            tuple(
                action.minutes / 60 if pool and pool <= union else 0.0
                for action, pool in zip(settings.actions, pools, strict=True)
            ),
        )
        for union in unions([pool for pool in pools if pool])
    )


def _confined(union: Pool, pools: Sequence[Pool], settings: PlanSettings) -> list[str]:
    """Names of the actions that only these agents perform; no two unions have the same."""
    return [action.name for action, pool in zip(settings.actions, pools, strict=True) if pool and pool <= union]


def action_pools(settings: PlanSettings) -> list[Pool]:
    """The agents who can perform each action; empty for actions that take nobody's time."""
    return [
        frozenset(settings.performers(action)) if action.minutes > 0 else frozenset() for action in settings.actions
    ]


def unions(pools: Sequence[Pool]) -> list[Pool]:
    """All pools, and the unions of overlapping ones, smallest first."""
    found = set(pools)
    fresh = set(pools)
    while fresh:
        fresh = {union | pool for union in fresh for pool in pools if union & pool} - found
        found |= fresh
        if len(found) > MAX_UNIONS:
            raise ConfigError(
                "the skills and channels of the staff overlap in too many ways",
                where="plan.agents",
                value=len(found),
                fix="Use fewer different combinations of channel and skill.",
            )
    return sorted(found, key=lambda union: (len(union), sorted(union)))


def quotas(minutes: Floats, pools: Sequence[Pool], capacity: Floats) -> Floats:
    """Minutes of each action that each agent should take so that the busiest is least busy, shape (actions, agents).

    `minutes` (actions,) is to be shared out, `capacity` (agents,) is what they have.
    """
    shares = np.zeros((len(minutes), len(capacity)))
    cells = [(action, agent) for action, pool in enumerate(pools) for agent in sorted(pool) if minutes[action] > 0]
    if not cells:
        return shares
    taken, owed = np.zeros((len(capacity), len(cells) + 1)), np.zeros((len(minutes), len(cells) + 1))
    for column, (action, agent) in enumerate(cells):
        taken[agent, column] = 1.0
        owed[action, column] = 1.0
    taken[:, -1] = -capacity
    rows = [action for action in range(len(minutes)) if minutes[action] > 0]
    cost = np.r_[np.zeros(len(cells)), 1.0]
    solved = linprog(
        cost, A_ub=taken, b_ub=np.zeros(len(capacity)), A_eq=owed[rows], b_eq=minutes[rows], method="highs"
    )
    if solved.x is not None:
        for column, (action, agent) in enumerate(cells):
            shares[action, agent] = solved.x[column]
    return shares
