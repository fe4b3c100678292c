"""The contact plan: whom to contact, with what, by whom, when; what is owed first, and a hold-out to learn from.

From a score file and what was known about the customers at its snapshot to a plan folder. Nothing here looks past the
snapshot.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from pipeline.planning.candidates import candidates
from pipeline.planning.decide import decide
from pipeline.planning.diary import Diary
from pipeline.planning.facts import customer_facts
from pipeline.planning.known import KnownTables
from pipeline.planning.obligations import open_complaints
from pipeline.planning.outputs import write_plan
from pipeline.planning.owners import assign_owners
from pipeline.planning.placing import place
from pipeline.planning.playbook import load_playbook
from pipeline.planning.relationship import relationship_levels
from pipeline.planning.rows import Customers, plan_rows
from pipeline.planning.scores import Scores, read_scores
from pipeline.planning.settings import PlanSettings
from pipeline.planning.staffing import limits
from pipeline.planning.summary import PlanSummary, summarise


@dataclass(frozen=True)
class ContactPlan:
    """A plan in memory: its rows (columns as in plan.csv), the obligations, the summary."""

    rows: pd.DataFrame
    obligations: pd.DataFrame
    summary: PlanSummary


def plan(
    scores: pd.DataFrame | Path,
    known: KnownTables,
    settings: PlanSettings,
    out: Path,
    as_of: datetime | None = None,
) -> PlanSummary:
    """Plan the contacts and write the plan folder `out`: whole, or not at all.

    `scores` is a score table or its file, one row a customer, all of one snapshot; `known` holds customers, contacts
    and complaints as known at that snapshot (`pipeline.planning.known.known_tables` reads them so). `as_of`, where
    given, must be that snapshot. Raises `ConfigError` and `DataError` for what does not fit.
    """
    made = make_plan(scores, known, settings, as_of)
    write_plan(out, made.rows, made.obligations, made.summary.model_dump(mode="json"))
    return made.summary


def make_plan(
    scores: pd.DataFrame | Path, known: KnownTables, settings: PlanSettings, as_of: datetime | None = None
) -> ContactPlan:
    """The plan in memory; arguments as for `plan`. The same input gives the same plan."""
    table = read_scores(scores, as_of)
    diary = Diary(settings, table.as_of)
    obligations = _obligations(table, known, settings, diary)
    customers = _customers(table, known, settings, obligations)
    free = limits(settings, diary)
    decision = decide(table.frame["customer_id"], customers.pairs, free, settings)
    placed = place(decision, customers.pairs, settings, diary)
    rows = plan_rows(customers, settings, obligations, placed)
    summary = summarise(
        customers,
        settings=settings,
        diary=diary,
        limits=free,
        decision=decision,
        placed=placed,
        obligations=obligations,
    )
    summary = summarise(
        customers,
        settings=settings,
        diary=diary,
        limits=free,
        decision=decision,
        placed=placed,
        obligations=obligations,
    )
    return ContactPlan(rows, obligations, summary)


def _obligations(table: Scores, known: KnownTables, settings: PlanSettings, diary: Diary) -> pd.DataFrame:
    complaints = known.complaints
    if complaints is not None:
        complaints = complaints[complaints["customer_id"].isin(table.frame["customer_id"])]
    opened = open_complaints(complaints, settings.obligations, settings.week, table.as_of)
    return assign_owners(opened, settings, diary)


def _customers(table: Scores, known: KnownTables, settings: PlanSettings, obligations: pd.DataFrame) -> Customers:
    facts = customer_facts(table, known)
    facts["owed"] = table.frame["customer_id"].isin(obligations["customer_id"])
    frame = table.frame
    levels = relationship_levels(frame["loss_profit"].fillna(frame["loss_if_defect"]), settings.relationship)
    playbook = load_playbook(Path(settings.playbook)) if settings.playbook else None
    return Customers(table, facts, levels, candidates(table, facts, levels, settings), playbook)
