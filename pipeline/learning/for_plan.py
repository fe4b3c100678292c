"""What a plan takes from the learned folder: updated odds, actions that are offered no more, effects by customer."""

from pipeline.learning.learned import Learned, Measured, with_odds
from pipeline.learning.words import WORDS
from pipeline.planning.effects import Effects
from pipeline.planning.settings import PlanSettings


def learned_for(settings: PlanSettings, learned: Learned | None) -> tuple[PlanSettings, Effects]:
    """The settings with learned odds in place of the assumed ones, and where the effects come from."""
    if learned is None:
        return settings, Effects()
    words = WORDS[settings.language]
    never = {one.action: _why(one, words[one.verdict]) for one in learned.actions if one.action in learned.never}
    return with_odds(settings, learned), Effects("updated", learned.source, never)


def _why(one: Measured, verdict: str) -> str:
    return f"{verdict}, n = {one.contacts:,}"
