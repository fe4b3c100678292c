"""What was learned, as a file: evidence by plan, odds before and after, and which actions were shown to do something.

`learn` adds its plan to the file (the same plan again replaces itself) and reckons everything anew from the priors of
the config, so the order of learning does not matter and nothing is counted twice. `plan` reads it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import DataError
from models.odds import Beta, Counts, posterior
from models.trial import Difference, difference
from pipeline.learning.settings import LearningConfig
from pipeline.learning.uplift_result import UpliftResult
from pipeline.planning import sequences as planned
from pipeline.planning.offers import Offer, offers
from pipeline.planning.settings import Action, PlanSettings
from pipeline.planning.sourced import BetaPrior, SuccessType

FILE = "learned.json"
Verdict = Literal["keeps", "drives_away", "not_shown", "too_few"]


class Record(BaseModel):
    """Plain, frozen data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(Record):
    """Customers of both arms who were offered an action (or would have been), and how many left for a type."""

    action: str
    type: str = Field(description="a type of the action's success odds, or `all` for every defection")
    treated: int
    treated_left: int
    control: int
    control_left: int

    @property
    def counts(self) -> Counts:
        """For the models."""
        return Counts(self.treated, self.treated_left, self.control, self.control_left)


class PlanEvidence(Record):
    """What one plan told."""

    plan_id: str
    as_of: str
    evidence: tuple[Evidence, ...]

    @property
    def draw(self) -> tuple[str, str]:
        """Which plan it was: a name that is used again at another snapshot is another plan."""
        return self.plan_id, self.as_of


class LearnedOdds(Record):
    """The chance that an action keeps a customer who would leave for a type: Beta before and after, with sources."""

    action: str
    type: SuccessType
    prior_a: float
    prior_b: float
    prior_source: str
    a: float
    b: float
    source: str

    @property
    def mean(self) -> float:
        """Expected chance after the evidence."""
        return Beta(self.a, self.b).mean

    @property
    def prior_mean(self) -> float:
        """Expected chance before it."""
        return Beta(self.prior_a, self.prior_b).mean


class Measured(Record):
    """The difference an action made in the share that left, over all plans, and what may be said of it."""

    action: str
    contacts: int = Field(description="randomised customers of both arms")
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict


class Learned(Record):
    """The content of learned.json."""

    format: Literal[1] = 1
    plans: tuple[PlanEvidence, ...] = ()
    odds: tuple[LearnedOdds, ...] = ()
    actions: tuple[Measured, ...] = ()
    uplift: UpliftResult | None = None

    @property
    def never(self) -> frozenset[str]:
        """Actions that are offered no more: shown to drive away, or tried often enough without being shown to keep.

        Where effects by customer are known they decide instead; where they were sought and not found, only actions
        that were shown to keep customers on the whole are left.
        """
        refused = {one.action for one in self.actions if one.verdict in ("drives_away", "not_shown")}
        if self.uplift is None:
            return frozenset(refused)
        if self.uplift.claimed:
            return frozenset(refused - set(self.uplift.actions))
        keeping = {one.action for one in self.actions if one.verdict == "keeps"}
        return frozenset(refused | (set(self.uplift.actions) - keeping))

    @property
    def source(self) -> str:
        """The plans behind it."""
        return ", ".join(plan.plan_id for plan in self.plans)


