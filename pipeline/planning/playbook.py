"""The playbook: what to say, and what not to, by defection type, cause of the complaint and complaint state."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from features.errors import ConfigError, MissingFileError
from pipeline.config.base import Section
from pipeline.planning.follow_up import FOLLOW_UP
from pipeline.planning.situation import Situation

EXAMPLE = "See configs/playbook.en.yaml."


class Question(Section):
    """A key question the customer may ask, with the prepared answer."""

    asks: str = Field(description="the question")
    answer: str = Field(description="the prepared answer")


class Guidance(Section):
    """What one situation calls for."""

    say: tuple[str, ...] = Field((), description="talking points, most important first")
    avoid: tuple[str, ...] = Field((), description="what not to say or do")
    questions: tuple[Question, ...] = Field((), description="predicted key questions with prepared answers")
    training: str | None = Field(None, description="training that many such cases ask for")


class Playbook(Section):
    """Guidance by situation, and the words of reports in the playbook's language."""

    language: str = Field(description="language of the texts")
    principles: tuple[str, ...] = Field((), description="hold in every conversation")
    obligation: Guidance = Field(Guidance(), description="an open complaint is being answered")
    follow_up: Guidance = Field(Guidance(), description="a resolved complaint is followed up")
    stuck: Guidance = Field(Guidance(), description="a case that is stuck gets another person, place or time")
    moments: Mapping[str, Guidance] = Field(
        default_factory=dict, description="by moment of truth (its name in the plan)"
    )
    types: Mapping[str, Guidance] = Field(default_factory=dict, description="by defection type")
    causes: Mapping[str, Guidance] = Field(default_factory=dict, description="by cause of the latest complaint")
    states: Mapping[str, Guidance] = Field(default_factory=dict, description="by state of the latest complaint")
    rules: Mapping[str, str] = Field(default_factory=dict, description="sentences for the rules named in the plan")

    def parts(self, now: Situation, stuck: bool = False) -> list[Guidance]:
        """Guidance for one customer, the most specific first: what is owed, complaint, moment of truth, type."""
        found = {"": [], FOLLOW_UP: [self.follow_up]}.get(now.due, [self.obligation])
        found += [self.stuck] if stuck else []
        if now.state != "none" or now.due:
            found += _of(self.causes, now.cause)
        if now.open_complaint:
            return found
        found += _of(self.states, "resolved" if now.due else now.state)
        found += [part for name in now.moments for part in _of(self.moments, name)]
        return found if now.due else found + _of(self.types, now.kind)

    def points(self, now: Situation, stuck: bool = False) -> str:
        """Talking points as one text."""
        said = dict.fromkeys(point for part in self.parts(now, stuck) for point in part.say)
        return " | ".join(said)


def _of(parts: Mapping[str, Guidance], name: str | None) -> list[Guidance]:
    return [parts[name]] if name is not None and name in parts else []


def load_playbook(path: Path) -> Playbook:
    """Read a playbook. Raises `MissingFileError`, or `ConfigError` for a text that is not one."""
    if not path.exists():
        raise MissingFileError(str(path), where="plan.playbook")
    try:
        return Playbook.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", error)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise ConfigError("is not valid YAML", where=where, fix=f"{problem}. {EXAMPLE}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "playbook"
        fix = f"{place}: {first['msg']}. {EXAMPLE}"
        raise ConfigError("is not a playbook", where="plan.playbook", value=str(path), fix=fix) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("cannot be read", where="plan.playbook", value=str(path), fix=f"{error}. {EXAMPLE}") from None
