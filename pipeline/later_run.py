"""What `holdfast evaluate` keeps in MLflow: a run of its own, nested in that of the training."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pipeline import tracking
from pipeline.config.root import Config
from pipeline.decay import Decay
from pipeline.measured import Measured
from pipeline.record import champion, flat, keep_files, sources, tags
from pipeline.reporting.later import page
from pipeline.scoring import Model
from pipeline.tracking import Dataset

SECTIONS = ("outcome", "snapshots", "validation", "money")


def kept(
    config: Config, model: Model, later: Sequence[datetime], found: Measured, decay: Decay | None, fingerprint: str
) -> tuple[str, bytes]:
    """Log settings, figures, data set, tags, and the page with its charts and tables: the run's id, and the page.

    `fingerprint` is that of the data, `later` the snapshots that were measured.
    """
    store = tracking.store_of(config)
    training = tracking.Run(tracking.run_of(store, int(model.version.rsplit("/", 1)[1])), store)
    days = [f"{day:%Y-%m-%d}" for day in later]
    made = page(config, model.version, days, found, decay)
    with (
        tracking.run(store, f"evaluate {model.version}", parent=training) as run,
        tempfile.TemporaryDirectory() as scratch,
    ):
        run.params(_params(config, model, days, found))
        run.metrics(found.metrics)
        run.tags(_tags(config, model, fingerprint))
        run.inputs([Dataset(f"{config.name}: later", fingerprint, sources(config), "later", len(found.y), days)])
        written = keep_files(run, found, made, Path(scratch))
    return run.run_id, written


def _params(config: Config, model: Model, days: Sequence[str], found: Measured) -> dict[str, object]:
    public = config.public()
    about = {"model": model.version, "snapshots": ", ".join(days), "protocol": found.protocol, **champion(found)}
    return about | flat({name: public[name] for name in SECTIONS})


def _tags(config: Config, model: Model, fingerprint: str) -> dict[str, str]:
    """Those of the training, with the fingerprint of the data as they are now."""
    made = tags(config, model.manifest, "holdfast evaluate")
    return {**made, "holdfast.data_fingerprint": fingerprint, "holdfast.model_version": model.version}