def read_learned(folder: Path) -> Learned | None:
    """What a folder holds, None where nothing has been learned yet. Raises DataError for a file that does not fit."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return Learned.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        fix = "Learn again into an empty folder."
        raise DataError(
            "is not what `learn` wrote", where=str(path), fix=f"{str(error).splitlines()[0]}. {fix}"
        ) from None


def with_plan(
    before: Learned | None,
    plan: PlanEvidence,
    settings: PlanSettings,
    rules: LearningConfig,
    uplift: UpliftResult | None,
) -> Learned:
    """The file after one more plan."""
    earlier = tuple(one for one in (before.plans if before else ()) if one.draw != plan.draw)
    plans = (*earlier, plan)
    return Learned(
        plans=plans,
        odds=tuple(odds for offer in offers(settings) for odds in _odds(offer, plans)),
        actions=_measured(settings, plans, rules),
        uplift=uplift,
    )


def _odds(action: Offer, plans: Sequence[PlanEvidence]) -> list[LearnedOdds]:
    found = []
    for kind, prior in action.success.items():
        told = [
            (p.plan_id, e)
            for p in plans
            for e in p.evidence
            if (e.action, e.type) == (action.name, kind) and e.counts.tells
        ]
        after = posterior(Beta(prior.a, prior.b), [one.counts for _, one in told])
        treated, control = sum(one.treated for _, one in told), sum(one.control for _, one in told)
        names = ", ".join(dict.fromkeys(name for name, _ in told))
        source = f"{prior.source}; {treated:,} treated and {control:,} held out in {names}" if told else prior.source
        found.append(
            LearnedOdds(
                action=action.name, type=kind, prior_a=prior.a, prior_b=prior.b, prior_source=prior.source,
                a=after.a, b=after.b, source=source,
            )
        )  # fmt: skip
    return found


def _measured(settings: PlanSettings, plans: Sequence[PlanEvidence], rules: LearningConfig) -> tuple[Measured, ...]:
    level = 1 - (1 - rules.level) / len(offers(settings))
    found = []
    for action in offers(settings):
        told = [e for p in plans for e in p.evidence if e.action == action.name and e.type == "all"]
        made, contacts = _difference(told, level), sum(one.treated + one.control for one in told)
        known = made is not None and np.isfinite(made.difference)
        ends = (made.difference, made.low, made.high) if made and known else (None, None, None)
        found.append(
            Measured(
                action=action.name, contacts=contacts, difference=ends[0], low=ends[1], high=ends[2],
                verdict=_verdict(made, contacts, rules),
            )
        )  # fmt: skip
    return tuple(found)


def _difference(told: Sequence[Evidence], level: float) -> Difference | None:
    """Over all plans, each with its own share that leaves."""
    if not told:
        return None
    parts = [
        (np.r_[np.ones(left), np.zeros(size - left)], arm, plan)
        for plan, one in enumerate(told)
        for arm, size, left in ((True, one.treated, one.treated_left), (False, one.control, one.control_left))
    ]
    y = np.concatenate([rows for rows, _, _ in parts])
    treated = np.concatenate([np.full(len(rows), arm) for rows, arm, _ in parts])
    plans = np.concatenate([np.full(len(rows), plan, dtype=np.int64) for rows, _, plan in parts])
    return difference(y, treated, plans, level=level, binary=True)


def _verdict(made: Difference | None, contacts: int, rules: LearningConfig) -> Verdict:
    if made is not None and made.high < 0:
        return "keeps"
    if made is not None and made.low > 0:
        return "drives_away"
    return "not_shown" if contacts >= rules.enough_contacts.value else "too_few"


def with_odds(settings: PlanSettings, learned: Learned) -> PlanSettings:
    """The plan's settings with the learned odds in place of the priors they came from."""
    by_action: dict[str, dict[str, BetaPrior]] = {}
    for one in learned.odds:
        own = one.source != one.prior_source
        if own:
            prior = BetaPrior(a=one.a, b=one.b, source=one.source, status="own")
            by_action.setdefault(one.action, {})[one.type] = prior
    actions = tuple(one.model_copy(update=_success(one, by_action)) for one in settings.actions)
    sequences = tuple(one.model_copy(update=_success(one, by_action)) for one in settings.sequences)
    return settings.model_copy(update={"actions": actions, "sequences": sequences})


def _success(offered: Action | planned.Sequence, learned: Mapping[str, Mapping[str, BetaPrior]]) -> dict[str, object]:
    success: dict[str, BetaPrior] = {str(kind): prior for kind, prior in offered.success.items()}
    return {"success": success | dict(learned.get(offered.name, {}))}
