"""Puts the decisions into the diary: what found a slot is carried out, best first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.planning.candidates import Candidates
from pipeline.planning.decide import Decision
from pipeline.planning.diary import Diary
from pipeline.planning.problem import Ints
from pipeline.planning.schedule import Appointment, schedule
from pipeline.planning.settings import PlanSettings


@dataclass(frozen=True)
class Placed:
    """Positions of customers in the score table, best first: `offers` with their `appointments`, what found no slot
    (`unplaced`), and the hold-out's rows (`control`)."""

    offers: Ints
    appointments: list[Appointment]
    unplaced: Ints
    control: Ints
    action: Ints

    def mask(self, rows: Ints) -> npt.NDArray[np.bool_]:
        """Positions as a mask over all customers."""
        found = np.zeros(len(self.action), dtype=bool)
        found[rows] = True
        return found


def place(decision: Decision, pairs: Candidates, settings: PlanSettings, diary: Diary) -> Placed:
    """Book the treated arm's choices in the order of their net benefit; the diary is filled."""
    chosen = _best_first(np.flatnonzero((decision.action >= 0) & ~decision.held), decision, pairs)
    control = _best_first(np.flatnonzero((decision.action >= 0) & decision.held), decision, pairs)
    slots = schedule(decision.action[chosen], settings, diary)
    found = np.array([slot is not None for slot in slots], dtype=bool)
    appointments = [slot for slot in slots if slot is not None]
    return Placed(chosen[found], appointments, chosen[~found], control, decision.action)


def _best_first(rows: Ints, decision: Decision, pairs: Candidates) -> Ints:
    return rows[np.argsort(-pairs.net[rows, decision.action[rows]], kind="stable")]
