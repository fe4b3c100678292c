"""Reads a config file; what is wrong in it is said with its place, the value and the nearest known key."""

import sys
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from features.errors import ConfigError, nearest
from pipeline.config.root import Config

NAMED = 8  # places of further problems


def load(path: Path | str) -> Config:
    """The config in a YAML file. Raises ConfigError (exit code 3) for anything that does not fit."""
    file = Path(path)
    content = _parsed(file)
    if not isinstance(content, dict):
        raise ConfigError("is not a mapping of sections", where=str(file), fix="See `holdfast init` for an example.")
    try:
        config = Config.model_validate({"folder": file.resolve().parent, **content})
    except ValidationError as error:
        raise _explained(error, file, content) from None
    _find_modules_beside(config)
    return config


def _find_modules_beside(config: Config) -> None:
    """A user's own feature groups may lie beside the config; last on the path, so that they hide nothing."""
    folder = str(config.folder)
    if any(":" in name for name in config.features.groups or ()) and folder not in sys.path:
        sys.path.append(folder)


def _parsed(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise ConfigError(
            "file not found", value=str(file), fix="Name a config, or write one: holdfast init."
        ) from None
    except (IsADirectoryError, PermissionError, UnicodeDecodeError) as error:
        raise ConfigError("cannot be read", where=str(file), fix=str(error)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}, line {mark.line + 1}" if mark else str(file)
        raise ConfigError("is not valid YAML", where=where, fix=str(getattr(error, "problem", error))) from None


class _Loader(yaml.SafeLoader):
    """YAML without a silent winner where a key is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is given twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _explained(error: ValidationError, file: Path, content: Any) -> ConfigError:
    """The first problem in the user's words, and the places of the others."""
    problems = error.errors()
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    place = [str(part) for part in first["loc"]]
    more = _further([problem for problem in problems if problem is not first], content)
    where = f"{file}: {'.'.join(_as_written(first['loc'], content)) or 'config'}"
    if first["type"] == "extra_forbidden":
        known = [name for model in _models_at(place[:-1]) for name in model.model_fields if name != "folder"]
        return ConfigError("unknown key", where=where, value=place[-1], fix=nearest(place[-1], known) + more)
    value = None if first["type"] == "missing" else first["input"]
    return ConfigError(_lowered(first["msg"]), where=where, value=value, fix=f"See docs/config.md.{more}")


def _further(problems: Sequence[Any], content: Any) -> str:
    """The places of some problems; one place may have several, of each kind that it could have been."""
    places = list(dict.fromkeys(".".join(_as_written(problem["loc"], content)) for problem in problems))
    if not places:
        return ""
    listed = ", ".join(places[:NAMED]) + (f" and {len(places) - NAMED} more" if len(places) > NAMED else "")
    return f" Also to mend in this file: {listed}."


def _as_written(place: Sequence[str | int], content: Any) -> list[str]:
    """The place in the user's own keys: without the names of the kinds of a section, which stand in no file.

    >>> _as_written(["engine", "duckdb", "workers"], {"engine": {"workers": 0}})
    ['engine', 'workers']
    """
    shown = []
    for number, part in enumerate(place):
        there = isinstance(content, dict | list) and (part in content or isinstance(part, int))
        if there or number == len(place) - 1:
            shown.append(str(part))
            content = content[part] if there else None
    return shown


def _lowered(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _models_at(place: list[str]) -> list[type[BaseModel]]:
    """The sections that may stand at a place of the config; table names, indexes and union tags are passed over."""
    models: list[type[BaseModel]] = [Config]
    for part in place:
        nested = [
            m for model in models if part in model.model_fields for m in _inside(model.model_fields[part].annotation)
        ]
        tagged = [model for model in models if _tag(model) == part]
        models = nested or tagged or models
    return models


def _tag(model: type[BaseModel]) -> str | None:
    kind = model.model_fields.get("kind")
    return str(kind.default) if kind and isinstance(kind.default, str) else next(iter(model.model_fields), None)


def _inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _inside(part)]
