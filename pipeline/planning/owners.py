"""Each open complaint gets one owner and a slot before its limit, before anything else is booked.

Three taboos: responsibility is not shifted (one owner is named, the one who has the case if it is not stuck), nobody is
fobbed off (the answer comes in the customer's own form), nothing is put off (a slot before the limit, if need be beyond
the staff's hours). A stuck case gets the three changes: another person, another place, another time (`changes`).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.planning.changes import Able, changed
from pipeline.planning.diary import Diary, Part, Slot
from pipeline.planning.follow_up import FOLLOW_UP
from pipeline.planning.settings import PlanSettings

COLUMNS = (
    "customer_id",
    "complaint_id",
    "due",
    "grade",
    "opened_at",
    "deadline",
    "late",
    "owner",
    "channel",
    "site",
    "date",
    "slot",
    "cause",
    "rules",
)


def assign_owners(opened: pd.DataFrame, settings: PlanSettings, diary: Diary) -> pd.DataFrame:
    """Book a slot for each open complaint, in the order given (most urgent first); the diary is filled.

    Returns the columns `COLUMNS`. `late`: the slot begins at or after the limit, because nobody able works before it.
    """
    desk = _Desk(settings, diary)
    rows = [desk.assign(row) for row in _records(opened)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _records(opened: pd.DataFrame) -> Iterator[dict[str, Any]]:
    yield from opened.to_dict("records")  # type: ignore[misc]


class _Desk:
    """Who answers complaints, and who already has which customer."""

    def __init__(self, settings: PlanSettings, diary: Diary) -> None:
        self.settings, self.diary = settings, diary
        answering = [number for number, agent in enumerate(settings.agents) if agent.answers_complaints]
        self.agents = [agent for agent in answering if diary.length[agent].any()]
        self.first_named = settings.agents[answering[0]].name if answering else ""
        self.owner_of: dict[str, int] = {}

    def assign(self, row: dict[str, Any]) -> dict[str, Any]:
        deadline = row["deadline"].to_pydatetime()
        ways = self._ways(row)
        able, slot = self._booked(ways, row["minutes"], deadline)
        late = slot.starts >= deadline
        if slot.agent < 0:
            return self._unbooked(row, slot, late, able.rules)
        self.owner_of[row["customer_id"]] = slot.agent
        notes = [*able.rules, *(["past_limit"] if late else []), *(["overload"] if slot.overload else [])]
        owner = self.settings.agents[slot.agent]
        where = {"channel": able.served_by(owner), "site": owner.site or ""}
        return _line(row, slot, late=late, owner=owner.name, where=where, rules=notes)

    def _ways(self, row: dict[str, Any]) -> list[Able]:
        """Who may own the case, through which channel, and the rules behind it; what should be comes first."""
        rules = [FOLLOW_UP if row["due"] == FOLLOW_UP else f"sla_{row['due']}_grade_{row['grade']}"]
        rules += ["escalated"] if row["escalated"] else []
        able = self._in_own_form(row, rules)
        return changed(able, row, self.agents, self.settings) if row["stuck"] else self._kept(able, row)

    def _kept(self, able: Able, row: dict[str, Any]) -> list[Able]:
        """The one who has the customer's case, where they can; the others if that one is not there in time."""
        handler = [a for a in able.agents if self.settings.agents[a].name == row["handled_by"]]
        owner = self.owner_of.get(row["customer_id"])
        kept = [owner] if owner in able.agents and owner is not None else handler
        others = [a for a in able.agents if a not in kept]
        if not kept or not others:
            return [replace(able, rules=[*able.rules, "same_owner"]) if kept else able]
        ways = ((kept, "same_owner"), (others, "handed_over"))
        return [replace(able, agents=agents, rules=[*able.rules, rule]) for agents, rule in ways]

    def _in_own_form(self, row: dict[str, Any], rules: list[str]) -> Able:
        assert self.settings.obligations is not None
        voiced = row["channel"]
        channel = self.settings.obligations.answer_channels.get(voiced, voiced) if isinstance(voiced, str) else None
        agents = [a for a in self.agents if channel in self.settings.agents[a].channels]
        if agents:
            return Able(agents, channel, [*rules, "own_form"])
        return Able(self.agents, None, [*rules, *(["own_form_not_served"] if channel is not None else [])])

    def _booked(self, ways: list[Able], minutes: float, deadline: datetime) -> tuple[Able, Slot]:
        """A slot before the limit in the first way in which there is one.

        Where there is none, the way whose agents are there first: what is late is not made later. The slot has no
        agent (-1) when nobody works in the period.
        """
        soonest = sorted(ways, key=lambda way: self.diary.first_day(way.agents))
        tried: list[tuple[Able, datetime | None]] = [(way, deadline) for way in ways]
        for way, before in tried + [(way, None) for way in soonest]:
            able, slot = self._slot(way, minutes, before)
            if slot is not None:
                return able, slot
        moment = self.diary.first_moment
        return ways[0], Slot(-1, moment, moment)

    def _slot(self, able: Able, minutes: float, before: datetime | None) -> tuple[Able, Slot | None]:
        """The earliest slot that ends before the limit (None: whenever); else one beyond the hours.

        The part of the day that a stuck case should move to comes first; what came of it stands in the rules.
        """
        if able.part is not None:
            slot = self._slot_in_part(able, able.part, minutes, before)
            able = replace(able, rules=[*able.rules, "three_changes_time" if slot else "no_other_time"])
            if slot is not None:
                return able, slot
        served = self._served(able)
        found = []
        for agent, channel in served.items():
            day = self.diary.earliest(agent, minutes, channel)
            if day is not None:
                found.append((self.diary.would_end(agent, day, minutes), agent, day))
        ends, agent, day = min(found, default=(None, 0, 0))
        if ends is not None and (before is None or ends <= before):
            return able, self.diary.book(agent, day, minutes, served[agent])
        return able, self.diary.squeeze_in(served, minutes, before)

    def _served(self, able: Able) -> dict[int, str]:
        """The channel through which each of the agents would answer."""
        return {agent: able.served_by(self.settings.agents[agent]) for agent in able.agents}

    def _slot_in_part(self, able: Able, part: Part, minutes: float, before: datetime | None) -> Slot | None:
        """The earliest slot in one part of a day that ends before the limit."""
        found = []
        for agent, channel in self._served(able).items():
            free = self.diary.earliest_in(part, agent, minutes, channel)
            if free is not None:
                found.append((self.diary.moment(free[0], free[1] + minutes), agent, *free, channel))
        if not found or (before is not None and min(found)[0] > before):
            return None
        _, agent, day, begins, channel = min(found)
        return self.diary.book_at(agent, day, begins, minutes, channel)

    def _unbooked(self, row: dict[str, Any], nobody: Slot, late: bool, rules: list[str]) -> dict[str, Any]:
        """Nobody works in the period: the owner named in the config takes it on the first day."""
        assert self.settings.obligations is not None
        owner = self.settings.obligations.owner or self.first_named
        where = {"channel": row["channel"] if isinstance(row["channel"], str) else "", "site": ""}
        return _line(row, nobody, late=late, owner=owner, where=where, rules=[*rules, "no_staff_time"])


def _line(
    row: dict[str, Any], slot: Slot, *, late: bool, owner: str, where: dict[str, str], rules: list[str]
) -> dict[str, Any]:
    same = {
        name: row[name] for name in ("customer_id", "complaint_id", "due", "grade", "opened_at", "deadline", "cause")
    }
    when = {"date": slot.starts.date(), "slot": slot_text(slot) if slot.agent >= 0 else ""}
    return {**same, **when, **where, "late": late, "owner": owner, "rules": "; ".join(rules)}


def slot_text(slot: Slot) -> str:
    """Start and end of a slot.

    >>> from datetime import datetime
    >>> slot_text(Slot(0, datetime(2026, 3, 2, 9, 0), datetime(2026, 3, 2, 9, 15)))
    '09:00-09:15'
    """
    return f"{slot.starts:%H:%M}-{slot.ends:%H:%M}"
