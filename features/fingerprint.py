"""Fingerprint of the features a model was trained on: the code really imported, and what it was asked to make."""

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import features
from features.builders import chosen
from features.engine import catalogue
from features.spec import FeatureSettings, Group

NOT_VALUES = frozenset(
    {"features.errors", "features.fingerprint", "features.wording"}
)  # these change no value of any feature

NESTED = ("levels", "limits", "excluded", "text")


def fingerprint(groups: Sequence[Group], settings: FeatureSettings) -> str:
    """SHA-256 over the catalogue, the settings and the source of every module that defines features.

    Source comes from the loader of the module that is imported, wherever it lies, so an edited or shadowed copy shows.
    """
    digest = hashlib.sha256()
    for part in (_names(groups), _settings(settings), *_sources(_modules(settings))):
        digest.update(part.encode() + b"\x00")
    return digest.hexdigest()


def _names(groups: Sequence[Group]) -> str:
    return json.dumps([asdict(entry) for entry in catalogue(groups)], sort_keys=True)


def _settings(settings: FeatureSettings) -> str:
    """Sets and mappings have no order of their own, so they are sorted."""
    levels = sorted((*pair, *found) for pair, found in settings.levels.items())
    limits = {grade: asdict(limit) for grade, limit in settings.limits.items()}
    plain = {name: value for name, value in vars(settings).items() if name not in NESTED}
    text = settings.text.digest() if settings.text else None
    whole = {**plain, "levels": levels, "limits": limits, "excluded": sorted(settings.excluded), "text": text}
    return json.dumps(whole, sort_keys=True)


def _modules(settings: FeatureSettings) -> tuple[str, ...]:
    ours = {f"features.{module.name}" for module in pkgutil.iter_modules(features.__path__)}
    users = {type(builder).__module__ for builder in chosen(settings.groups)}
    return tuple(sorted((ours | users) - NOT_VALUES))


def _sources(modules: Iterable[str]) -> Iterable[str]:
    for name in modules:
        loader: Any = getattr(importlib.import_module(name).__spec__, "loader", None)
        source = loader.get_source(name) if hasattr(loader, "get_source") else None
        yield name
        yield "\n".join((source or "").splitlines())
