"""Sequences need two days: their first steps must leave time for the second ones, which cannot come on the first days.

These limits say so to the choice as far as totals can; with several sequences the shortest pause counts, so nothing
that could be booked is ruled out.
"""

import numpy as np
import numpy.typing as npt

from pipeline.planning.diary import Diary
from pipeline.planning.offers import Offer, offers
from pipeline.planning.settings import PlanSettings
from pipeline.planning.staffing import Limit, Pool, action_pools, unions

Bools = npt.NDArray[np.bool_]
STEPS = ("first steps", "second steps")


def in_time(settings: PlanSettings, diary: Diary) -> tuple[Limit, ...]:
    """Contacts and hours on the days on which each step of a sequence can lie; nothing without sequences."""
    pairs = [offer for offer in offers(settings) if offer.sequence]
    if not pairs or not diary.days:
        return ()
    pause = min(offer.pause_days for offer in pairs)
    after = np.array([diary.first_day_after(day, pause) for day in range(len(diary.days))])
    days = (after < len(diary.days), np.arange(len(diary.days)) >= after[0])
    found = [limit for step in (0, 1) for limit in _of_step(step, days[step], settings, diary)]
    return tuple(limit for limit in found if any(limit.use))


def _of_step(step: int, days: Bools, settings: PlanSettings, diary: Diary) -> list[Limit]:
    known, pools = offers(settings), action_pools(settings)
    contacts = [
        Limit(
            f"channel {name} for {STEPS[step]}",
            "contacts",
            float(left[days].sum()),
            tuple(float(bool(offer.sequence) and offer.actions[step].channel == name) for offer in known),
        )
        for name, left in diary.contacts_left.items()
    ]
    return contacts + [
        Limit(
            f"hours of {' + '.join(settings.agents[agent].name for agent in sorted(union))} for {STEPS[step]}",
            "hours",
            float(diary.free[sorted(union)][:, days].sum() / 60),
            tuple(_hours(offer, step, union, pools) for offer in known),
        )
        for union in unions([pool for pool in pools if pool])
    ]


def _hours(offer: Offer, step: int, union: Pool, pools: list[Pool]) -> float:
    pool = pools[offer.steps[step]] if offer.sequence else frozenset()
    return offer.actions[step].minutes / 60 if pool and pool <= union else 0.0
