"""The three changes for a case that is stuck: another person, another place, another time.

The place is the agent's site, or, once the customer has had an answer in their own form, the channel. The time is the
other part of the day. A change that cannot be made is named in the rules, so that somebody can make it by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from pipeline.planning.diary import Part, part_of_day
from pipeline.planning.settings import Agent, PlanSettings


@dataclass(frozen=True)
class Able:
    """Agents (positions) who may own a case, the channel of the answer (None: the agent's own), the rules behind it.

    `avoid` is a channel not to be used again; `part` is the part of the day that the slot should lie in.
    """

    agents: Sequence[int]
    channel: str | None
    rules: list[str]
    avoid: str | None = None
    part: Part | None = None

    def served_by(self, agent: Agent) -> str:
        """The channel through which this agent answers."""
        return self.channel or next((name for name in agent.channels if name != self.avoid), agent.channels[0])


def changed(able: Able, row: dict[str, Any], everybody: Sequence[int], settings: PlanSettings) -> list[Able]:
    """The three changes, as far as they can be made; then what is left of them where that comes too late.

    First the place stays, then the person too. `row` is the obligation, `everybody` who answers complaints.
    """
    found: list[Able] = []
    for other_person, other_place in ((True, True), (True, False), (False, False)):
        way = _other_person(able, row["handled_by"], settings, other_person)
        way = _other_place(way, row, everybody if other_place else (), settings)
        way = _other_time(way, row["handled_at"], settings)
        found += [way] if way not in found else []
    return found


def _other_person(able: Able, handler: object, settings: PlanSettings, wanted: bool) -> Able:
    """Those who are not the handler; the handler alone where another person is not `wanted`."""
    if not isinstance(handler, str):
        return able
    same = [a for a in able.agents if settings.agents[a].name == handler]
    others = [a for a in able.agents if a not in same]
    if others and (wanted or not same):
        return replace(able, agents=others, rules=[*able.rules, "three_changes_person"])
    return replace(able, agents=same, rules=[*able.rules, "no_other_person"])


def _other_place(able: Able, row: dict[str, Any], everybody: Sequence[int], settings: PlanSettings) -> Able:
    """A site that is not the handler's; else another channel, unless the first answer in the own form is still due."""
    site = next((agent.site for agent in settings.agents if agent.name == row["handled_by"]), None)
    elsewhere = [a for a in able.agents if a in everybody and site and settings.agents[a].site not in (None, site)]
    if elsewhere:
        return replace(able, agents=elsewhere, rules=[*able.rules, "three_changes_place"])
    if able.channel is None and site is None:
        return able
    others = _through_another_channel(able, row["handled_by"], everybody, settings)
    if row["due"] == "answer" or not others:
        return replace(able, rules=[*able.rules, "no_other_place"])
    rules = [rule for rule in able.rules if rule not in ("own_form", "no_other_person", "three_changes_person")]
    person = ["three_changes_person"] if isinstance(row["handled_by"], str) else []
    return Able(others, None, [*rules, *person, "three_changes_place"], avoid=able.channel)


def _through_another_channel(
    able: Able, handler: object, everybody: Sequence[int], settings: PlanSettings
) -> list[int]:
    """Those other than the handler who serve another channel than the one the case is stuck in."""
    agents = ((a, settings.agents[a]) for a in everybody)
    return [a for a, one in agents if one.name != handler and set(one.channels) - {able.channel}]


def _other_time(able: Able, handled_at: Any, settings: PlanSettings) -> Able:
    """A midnight is a date without a time, so nothing is known about the part of the day."""
    moment: datetime = handled_at.to_pydatetime()
    if moment.time() == time():
        return able
    return replace(able, part="afternoon" if part_of_day(moment, settings) == "morning" else "morning")
