"""Each open complaint gets one owner and a slot before its limit, before anything else is booked.

Three taboos: responsibility is not shifted (one owner is named, the one who has the case if it is not stuck), nobody is
fobbed off (the answer comes in the customer's own form), nothing is put off (a slot before the limit, if need be beyond
the staff's hours). A stuck case gets another person, the first of the "three changes".
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from pipeline.planning.diary import Diary, Slot
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
        agents, channel, rules = self._able(row)
        slot = self._slot(agents, channel, None if late else deadline)
        if slot is None:
            return self._unbooked(row, late, rules)
        self.owner_of[row["customer_id"]] = slot.agent
        served = self._channel(slot.agent, channel)
        notes = [*rules, *(["past_limit"] if late else []), *(["overload"] if slot.overload else [])]
        owner = self.settings.agents[slot.agent].name
        return _line(row, slot, late=late, owner=owner, channel=served, rules=notes)

    def _able(self, row: dict[str, Any]) -> tuple[list[int], str | None, list[str]]:
        """Agents who may own the case, the channel of the answer (None: the agent's own), and the rules behind it."""
        rules = [f"sla_{row['due']}_grade_{row['grade']}"]
        agents, channel = self._in_own_form(row, rules)
        handler = [a for a in agents if self.settings.agents[a].name == row["handled_by"]]
        if row["stuck"]:
            others = [a for a in agents if a not in handler]
            if handler and others:
                rules.append("three_changes_person")
            return others or agents, channel, rules
        kept = [self.owner_of[row["customer_id"]]] if self.owner_of.get(row["customer_id"]) in agents else handler
        if kept:
            rules.append("same_owner")
        return kept or agents, channel, rules

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

    def _slot(self, agents: Sequence[int], channel: str | None, before: Any) -> Slot | None:
        """The earliest slot that ends before the limit (`before`, None: already late); else one beyond the hours."""
        assert self.settings.obligations is not None
        minutes = self.settings.obligations.minutes
        found = []
        for agent in agents:
            served = self._channel(agent, channel)
            day = self.diary.earliest(agent, minutes, served)
            if day is not None:
                found.append((self.diary.would_end(agent, day, minutes), agent, day, served))
        ends, agent, day, served = min(found, default=(None, 0, 0, ""))
        if ends is not None and (before is None or ends <= before):
            return self.diary.book(agent, day, minutes, served)
        return self.diary.squeeze_in(agents, minutes, channel)

    def _channel(self, agent: int, channel: str | None) -> str:
        return channel or self.settings.agents[agent].channels[0]

    def _unbooked(self, row: dict[str, Any], late: bool, rules: list[str]) -> dict[str, Any]:
        """Nobody works in the period: the owner named in the config takes it on the first day."""
        assert self.settings.obligations is not None
        first = self.settings.agents[self.agents[0]].name if self.agents else ""
        owner = self.settings.obligations.owner or first
        moment = self.diary.first_moment
        channel = row["channel"] if isinstance(row["channel"], str) else ""
        nobody = Slot(-1, moment, moment)
        return _line(row, nobody, late=late, owner=owner, channel=channel, rules=[*rules, "no_staff_time"])


def _line(row: dict[str, Any], slot: Slot, *, late: bool, owner: str, channel: str, rules: list[str]) -> dict[str, Any]:
    same = {
        name: row[name] for name in ("customer_id", "complaint_id", "due", "grade", "opened_at", "deadline", "cause")
    }
    when = {"date": slot.starts.date(), "slot": slot_text(slot) if slot.agent >= 0 else ""}
    return {**same, **when, "late": late, "owner": owner, "channel": channel, "rules": "; ".join(rules)}


def slot_text(slot: Slot) -> str:
    """Start and end of a slot.

    >>> from datetime import datetime
    >>> slot_text(Slot(0, datetime(2026, 3, 2, 9, 0), datetime(2026, 3, 2, 9, 15)))
    '09:00-09:15'
    """
    return f"{slot.starts:%H:%M}-{slot.ends:%H:%M}"
