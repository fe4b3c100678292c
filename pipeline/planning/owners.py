"""Each open complaint gets one owner and a slot before its limit, before anything else is booked.

Three taboos: responsibility is not shifted (one owner is named, the one who has the case if it is not stuck), nobody is
fobbed off (the answer comes in the customer's own form), nothing is put off (a slot before the limit, if need be beyond
the staff's hours). A stuck case gets the three changes: another person, another place, another time (`changes`).
"""

from collections.abc import Iterator
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

    Returns the columns `COLUMNS`. `late`: the limit passes before anybody works.
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
        self.agents = [number for number, agent in enumerate(settings.agents) if agent.answers_complaints]
        self.owner_of: dict[str, int] = {}

    def assign(self, row: dict[str, Any]) -> dict[str, Any]:
        deadline = row["deadline"].to_pydatetime()
        late = deadline <= self.diary.first_moment
        able = self._able(row)
        slot = self._slot(able, row["minutes"], None if late else deadline)
        if slot is None:
            return self._unbooked(row, late, able.rules)
        self.owner_of[row["customer_id"]] = slot.agent
        notes = [*able.rules, *(["past_limit"] if late else []), *(["overload"] if slot.overload else [])]
        owner = self.settings.agents[slot.agent]
        where = {"channel": able.served_by(owner), "site": owner.site or ""}
        return _line(row, slot, late=late, owner=owner.name, where=where, rules=notes)

    def _able(self, row: dict[str, Any]) -> Able:
        """Who may own the case, through which channel, and the rules behind it."""
        rules = [FOLLOW_UP if row["due"] == FOLLOW_UP else f"sla_{row['due']}_grade_{row['grade']}"]
        rules += ["escalated"] if row["escalated"] else []
        agents, channel = self._in_own_form(row, rules)
        able = Able(agents, channel, rules)
        return changed(able, row, self.agents, self.settings) if row["stuck"] else self._kept(able, row)

    def _kept(self, able: Able, row: dict[str, Any]) -> Able:
        """The one who has the customer's case, where they can."""
        handler = [a for a in able.agents if self.settings.agents[a].name == row["handled_by"]]
        owner = self.owner_of.get(row["customer_id"])
        kept = [owner] if owner in able.agents and owner is not None else handler
        return Able(kept, able.channel, [*able.rules, "same_owner"]) if kept else able

    def _in_own_form(self, row: dict[str, Any], rules: list[str]) -> tuple[list[int], str | None]:
        assert self.settings.obligations is not None
        voiced = row["channel"]
        channel = self.settings.obligations.answer_channels.get(voiced, voiced) if isinstance(voiced, str) else None
        agents = [a for a in self.agents if channel in self.settings.agents[a].channels]
        if agents:
            rules.append("own_form")
            return agents, channel
        if channel is not None:
            rules.append("own_form_not_served")
        return self.agents, None

    def _slot(self, able: Able, minutes: float, before: datetime | None) -> Slot | None:
        """The earliest slot that ends before the limit (`before`, None: already late); else one beyond the hours."""
        if able.part is not None:
            slot = self._slot_in_part(able, able.part, minutes, before)
            able.rules.append("three_changes_time" if slot else "no_other_time")
            if slot is not None:
                return slot
        found = []
        for agent in able.agents:
            served = able.served_by(self.settings.agents[agent])
            day = self.diary.earliest(agent, minutes, served)
            if day is not None:
                found.append((self.diary.would_end(agent, day, minutes), agent, day, served))
        ends, agent, day, served = min(found, default=(None, 0, 0, ""))
        if ends is not None and (before is None or ends <= before):
            return self.diary.book(agent, day, minutes, served)
        return self.diary.squeeze_in(able.agents, minutes, able.channel)

    def _slot_in_part(self, able: Able, part: Part, minutes: float, before: datetime | None) -> Slot | None:
        """The earliest slot in one part of a day that ends before the limit."""
        found = []
        for agent in able.agents:
            served = able.served_by(self.settings.agents[agent])
            free = self.diary.earliest_in(part, agent, minutes, served)
            if free is not None:
                found.append((self.diary.moment(free[0], free[1] + minutes), agent, *free, served))
        if not found or (before is not None and min(found)[0] > before):
            return None
        _, agent, day, begins, served = min(found)
        return self.diary.book_at(agent, day, begins, minutes, served)

    def _unbooked(self, row: dict[str, Any], late: bool, rules: list[str]) -> dict[str, Any]:
        """Nobody works in the period: the owner named in the config takes it on the first day."""
        assert self.settings.obligations is not None
        first = self.settings.agents[self.agents[0]].name if self.agents else ""
        owner = self.settings.obligations.owner or first
        moment = self.diary.first_moment
        where = {"channel": row["channel"] if isinstance(row["channel"], str) else "", "site": ""}
        nobody = Slot(-1, moment, moment)
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
