"""The contact plan: whom to contact, with what, by whom, when; what is owed first, and a hold-out to learn from.

From a score file and what was known about the customers at its snapshot to a plan folder. Nothing here looks past the
snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.spec import Limit
from pipeline.config.base import resolve
from pipeline.config.features import default_limits
from pipeline.planning.calendar_file import calendar_text, calendars
from pipeline.planning.candidates import candidates
from pipeline.planning.decide import decide
from pipeline.planning.diary import Diary
from pipeline.planning.effects import Effects
from pipeline.planning.facts import attributes_of, customer_facts
from pipeline.planning.follow_up import with_follow_ups
from pipeline.planning.in_time import in_time
from pipeline.planning.known import KnownTables
from pipeline.planning.obligations import open_complaints
from pipeline.planning.outputs import write_plan
from pipeline.planning.owners import assign_owners
from pipeline.planning.page import plan_page
from pipeline.planning.placing import place
from pipeline.planning.playbook import Playbook, load_playbook
from pipeline.planning.relationship import relationship_levels
from pipeline.planning.rows import Customers, plan_rows
from pipeline.planning.scores import Scores, read_scores
from pipeline.planning.segments import bounds
from pipeline.planning.settings import PlanSettings
from pipeline.planning.staffing import limits
from pipeline.planning.summary import PlanSummary, summarise
from pipeline.planning.team import team_page


@dataclass(frozen=True)
class ContactPlan:
    """A plan in memory: its rows (columns as in plan.csv), the obligations, the summary, and pages by file name."""

    rows: pd.DataFrame
    obligations: pd.DataFrame
    summary: PlanSummary
    pages: Mapping[str, str]


def plan(
    scores: pd.DataFrame | Path,
    known: KnownTables,
    settings: PlanSettings,
    out: Path,
    *,
    as_of: datetime | None = None,
    sla: Mapping[str, Limit] | None = None,
    folder: Path | None = None,
    effects: Effects | None = None,
) -> PlanSummary:
    """Plan the contacts and write the plan folder `out`: whole, or not at all.

    `scores` is a score table or its file, one row a customer, all of one snapshot; `known` holds customers, contacts
    and complaints as known at that snapshot (`pipeline.planning.known.known_tables` reads them so). `as_of`, where
    given, must be that snapshot. `sla` are the time limits of complaints by grade (default: the config's priors);
    `folder` is where the settings' relative paths start; `effects` say what earlier plans taught (default: nothing but
    the settings' odds). Raises `ConfigError` and `DataError` for what does not fit.
    """
    made = make_plan(scores, known, settings, as_of=as_of, sla=sla, folder=folder, effects=effects)
    write_plan(out, made.rows, made.obligations, made.summary.model_dump(mode="json"), made.pages)
    return made.summary


def make_plan(
    scores: pd.DataFrame | Path,
    known: KnownTables,
    settings: PlanSettings,
    *,
    as_of: datetime | None = None,
    sla: Mapping[str, Limit] | None = None,
    folder: Path | None = None,
    effects: Effects | None = None,
) -> ContactPlan:
    """The plan in memory; arguments as for `plan`. The same input gives the same plan."""
    table = read_scores(scores, as_of)
    diary = Diary(settings, table.as_of)
    scored = replace(known, complaints=_of_scored(known, table))
    opened = open_complaints(scored.complaints, settings, sla or prior_limits(), table.as_of)
    obligations = assign_owners(with_follow_ups(opened, scored, settings, table.as_of), settings, diary)
    customers = _customers(table, known, settings, obligations, _playbook(settings, folder or Path()), effects)
    free = (*limits(settings, diary), *in_time(settings, diary))
    groups = bounds(settings.segments, *_traits(customers, known, settings))
    decision = decide(table.frame["customer_id"], customers.pairs, free, groups, settings)
    first = (customers.facts["moments"] != "").to_numpy()
    placed = place(decision, customers.pairs, groups, first, settings, diary)
    rows = plan_rows(customers, settings, obligations, placed)
    summary = summarise(
        customers,
        settings=settings,
        diary=diary,
        limits=free,
        bounds=groups,
        decision=decision,
        placed=placed,
        obligations=obligations,
        effects=effects or Effects(),
    )
    book = customers.playbook or Playbook(language=settings.language)
    pages = {
        "plan.html": plan_page(rows, obligations, customers, settings, summary, scored),
        "team.html": team_page(rows, scored, settings, diary, book, summary),
        "plan.ics": calendar_text(rows, settings.plan_id, table.as_of),
        **calendars(rows, settings.plan_id, table.as_of),
    }
    return ContactPlan(rows, obligations, summary, pages)


def prior_limits() -> Mapping[str, Limit]:
    """The time limits that hold where the config names none."""
    return {
        grade: Limit(limit.answer_hours, limit.resolve_hours, limit.working_time)
        for grade, limit in default_limits().items()
    }


def _of_scored(known: KnownTables, table: Scores) -> pd.DataFrame | None:
    complaints = known.complaints
    return None if complaints is None else complaints[complaints["customer_id"].isin(table.frame["customer_id"])]


def _playbook(settings: PlanSettings, folder: Path) -> Playbook | None:
    if settings.playbook is None:
        return None
    return load_playbook(Path(resolve(settings.playbook, folder, where="plan.playbook")))


def _customers(
    table: Scores,
    known: KnownTables,
    settings: PlanSettings,
    obligations: pd.DataFrame,
    playbook: Playbook | None,
    effects: Effects | None,
) -> Customers:
    facts = customer_facts(table, known, settings.moments)
    facts["owed"] = table.frame["customer_id"].isin(obligations["customer_id"])
    frame = table.frame
    levels = relationship_levels(frame["loss_profit"].fillna(frame["loss_if_defect"]), settings.relationship)
    return Customers(table, facts, levels, candidates(table, facts, levels, settings, effects), playbook)


def _traits(
    customers: Customers, known: KnownTables, settings: PlanSettings
) -> tuple[pd.DataFrame, dict[str, npt.NDArray[np.bool_]]]:
    """What segments can ask for: the customers' own columns, and what the plan knows about them; masks by moment."""
    ids, facts = customers.scores.frame["customer_id"], customers.facts
    own = attributes_of(ids, known.customers).drop(columns=facts.columns, errors="ignore")
    made = {
        "risk_band": customers.scores.frame["risk_band"],
        "relationship_level": customers.levels,
        "defection_type": customers.pairs.top_type,
    }
    of_moment = facts["moments"].str.split("; ")
    masks = {
        name: of_moment.map(lambda found, name=name: name in found).to_numpy(dtype=bool) for name in settings.moments
    }
    return own.join(facts).assign(**made), masks
