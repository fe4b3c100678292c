"""Fixtures that several kinds of tests share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import Cli

DATA = Path(os.environ.get("HOLDFAST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def holdfast(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line."""
    return Cli(capsys, monkeypatch)


@pytest.fixture
def public_data(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The folder of a public data set, or a skip that names it."""

    def folder(name: str) -> Path:
        if not (DATA / name).is_dir():
            pytest.skip(f"public data set {name} is not there (HOLDFAST_DATA)")
        monkeypatch.setenv("HOLDFAST_DATA", str(DATA))
        return DATA / name

    return folder
