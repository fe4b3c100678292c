"""What can be offered to a customer: one action, or a sequence of two. Options of the choice are offers by position."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.planning.settings import Action, PlanSettings
from pipeline.planning.sourced import BetaPrior, SuccessType, expected_chance


@dataclass(frozen=True)
class Offer:
    """`steps` are positions of actions, one or two; `pause_days` lie at least between them."""

    name: str
    steps: tuple[int, ...]
    actions: tuple[Action, ...]
    success: Mapping[SuccessType, BetaPrior]
    pause_days: int = 0

    @property
    def cost(self) -> float:
        """Money for all steps."""
        return sum(action.cost for action in self.actions)

    @property
    def sequence(self) -> str:
        """The sequence's name, empty for a single action."""
        return self.name if len(self.steps) > 1 else ""

    def chance(self, defection_type: SuccessType) -> float:
        """Expected chance to keep a customer who would defect for this reason."""
        return expected_chance(self.success, defection_type)


def offers(settings: PlanSettings) -> tuple[Offer, ...]:
    """The actions in their own order, then the sequences."""
    single = (Offer(one.name, (n,), (one,), one.success) for n, one in enumerate(settings.actions))
    position = {action.name: number for number, action in enumerate(settings.actions)}
    pairs = []
    for one in settings.sequences:
        steps = (position[one.first], position[one.then])
        actions = (settings.actions[steps[0]], settings.actions[steps[1]])
        pairs.append(Offer(one.name, steps, actions, one.success, one.pause_days))
    return (*single, *pairs)
