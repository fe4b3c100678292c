"""Words for the features made alike for any further event table: its name is the theme."""

import re

from features.spec import Entry
from features.wording.phrase import Phrase, Rule, Theme, spoken

# By the catalogue's meaning, because table and column names run together in the feature's name.
MEANINGS = (
    ("events in (?P<it>.+), in the window before the window", "{it}记录数"),
    ("events in (?P<it>.+)", "{it}记录数"),
    ("change of the number of events in (?P<it>.+?) against.*", "{it}记录数（与前一时段相比）"),
    ("days since the last event in (?P<it>.+)", "距最近一次{it}"),
    ("days since the first event in (?P<it>.+)", "距第一次{it}"),
    ("days since the latest (?P<it>.+?) \\(.*", "距{it}"),
    ("sum of (?P<it>.+)", "{it}合计"),
    ("mean (?P<it>.+)", "{it}平均值"),
    ("last known (?P<it>.+)", "最近的{it}"),
    ("last (?P<it>.+)", "最近的{it}"),
    ("events with (?P<it>.+)", "{it}的记录数"),
    ("(?P<it>.+)", "{it}"),
)


def spoken_generic(entry: Entry) -> Phrase:
    """The phrase of a feature of a further event table; all of one table are one theme."""
    found, chinese = next((m, zh) for pattern, zh in MEANINGS if (m := re.fullmatch(pattern, entry.meaning)))
    theme = Theme(f"table_{entry.source}", entry.source, entry.source)
    change = f"events in {entry.source} against the window before" if entry.unit == "change" else ""
    before = entry.name.replace("_count_", "_count_before_") if _counts_all(entry) else ""
    rule = Rule(".*", theme, _escaped(chinese.format(it=found["it"])), _escaped(change), before=before)
    phrase = spoken(entry, (rule,))
    assert phrase is not None  # the rule matches everything
    return phrase


def _counts_all(entry: Entry) -> bool:
    return bool(entry.window_days) and entry.meaning == f"events in {entry.source}"


def _escaped(text: str) -> str:
    """Names may hold braces, which a rule's template would take for a place."""
    return text.replace("{", "{{").replace("}", "}}")
