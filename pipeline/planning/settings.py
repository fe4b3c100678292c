"""What the user decides about a contact plan: actions, staff, channels, limits. Business figures have no defaults here.

Money is in the currency of the user's own tables (`currency` is only its label). Times of day are local to the tables.
Figures that come from outside (success odds, time limits) carry their source and status, see DOMAIN "priors".
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from features.errors import ConfigError, nearest
from pipeline.config.base import Section
from pipeline.planning.moment_settings import PlanMoment
from pipeline.planning.obligation_settings import ObligationSettings
from pipeline.planning.relationship import LEVELS, RelationshipGrid
from pipeline.planning.segment_settings import Segment
from pipeline.planning.sequences import Sequence
from pipeline.planning.sourced import BetaPrior, SuccessType, expected_chance
from pipeline.planning.working_time import Weekday, WorkingWeek

Band = str


class Action(Section):
    """Something that can be done for a customer, and for whom."""

    name: str = Field(min_length=1, description="the action's name, as it appears in plan.csv")
    channel: str = Field(description="one of the plan's channels")
    cost: float = Field(ge=0, description="money for one contact, including what is given away")
    minutes: float = Field(0, ge=0, le=600, description="working minutes of an agent; 0: nobody has to act")
    relationship_level: str | None = Field(None, description="lowest relationship level that gets this action")
    skill: str | None = Field(None, description="skill an agent needs to perform it")
    agents: tuple[str, ...] | None = Field(None, description="names of those who may perform it; none given: all able")
    types: tuple[str, ...] | None = Field(None, description="defection types it is for; none given: all")
    kinds: tuple[str, ...] | None = Field(None, description="kinds of customer it is for; none given: all")
    risk_bands: tuple[Band, ...] | None = Field(None, description="risk bands it is for; none given: all")
    grades: tuple[str, ...] | None = Field(
        None, description="grades of the customer's latest complaint it is for; none given: with and without complaint"
    )
    success: Mapping[SuccessType, BetaPrior] = Field(
        min_length=1,
        description="chance to keep a defecting customer, by defection type; `any` for the types not named",
    )

    def success_mean(self, defection_type: SuccessType) -> float:
        """Expected chance for one type; 0 where neither the type nor `any` is given."""
        return expected_chance(self.success, defection_type)


class Agent(Section):
    """A member of staff: what they can do, and when."""

    name: str = Field(min_length=1, description="the owner's name in the plan")
    channels: tuple[str, ...] = Field(min_length=1, description="channels the agent serves")
    skills: tuple[str, ...] = Field((), description="skills that actions may ask for")
    site: str | None = Field(None, description="where the agent meets customers: a stuck case goes to another site")
    hours_per_day: float = Field(gt=0, le=24, description="hours a working day for this plan")
    weekdays: tuple[Weekday, ...] | None = Field(None, description="days the agent works; none given: the working week")
    answers_complaints: bool = Field(True, description="may own open complaints")


class Channel(Section):
    """A way to reach customers."""

    capacity_per_day: int = Field(ge=0, description="contacts a working day")
    owner: str | None = Field(None, description="owner of rows that take no agent's time, where no agent serves it")


class PlanSettings(Section):
    """The `plan:` section of a config."""

    plan_id: str = Field(min_length=1, description="names the plan and seeds its hold-out: a new id draws a new one")
    currency: str = Field("", description="label for money in reports")
    language: Literal["en", "zh"] = Field("en", description="language of the rules and pages")
    playbook: str | None = Field(None, description="path of the playbook YAML for talking points")
    start: date | None = Field(
        None, description="first day of the plan, from the snapshot's day on; none given: that day"
    )
    period_days: int = Field(ge=1, le=366, description="calendar days the plan covers")
    budget: float | None = Field(None, ge=0, description="money for all actions; none given: no limit")
    cool_down_days: float = Field(ge=0, description="days since the last contact before the next one")
    min_net_benefit: float = Field(0.0, ge=0, description="money an action must be worth beyond its cost")
    holdout_share: float = Field(0.1, ge=0, lt=1, description="share of candidates kept without contact, to learn from")
    holdout_days: float | None = Field(
        None, ge=0, description="days a held-out customer stays without contact; none given: until the outcome is known"
    )
    preferred_channel: Literal["require", "ignore"] = Field(
        "require", description="require: a customer with a preferred channel is contacted there or not at all"
    )
    training_days: int = Field(
        365, ge=1, description="days back over which causes of complaints are counted for the training needs"
    )
    week: WorkingWeek = Field(WorkingWeek(), description="working days and hours")
    channels: Mapping[str, Channel] = Field(min_length=1, description="channels by name")
    agents: tuple[Agent, ...] = Field((), description="staff")
    actions: tuple[Action, ...] = Field(min_length=1, description="what can be offered")
    sequences: tuple[Sequence, ...] = Field((), description="two actions for one customer, one after the other")
    segments: tuple[Segment, ...] = Field((), description="fewest and most contacts by group of customers")
    moments: Mapping[str, PlanMoment] = Field(default_factory=dict, description="moments of truth, which go first")
    relationship: RelationshipGrid | None = Field(
        None, description="relationship level by margin and number of customers"
    )
    obligations: ObligationSettings | None = Field(None, description="time limits of open complaints")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _refuse_repeats("plan.actions", [action.name for action in self.actions] + [one.name for one in self.sequences])
        _refuse_repeats("plan.segments", [segment.name for segment in self.segments])
        _refuse_repeats("plan.agents", [agent.name for agent in self.agents])
        for agent in self.agents:
            for channel in agent.channels:
                _known("channel", channel, self.channels, f"plan.agents: {agent.name}")
            _fits_in_day(agent, self.week)
        for action in self.actions:
            self._check_action(action)
        for sequence in self.sequences:
            self._check_sequence(sequence)
        self._check_obligations()
        return self

    def _check_obligations(self) -> None:
        if self.obligations is None:
            return
        for channel in self.obligations.answer_channels.values():
            _known("channel", channel, self.channels, "plan.obligations.answer_channels")
        if self.obligations.owner is None and not any(agent.answers_complaints for agent in self.agents):
            raise ConfigError(
                "nobody owns open complaints",
                where="plan.obligations",
                fix="Name an `owner` or an agent who answers them.",
            )

    def _check_action(self, action: Action) -> None:
        where = f"plan.actions: {action.name}"
        _known("channel", action.channel, self.channels, where)
        for name in action.agents or ():
            _known("agent", name, tuple(agent.name for agent in self.agents), where)
        if action.relationship_level is not None:
            _known("relationship level", action.relationship_level, LEVELS, where)
            if self.relationship is None:
                raise ConfigError(
                    "a relationship level is asked for and no grid is given",
                    where=where,
                    value=action.relationship_level,
                    fix="Add plan.relationship or drop the level.",
                )
        if not self.performers(action) and (action.minutes > 0 or not self.channels[action.channel].owner):
            _raise_unserved(action, where)

    def _check_sequence(self, sequence: Sequence) -> None:
        where = f"plan.sequences: {sequence.name}"
        for name in (sequence.first, sequence.then):
            _known("action", name, tuple(action.name for action in self.actions), where)
        if sequence.pause_days >= self.period_days:
            raise ConfigError(
                "the second action lies beyond the plan",
                where=where,
                value=sequence.pause_days,
                fix=f"The plan covers {self.period_days} days (plan.period_days).",
            )

    def performers(self, action: Action) -> tuple[int, ...]:
        """Positions of the agents who serve the action's channel, have its skill and are named by it, if any are."""
        return tuple(
            number
            for number, agent in enumerate(self.agents)
            if action.channel in agent.channels
            and (action.skill is None or action.skill in agent.skills)
            and (action.agents is None or agent.name in action.agents)
        )


def _raise_unserved(action: Action, where: str) -> None:
    skill = f" with the skill {action.skill}" if action.skill else ""
    raise ConfigError(
        f"no agent{skill} serves the channel",
        where=where,
        value=action.channel,
        fix="Give an agent this channel and skill; an action of 0 minutes needs at least the channel's `owner`.",
    )


def _known(what: str, name: str, known: Mapping[str, object] | tuple[str, ...], where: str) -> None:
    if name not in known:
        raise ConfigError(f"unknown {what}", where=where, value=name, fix=nearest(name, known))


def _refuse_repeats(where: str, names: list[str]) -> None:
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ConfigError("the name occurs twice", where=where, value=repeated, fix="Give each its own name.")


def _fits_in_day(agent: Agent, week: WorkingWeek) -> None:
    if agent.hours_per_day * 60 > week.minutes_per_day:
        raise ConfigError(
            "more hours than the working day has",
            where=f"plan.agents: {agent.name}",
            value=agent.hours_per_day,
            fix=f"The working day has {week.minutes_per_day / 60:g} hours (plan.week).",
        )
