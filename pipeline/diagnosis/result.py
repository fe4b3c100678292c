"""The diagnosis as data: sections of figures and tables, and notes that the page puts into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.diagnosis.statistics import Estimate

Row = dict[str, Any]


@dataclass(frozen=True)
class Note:
    """Something the reader must know, by key; the words are in the page's language files."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """One section: single figures, tables (lists of equal rows), notes. `missing` says why it could not be made."""

    name: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, list[Row]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    missing: Note | None = None


@dataclass(frozen=True)
class Diagnosis:
    """Everything `holdfast diagnose` says."""

    config: str
    outcome: str
    as_of: datetime
    facts: Mapping[str, Any]
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section:
        """The section of that name."""
        return next(section for section in self.sections if section.name == name)

    def table(self, section: str, table: str) -> list[Row]:
        """The rows of one table; none where the data do not allow it."""
        return self.section(section).tables.get(table, [])

    def as_json(self) -> dict[str, Any]:
        """As one tree of plain values."""
        return {
            "config": self.config,
            "outcome": self.outcome,
            "as_of": self.as_of.isoformat(),
            "facts": plain(self.facts),
            "sections": {section.name: _section(section) for section in self.sections},
        }


def _section(section: Section) -> dict[str, Any]:
    return {
        "figures": plain(section.figures),
        "tables": plain(section.tables),
        "notes": [{"key": note.key, **plain(note.values)} for note in section.notes],
        "missing": {"key": section.missing.key, **plain(section.missing.values)} if section.missing else None,
    }


def spread(name: str, estimate: Estimate) -> Row:
    """An estimate as three columns of a row."""
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def plain(value: Any) -> Any:
    """Values that JSON knows, times as ISO text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
