"""Runs a command in this process as a user would: exit code, stdout, stderr."""

import sys
from dataclasses import dataclass

import pytest

from pipeline.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Cli:
    """Calls `holdfast ...`."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *words: object) -> Ran:
        """Run with these words, never letting the exit escape."""
        self._monkeypatch.setattr(sys, "argv", ["holdfast", *map(str, words)])
        self._capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        shown = self._capsys.readouterr()
        return Ran(code, shown.out, shown.err)
