"""The diagnosis in a few lines, for the terminal."""

from typing import Any

from pipeline.diagnosis.page.tables import number, percent
from pipeline.diagnosis.page.words import words
from pipeline.diagnosis.result import Diagnosis


def summary(diagnosis: Diagnosis, language: str = "en") -> str:
    """The figures to read first, what contradicts itself, and which sections could not be made."""
    spoken = words(language)
    lines = [
        spoken.say("page", "title", config=diagnosis.config),
        spoken.say("page", "as_of", day=f"{diagnosis.as_of:%Y-%m-%d}"),
    ]
    rates = diagnosis.section("retention").figures
    for name in ("crude", "weighted", "customer", "net_revenue"):
        if rates.get(name) is not None:
            lines.append(f"{spoken.say('columns', name)}: {percent(rates[name])}")
    if rates.get("customers_lost") is not None:
        lines.append(f"{spoken.say('tiles', 'lost')}: {rates['customers_lost']:,}")
    money: Any = diagnosis.section("ledger").figures
    for name in ("last", "next"):
        if name in money:
            lines.append(f"{spoken.say('tiles', f'loss_{name}')}: {number(money[name]['direct'])}")
    lines += [spoken.note(note) for note in diagnosis.section("disagreement").notes]
    for section in diagnosis.sections:
        if section.missing:
            lines.append(f"{spoken.say('sections', section.name)}: {spoken.note(section.missing)}")
    return "\n".join(lines)
