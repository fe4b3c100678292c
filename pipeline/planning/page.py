"""plan.html: the page a retention team works from, one card a customer, by agent; self-contained."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.pages.document import rendered
from pipeline.planning.page_words import WORDS
from pipeline.planning.playbook import Guidance, Playbook
from pipeline.planning.rows import Customers
from pipeline.planning.settings import PlanSettings
from pipeline.planning.summary import PlanSummary

MAX_CARDS = 1_000  # beyond this a page is slow to open; the rest is in plan.csv


@dataclass(frozen=True)
class Card:
    """One customer as an agent sees them: the plan's row, the guidance, the complaint that is owed an answer."""

    row: Mapping[str, Any]
    guidance: tuple[Guidance, ...]
    complaint: Mapping[str, Any] | None

    @property
    def rules(self) -> list[str]:
        """The names of the rules that applied."""
        return [name for name in str(self.row["rules"]).split("; ") if name]


def plan_page(
    rows: pd.DataFrame,
    obligations: pd.DataFrame,
    customers: Customers,
    settings: PlanSettings,
    summary: PlanSummary,
) -> str:
    """The page as HTML. Every text from the tables is escaped."""
    work = rows[rows["arm"] == "treat"]
    timed = work[work["slot"].str.contains("-") | work["rules"].str.startswith("obligation")]
    book = customers.playbook or Playbook(language=settings.language)
    cards = _cards(timed.head(MAX_CARDS), obligations, customers, book)
    automatic = work.drop(timed.index)["action"].value_counts()
    return rendered(
        "planning/page.html.j2",
        words=WORDS[settings.language],
        language=settings.language,
        summary=summary,
        book=book,
        agents=_by_agent(cards),
        team=_team(timed),
        training=Counter(part.training for card in cards for part in card.guidance if part.training).most_common(),
        automatic={str(name): int(count) for name, count in automatic.items()},
        more=max(0, len(timed) - MAX_CARDS),
    )


def _cards(timed: pd.DataFrame, obligations: pd.DataFrame, customers: Customers, book: Playbook) -> list[Card]:
    facts = customers.facts.set_axis(customers.scores.frame["customer_id"])
    owed = obligations.to_dict("records")  # the plan's first rows are the obligations, in the same order
    cards = []
    for number, record in enumerate(timed.to_dict("records")):
        row = {str(name): value for name, value in record.items()}
        complaint = {str(name): value for name, value in owed[number].items()} if number < len(owed) else None
        fact = facts.loc[row["customer_id"]]
        parts = book.parts(row["defection_type"], fact["cause"], fact["complaint_state"], complaint is not None)
        cards.append(Card(row, tuple(parts), complaint))
    return cards


def _by_agent(cards: list[Card]) -> dict[str, list[Card]]:
    """Cards in the order of the day's work."""
    found: dict[str, list[Card]] = {}
    for card in sorted(cards, key=lambda one: (str(one.row["date"]), str(one.row["slot"]), one.row["rank"])):
        found.setdefault(str(card.row["agent"]), []).append(card)
    return dict(sorted(found.items()))


def _team(timed: pd.DataFrame) -> list[dict[str, object]]:
    when = timed["date"].astype("str") + " " + timed["slot"]
    return [
        {"agent": agent, "count": len(moments), "first": moments.min(), "last": moments.max()}
        for agent, moments in when.groupby(timed["agent"])
    ]
