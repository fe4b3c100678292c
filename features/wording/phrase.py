"""What a rule of wording says: which features it speaks of, under what theme, and in which words."""

import re
from dataclasses import dataclass
from typing import Literal

from features.spec import Entry

Style = Literal["", "over_usual", "over_all"]

BEFORE = ", in the window before the window"


@dataclass(frozen=True)
class Theme:
    """Something a person can act on; effects of its features are one reason."""

    name: str
    en: str
    zh: str


@dataclass(frozen=True)
class Rule:
    """Words for the features of a group whose name (without group and window) is `what`, a regular expression.

    `zh` names the feature in Chinese, and `en` in English where the catalogue's meaning does not read well; `{1}` is
    what the first bracket of `what` found. `usual` is the feature (full name) with the customer's own usual value,
    `before` the one with the value of the window before (`{window}` stands for the window's suffix), `shows` one to
    show instead, because it says the same more plainly. In the style `over_usual` the value is a quotient by the own
    usual one, in `over_all` by the mean of all customers.
    """

    what: str
    theme: Theme
    zh: str
    en: str = ""
    usual: str = ""
    before: str = ""
    shows: str = ""
    style: Style = ""


@dataclass(frozen=True)
class Phrase:
    """How one feature is spoken of; what the fields mean: see `Rule`."""

    theme: str
    nouns: dict[str, str]
    usual: str = ""
    before: str = ""
    shows: str = ""
    style: Style = ""


def spoken(entry: Entry, rules: tuple[Rule, ...]) -> Phrase | None:
    """The phrase of the first rule that matches; None where none does."""
    what = what_of(entry)
    for rule in rules:
        found = re.fullmatch(rule.what, what)
        if found:
            window = f"_{entry.window_days}d" if entry.window_days else ""
            nouns = {"en": _filled(rule.en, found) or plain(entry), "zh": _filled(rule.zh, found)}
            before = rule.before.replace("{window}", window) if window else ""
            return Phrase(rule.theme.name, _windowed(nouns, entry), rule.usual, before, rule.shows, rule.style)
    return None


def unspoken(entry: Entry) -> Phrase:
    """The phrase of a feature without a rule (a user's own): its meaning, and a theme of its own."""
    return Phrase(entry.name, _windowed({"en": plain(entry), "zh": plain(entry)}, entry))


def what_of(entry: Entry) -> str:
    """The feature's name without its group and window."""
    what = entry.name.removeprefix(f"{entry.group}__")
    return what.removesuffix(f"_{entry.window_days}d") if entry.window_days else what


def plain(entry: Entry) -> str:
    """The meaning without its unit where the value is shown with one: "days since joining" is a time."""
    if entry.unit not in ("days", "hours"):
        return entry.meaning
    return re.sub(rf"\b{entry.unit}\b", "time", entry.meaning, count=1)


def _filled(template: str, found: re.Match[str]) -> str:
    return template.format(found.group(0), *found.groups())


def _windowed(nouns: dict[str, str], entry: Entry) -> dict[str, str]:
    """A window of so many days, said in the way of the language."""
    days = entry.window_days
    if not days:
        return nouns
    if entry.meaning.endswith(BEFORE):
        english = nouns["en"].removesuffix(BEFORE)
        return {"en": f"{english} ({days} to {2 * days} days ago)", "zh": f"{days}至{2 * days}天前{nouns['zh']}"}
    return {"en": f"{nouns['en']} (last {days} days)", "zh": f"近{days}天{nouns['zh']}"}
