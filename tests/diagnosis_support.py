"""A company written from rows, and its diagnosis: for hand-computed examples."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pipeline.diagnose import diagnose
from pipeline.diagnosis.result import Diagnosis, Row

Rows = Sequence[Mapping[str, Any]]


def company(folder: Path, tables: Mapping[str, Rows], outcome: Mapping[str, Any], **sections: Any) -> Path:
    """Write tables and config into a folder; the config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        pd.DataFrame(list(rows)).to_csv(folder / f"{name}.csv", index=False)
    config = {
        "name": "small",
        "sources": {name: {"csv": f"{name}.csv"} for name in tables},
        "tables": {name: {"source": name} for name in tables},
        "outcome": dict(outcome),
        **sections,
    }
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def diagnosed(folder: Path, tables: Mapping[str, Rows], outcome: Mapping[str, Any], **sections: Any) -> Diagnosis:
    """The diagnosis of a company written from rows."""
    return diagnose(company(folder, tables, outcome, **sections))


def row(rows: Sequence[Row], **wanted: Any) -> Row:
    """The only row with these values."""
    found = [one for one in rows if all(one[name] == value for name, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} rows with {wanted}"
    return found[0]
