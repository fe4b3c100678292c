"""What runs keep in MLflow beside the model: settings, tags, data sets, figures, tables, tested rows."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.training import Fitted
from pipeline import tested_rows, tracking
from pipeline.artefact import Manifest
from pipeline.config.root import Config
from pipeline.evaluation import Evaluation
from pipeline.files import write_whole
from pipeline.measured import Measured
from pipeline.pages.document import Page, document
from pipeline.pages.figures import charts
from pipeline.tracking import Dataset, Run

SECTIONS = ("outcome", "snapshots", "features", "model", "validation", "money", "promotion")
FIGURES, TABLES = "figures", "tables"


def record(run: Run, config: Config, manifest: Manifest, evaluation: Evaluation, final: Fitted, rows: int) -> None:
    """Log params, metrics, tags and data sets; `rows` is the number of rows that the registered model learned from."""
    run.params(params(config, manifest, evaluation, final))
    run.metrics(evaluation.metrics)
    run.tags(tags(config, manifest, "holdfast train"))
    run.inputs(datasets(config, manifest, evaluation, rows))


def params(config: Config, manifest: Manifest, evaluation: Evaluation, final: Fitted) -> dict[str, Any]:
    """What was found, and every setting that it was found with, under its path in the config."""
    found = {
        "chosen": evaluation.fitted.risk.chosen,
        "columns": len(manifest.columns),
        "feature_fingerprint": manifest.feature_fingerprint,
        "data_fingerprint": manifest.data_fingerprint,
        "protocol": evaluation.protocol,
        **champion(evaluation),
    }
    found |= {f"tested.{name}": value for name, value in evaluation.fitted.summary().items()}
    found |= {f"registered.{name}": value for name, value in final.summary().items()}
    public = config.public()
    return found | flat({name: public[name] for name in SECTIONS})


def champion(found: Measured) -> dict[str, str]:
    """The version that it was compared with, where there was one."""
    return {"champion": found.champion} if found.champion else {}


def tags(config: Config, manifest: Manifest, command: str) -> dict[str, str]:
    """What to look runs up by."""
    return {
        "holdfast.config": config.name,
        "holdfast.version": version("holdfast"),
        "holdfast.outcome": config.outcome.kind,
        "holdfast.feature_fingerprint": manifest.feature_fingerprint,
        "holdfast.data_fingerprint": manifest.data_fingerprint,
        "mlflow.source.name": command,
    }


def datasets(config: Config, manifest: Manifest, evaluation: Evaluation, rows: int) -> list[Dataset]:
    """The rows that the measured model was fitted on, those it was tested on, and those of the registered model."""
    source = sources(config)
    sizes = {"training": evaluation.sizes["train"], "testing": evaluation.sizes["test"], "registered model": rows}
    days = {"training": manifest.snapshots["train"], "testing": manifest.snapshots["test"]}
    every = sorted({day for used in manifest.snapshots.values() for day in used})
    return [
        Dataset(f"{config.name}: {use}", manifest.data_fingerprint, source, use, count, days.get(use, every))
        for use, count in sizes.items()
    ]


def sources(config: Config) -> str:
    """The sources as the config writes them, so no path of one machine is kept."""
    return json.dumps({name: given.model_dump(mode="json") for name, given in config.sources.items()})


def keep_files(run: Run, evaluation: Measured, page: Page, scratch: Path) -> bytes:
    """Keep the page, its charts and tables, and the tested rows: the page as it was written."""
    written = document(page).encode()
    write_whole(scratch / tracking.REPORT, written)
    run.file(scratch / tracking.REPORT)
    for name, drawing in charts(page):
        _kept(scratch / FIGURES / f"{name}.svg", drawing)
    for name, table in evaluation.tables.items():
        _kept(scratch / TABLES / f"{name}.csv", table.to_csv(index=False))
    for folder in (FIGURES, TABLES):
        if (scratch / folder).is_dir():
            run.folder(scratch / folder, folder)
    run.file(tested_rows.write(evaluation, scratch))
    return written


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, their keys joined by points.

    >>> flat({"a": {"b": 1, "c": {"d": 2}}, "e": 3})
    {'a.b': 1, 'a.c.d': 2, 'e': 3}
    """
    found: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _kept(path: Path, content: str) -> None:
    path.parent.mkdir(exist_ok=True)
    write_whole(path, content.encode())
