"""Writes the generated documents; with --check says which are out of date and exits 1."""

import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.init import schema_text
from tools.command_reference import command_reference
from tools.config_reference import config_reference
from tools.feature_catalogue import feature_catalogue

ROOT = Path(__file__).parent.parent
DOCUMENTS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("docs/features.md", feature_catalogue),
    ("docs/config.md", config_reference),
    ("docs/commands.md", command_reference),
    ("configs/holdfast.schema.json", schema_text),
)


def main(arguments: list[str]) -> int:
    """Write or check every generated document."""
    outdated = [path for path, make in DOCUMENTS if _read(ROOT / path) != make()]
    if "--check" in arguments:
        for path in outdated:
            print(f"{path} is out of date: run `make docs`", file=sys.stderr)
        return 1 if outdated else 0
    for path, make in DOCUMENTS:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(make(), encoding="utf-8")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
