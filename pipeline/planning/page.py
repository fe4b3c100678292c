"""plan.html: the page a retention team works from, one card a customer, by agent; self-contained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.pages.document import rendered
from pipeline.planning.holdout_words import hold_out_says
from pipeline.planning.known import KnownTables
from pipeline.planning.page_words import WORDS
from pipeline.planning.past import Past, pasts
from pipeline.planning.playbook import Guidance, Playbook
from pipeline.planning.rows import MOMENT_RULE, Customers, is_stuck
from pipeline.planning.settings import PlanSettings
from pipeline.planning.situation import situations
from pipeline.planning.summary import PlanSummary

MAX_CARDS = 1_000  # beyond this a page is slow to open; the rest is in plan.csv


@dataclass(frozen=True)
class Card:
    """One customer as an agent sees them: the plan's row, the guidance, what is owed, and what happened before."""

    row: Mapping[str, Any]
    guidance: tuple[Guidance, ...]
    complaint: Mapping[str, Any] | None
    past: Past

    @property
    def rules(self) -> list[str]:
        """The names of the rules that applied."""
        return [name for name in str(self.row["rules"]).split("; ") if name]

    @property
    def moments(self) -> list[str]:
        """The moments of truth the customer is in."""
        return [name.removeprefix(MOMENT_RULE) for name in self.rules if name.startswith(MOMENT_RULE)]


def plan_page(
    rows: pd.DataFrame,
    obligations: pd.DataFrame,
    customers: Customers,
    settings: PlanSettings,
    summary: PlanSummary,
    known: KnownTables,
) -> str:
    """The page as HTML. Every text from the tables is escaped."""
    work = rows[rows["arm"] == "treat"]
    timed = work[work["slot"].str.contains("-") | work["rules"].str.startswith("obligation")]
    book = customers.playbook or Playbook(language=settings.language)
    cards = _cards(timed.head(MAX_CARDS), obligations, customers, book, known)
    automatic = work.drop(timed.index)["action"].value_counts()
    return rendered(
        "planning/page.html.j2",
        words=WORDS[settings.language],
        language=settings.language,
        summary=summary,
        hold_out=hold_out_says(summary)[settings.language],
        book=book,
        agents=_by_agent(cards),
        automatic={str(name): int(count) for name, count in automatic.items()},
        more=max(0, len(timed) - MAX_CARDS),
    )


def _cards(
    timed: pd.DataFrame, obligations: pd.DataFrame, customers: Customers, book: Playbook, known: KnownTables
) -> list[Card]:
    """The plan's first rows are the obligations, in the same order."""
    facts = customers.facts.set_axis(customers.scores.frame["customer_id"]).loc[timed["customer_id"]]
    before = pasts(known, timed["customer_id"])
    owed = obligations.head(len(timed))
    now = [
        *situations(timed["defection_type"].head(len(owed)), facts.head(len(owed)), owed),
        *situations(timed["defection_type"].iloc[len(owed) :], facts.iloc[len(owed) :], None),
    ]
    stuck = [*is_stuck(owed["rules"]), *[False] * (len(timed) - len(owed))]
    complaints = [*_records(owed), *[None] * (len(timed) - len(owed))]
    return [
        Card(row, tuple(book.parts(situation, held)), complaint, before.get(row["customer_id"], Past()))
        for row, situation, held, complaint in zip(_records(timed), now, stuck, complaints, strict=True)
    ]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _by_agent(cards: list[Card]) -> dict[str, list[Card]]:
    """Cards in the order of the day's work."""
    found: dict[str, list[Card]] = {}
    for card in sorted(cards, key=lambda one: (str(one.row["date"]), str(one.row["slot"]), one.row["rank"])):
        found.setdefault(str(card.row["agent"]), []).append(card)
    return dict(sorted(found.items()))
