"""The model on disk: text parts of third-party estimators and one JSON manifest. Nothing runs on loading.

A mismatch between the manifest and what is at hand stops with both values and the way out.
"""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from features.errors import DataError, ModelMismatchError
from features.spec import FeatureSettings, Limit
from features.text_model import TextModel
from models.predictor import Predictor
from pipeline.files import write_whole

MANIFEST = "holdfast.json"
TEXTS = "complaint_texts.json"  # the classifier of complaint texts, where there is one
LIBRARIES = ("duckdb", "lightgbm", "numpy", "pyarrow", "scikit-learn")
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """What a model was made from: enough to compute the same features again and to notice when they differ."""

    name: str
    config: Mapping[str, Any]
    settings: FeatureSettings
    columns: tuple[str, ...]
    feature_fingerprint: str
    data_fingerprint: str
    snapshots: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, str]
    format: int = FORMAT

    def to_json(self) -> str:
        """As JSON text, keys in a fixed order."""
        return json.dumps(
            {**asdict(replace(self, settings=FeatureSettings())), "settings": _plain(self.settings)}, indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """What `to_json` wrote."""
        stored = json.loads(text)
        if stored.get("format") != FORMAT:
            fix = "Train again with this version of holdfast."
            raise ModelMismatchError("format of the artefact", trained=stored.get("format"), now=FORMAT, fix=fix)
        stored["settings"] = _settings(stored["settings"])
        stored["columns"] = tuple(stored["columns"])
        stored["snapshots"] = {use: tuple(days) for use, days in stored["snapshots"].items()}
        return cls(**stored)


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that a prediction depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def save(folder: Path, predictor: Predictor, manifest: Manifest) -> None:
    """Write the artefact into an empty folder."""
    text = manifest.settings.text
    texts = {TEXTS: text.to_json().encode()} if text else {}
    for name, content in {**predictor.dump(), **texts, MANIFEST: manifest.to_json().encode()}.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)


def read(folder: Path) -> tuple[Predictor, Manifest]:
    """Load an artefact. Raises DataError for a folder that is none, ModelMismatchError for one of another format."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise DataError(
            "is not a holdfast model", where="model", value=folder.name, fix="Train one: holdfast train CONFIG."
        )
    try:
        return _read(folder, manifest)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fix = f"{type(error).__name__}: {error}. Put its files back, or train again."
        raise DataError("is damaged", where="model", value=folder.name, fix=fix) from None


def _read(folder: Path, manifest: Path) -> tuple[Predictor, Manifest]:
    parts = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }
    stored = Manifest.from_json(manifest.read_text(encoding="utf-8"))
    if TEXTS in parts:
        stored = replace(stored, settings=replace(stored.settings, text=TextModel.from_json(parts.pop(TEXTS).decode())))
    return Predictor.load(parts), stored


def _plain(settings: FeatureSettings) -> dict[str, Any]:
    levels: dict[str, dict[str, list[str]]] = {}
    for (table, column), found in settings.levels.items():
        levels.setdefault(table, {})[column] = list(found)
    return {
        **asdict(replace(settings, levels={}, excluded=frozenset(), text=None)),
        "levels": levels,
        "excluded": sorted(settings.excluded),
    }


def _settings(stored: dict[str, Any]) -> FeatureSettings:
    levels = {(t, c): tuple(found) for t, columns in stored["levels"].items() for c, found in columns.items()}
    return FeatureSettings(
        windows_days=tuple(stored["windows_days"]),
        half_lives_days=tuple(stored["half_lives_days"]),
        levels=levels,
        limits={grade: Limit(**limit) for grade, limit in stored["limits"].items()},
        quick_hours=stored["quick_hours"],
        excluded=frozenset(stored["excluded"]),
        groups=None if stored["groups"] is None else tuple(stored["groups"]),
    )
