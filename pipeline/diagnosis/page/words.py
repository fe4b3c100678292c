"""The page's words in a language: one YAML file each, with the same keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from features.errors import UsageError
from pipeline.diagnosis.result import Note

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Words:
    """Texts by group and key. A level of the user's own has no entry and is shown as it is."""

    language: str
    texts: Mapping[str, Mapping[str, str]]

    def say(self, group: str, key: str, **values: Any) -> str:
        """The text of a key that must exist."""
        return self.texts[group][key].format(**values)

    def has(self, group: str, key: str) -> bool:
        """Whether there is a text."""
        return key in self.texts[group]

    def label(self, value: Any) -> str:
        """A level: a known one in words, any other as it is."""
        return self.texts["levels"].get(str(value), str(value))

    def note(self, note: Note) -> str:
        """A note with its values, which may themselves be levels."""
        values = {key: self.label(value) if isinstance(value, str) else value for key, value in note.values.items()}
        return self.say("notes", note.key, **values)


@cache
def words(language: str) -> Words:
    """The words of a language. Raises UsageError for one there is none of."""
    if language not in LANGUAGES:
        raise UsageError("no such language", where="--lang", value=language, fix=f"Use {' or '.join(LANGUAGES)}.")
    source = files("pipeline.diagnosis.page").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    return Words(language, yaml.safe_load(source))
