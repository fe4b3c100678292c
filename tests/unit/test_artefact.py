"""The manifest and what stands beside it come back from disk as they were."""

from dataclasses import replace
from pathlib import Path

import pytest

from features.errors import DataError
from pipeline import artefact
from pipeline.artefact import Manifest
from tests.companies import SETTINGS


class NoModel:
    """Stands for the estimators, which have tests of their own."""

    def dump(self) -> dict[str, bytes]:
        return {"risk/model.txt": b"trees"}


@pytest.mark.parametrize("text", [SETTINGS.text, None])
def test_feature_settings_with_the_classifier_of_texts_come_back_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: object
) -> None:
    monkeypatch.setattr(artefact.Predictor, "load", sorted)
    settings = replace(SETTINGS, levels={("complaints", "cause"): ("a", "b")}, text=text)
    manifest = Manifest("x", {}, settings, ("c",), "f", "d", {"train": ("2024-01-01",)}, {"python": "3"})
    artefact.save(tmp_path, NoModel(), manifest)  # type: ignore[arg-type]
    parts, found = artefact.read(tmp_path)
    assert found.settings == settings
    assert parts == ["risk/model.txt"]
    assert (tmp_path / artefact.TEXTS).exists() == (text is not None)


@pytest.mark.parametrize(
    ("file", "content"), [(artefact.MANIFEST, "{"), ("manifest.json", "{}"), ("manifest.json", "[")]
)
def test_a_damaged_artefact_is_said_to_be_one(tmp_path: Path, file: str, content: str) -> None:
    manifest = Manifest("x", {}, SETTINGS, ("c",), "f", "d", {"train": ("2024-01-01",)}, {"python": "3"})
    artefact.save(tmp_path, NoModel(), manifest)  # type: ignore[arg-type]
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"is damaged.*Put its files back, or train again"):
        artefact.read(tmp_path)
