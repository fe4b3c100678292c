"""What a plan takes from the learned folder: updated odds, actions that are offered no more, effects by customer."""

from dataclasses import replace

from pipeline.config.root import Config
from pipeline.learning.learned import Learned, Measured, with_odds
from pipeline.learning.uplift_models import effects_of, read_models
from pipeline.learning.words import WORDS
from pipeline.planning.effects import Effects
from pipeline.planning.scores import Scores
from pipeline.planning.settings import PlanSettings
from pipeline.prepare import Prepared


def learned_for(settings: PlanSettings, learned: Learned | None) -> tuple[PlanSettings, Effects]:
    """The settings with learned odds in place of the assumed ones, and where the effects come from."""
    if learned is None:
        return settings, Effects()
    words = WORDS[settings.language]
    never = {one.action: _why(one, words[_verdict(one)]) for one in learned.actions if one.action in learned.never}
    return with_odds(settings, learned), Effects("updated", learned.source, never)


def with_effects(effects: Effects, config: Config, data: Prepared, learned: Learned | None, scores: Scores) -> Effects:
    """The same with effects by customer, where such were shown to be real."""
    if learned is None or learned.uplift is None or not learned.uplift.claimed:
        return effects
    at_risk = scores.frame[scores.frame["status"] == "at_risk"]
    kept = effects_of(config, data, read_models(config.learned_path), at_risk, scores.as_of)
    return replace(effects, basis="measured", kept=kept)


def _why(one: Measured, verdict: str) -> str:
    return f"{verdict}, n = {one.contacts:,}"


def _verdict(one: Measured) -> str:
    """An action of which the plans alone told too little was looked for in all contacts, and not shown either."""
    return "not_shown" if one.verdict == "too_few" else one.verdict
