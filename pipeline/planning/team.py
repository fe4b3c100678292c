"""team.html: the plan for those who lead the team: who does how much, what limits it, which training is needed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.pages.document import Block, Fact, Page, Section, Table, Text, document
from pipeline.pages.numbers import count, money, share
from pipeline.planning.diary import Diary
from pipeline.planning.holdout_words import hold_out_says
from pipeline.planning.known import KnownTables
from pipeline.planning.playbook import Playbook
from pipeline.planning.settings import PlanSettings
from pipeline.planning.summary import PlanSummary
from pipeline.planning.team_words import WORDS

Words = Mapping[str, str]
UNKNOWN_CAUSE = "?"


def team_page(
    rows: pd.DataFrame, known: KnownTables, settings: PlanSettings, diary: Diary, book: Playbook, summary: PlanSummary
) -> str:
    """The page as HTML."""
    words = WORDS[settings.language]
    sections = [
        Section(words["staff"], [_staff(rows, settings, diary, words)]),
        Section(words["limits"], [Text(_limits_say(summary, words)), _limits(summary, words)]),
        Section(words["training"], _training(known.complaints, settings, diary, book, words)),
        *([Section(words["left_out"], [_counts(summary.not_contacted, words)])] if summary.not_contacted else []),
        Section(words["compared"], [Text(words["compared_says"]), _compared(summary, words)]),
    ]
    subtitle = f"{words['snapshot']} {summary.as_of.replace('T', ' ')}"
    return document(
        Page(
            f"{words['title']} {summary.plan_id}",
            subtitle,
            sections,
            _facts(summary, words, settings.language),
            settings.language,
        )
    )


def _facts(summary: PlanSummary, words: Words, language: str) -> list[Fact]:
    facts = [
        Fact(f"{money(summary.net_benefit)} {summary.currency}", words["net"]),
        Fact(count(summary.contacts), words["contacts"]),
        Fact(count(summary.obligations), words["obligations"]),
    ]
    late = Fact(count(summary.obligations_late), words["late"], warning=True)
    held = Fact(count(summary.held_out), hold_out_says(summary)[language])
    return [*facts, *([late] if summary.obligations_late else []), held]


def _staff(rows: pd.DataFrame, settings: PlanSettings, diary: Diary, words: Words) -> Table:
    """One line an owner, also those whose rows take nobody's time."""
    work = rows.assign(when=_when(rows))[rows["arm"] == "treat"]  # a column given to an empty table would fill it
    places = {agent.name: number for number, agent in enumerate(settings.agents)}
    names = [*places, *sorted(set(work["agent"]) - set(places))]
    lines = [_line(name, work[work["agent"] == name], places.get(name), settings, diary) for name in names]
    head = [words[key] for key in ("agent", "site", "rows", "owed", "booked", "hours", "first", "last")]
    return Table(head, lines, words=2)


def _when(rows: pd.DataFrame) -> "pd.Series[str]":
    """Day and slot in one; work that takes nobody's time has a day only, work without a day is not counted."""
    day, slot = (rows[name].astype("str").where(rows[name].notna(), "") for name in ("date", "slot"))
    return (day + " " + slot).str.strip()


def _line(name: str, own: pd.DataFrame, number: int | None, settings: PlanSettings, diary: Diary) -> tuple[str, ...]:
    times = own.loc[own["when"] != "", "when"]
    first, last = (times.min(), times.max()) if len(times) else ("", "")
    owed = int(own["rules"].str.startswith("obligation").sum())
    if number is None:
        return (name, "", count(len(own)), count(owed), "", "", first, last)
    booked, there = float(diary.taken[number].sum()) / 60, float(diary.length[number].sum()) / 60
    site = settings.agents[number].site or ""
    return (name, site, count(len(own)), count(owed), f"{booked:,.1f}", f"{there:,.1f}", first, last)


def _limits_say(summary: PlanSummary, words: Words) -> str:
    return f"{words['limits_say']} {words['weighted'] if summary.is_weighted else ''}".strip()


def _limits(summary: PlanSummary, words: Words) -> Table:
    head = [words[key] for key in ("limit", "used", "size", "share", "price", "less", "more")]
    rows = [
        (
            name,
            f"{use.used:,.1f}",
            f"{use.limit:,.1f} {use.unit}",
            share(np.nan if use.share is None else use.share),
            money(use.shadow_price),
            money(use.minus_10_percent),
            money(use.plus_10_percent),
        )
        for name, use in summary.capacity_used.items()
    ]
    return Table(head, rows)


def _training(
    complaints: pd.DataFrame | None, settings: PlanSettings, diary: Diary, book: Playbook, words: Words
) -> list[Block]:
    """Causes of the complaints of the last while, the most frequent first, with the training each asks for."""
    if complaints is None or "cause" not in complaints:
        return [Text(words["no_causes"])]
    since = pd.Timestamp(diary.start) - pd.Timedelta(days=settings.training_days)
    recent = complaints[complaints["opened_at"] >= since]
    causes = recent["cause"].astype("str").fillna(UNKNOWN_CAUSE)
    again = recent["reopened_at"].notna() if "reopened_at" in recent else pd.Series(False, index=recent.index)
    rows = [
        (
            str(cause),
            book.causes[str(cause)].training or "" if str(cause) in book.causes else "",
            _often(recent.loc[own.index]),
            count(len(own)),
            share(len(own) / len(recent)),
            share(float(again.loc[own.index].mean())),
        )
        for cause, own in sorted(causes.groupby(causes), key=lambda one: (-len(one[1]), str(one[0])))
    ]
    head = [words[key] for key in ("cause", "need", "handled", "cases", "of_all", "reopened")]
    says = words["training_says"].format(days=settings.training_days)
    return [Text(says), Table(head, rows, words=3)] if rows else [Text(words["no_causes"])]


def _often(recent: pd.DataFrame) -> str:
    """Who handled most of them."""
    if "handled_by" not in recent or not recent["handled_by"].notna().any():
        return ""
    counts = recent["handled_by"].value_counts()
    name = min(counts[counts == counts.max()].index.astype("str"))
    return f"{name} ({counts.max():,})"


def _counts(found: Mapping[str, int], words: Words) -> Table:
    rows = [(words.get(name, name.replace("_", " ")), count(number)) for name, number in found.items()]
    return Table([words["reason"], words["customers"]], rows)


def _compared(summary: PlanSummary, words: Words) -> Table:
    rows = [(words.get(name, name), money(worth)) for name, worth in summary.comparison.items()]
    return Table([words["same_limits"], f"{words['net']} ({summary.currency})"], rows)
