"""`holdfast train`: candidates against baselines on later snapshots, one MLflow run, a registered model."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from features.fingerprint import fingerprint
from models.snapshots import Split
from models.training import Fitted, settled
from pipeline import tracking
from pipeline.artefact import Manifest, save, versions
from pipeline.backtest import among, backtested, period_metrics, period_runs
from pipeline.champion import Contender, against_champion
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.decay import decayed
from pipeline.evaluation import Evaluation, in_folds, in_time
from pipeline.files import writable_file, write_whole
from pipeline.fitting import LabelledRows, fit
from pipeline.matrix import FeaturePlan, Labelled, feature_plan, labelled
from pipeline.moments import all_moments, moments, refuse_nobody, test_periods
from pipeline.prepare import Prepared, prepared_to_learn
from pipeline.record import keep_files, record
from pipeline.report import training_page
from pipeline.serving import Served
from pipeline.tested_rows import tested_rows
from pipeline.tuning import Trial, Tuner, seconds_of, trial_runs


@dataclass(frozen=True)
class Trained:
    """What `holdfast train` made."""

    config: str
    run_id: str
    model_version: int
    snapshots: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, int]
    evaluation: Evaluation
    features: int
    report: Path | None

    def as_json(self) -> dict[str, Any]:
        """The object of DESIGN section 6."""
        return {
            "run_id": self.run_id,
            "model_version": self.model_version,
            "config": self.config,
            "snapshots": {use: list(days) for use, days in self.snapshots.items()},
            "rows": dict(self.rows),
            "features": self.features,
            "protocol": self.evaluation.protocol,
            "champion": self.evaluation.champion,
            "metrics": {name: value for name, value in self.evaluation.metrics.items() if np.isfinite(value)},
        }

    def as_text(self) -> str:
        """A page for the terminal."""
        from pipeline.train_text import text

        return text(self)


def train(path: Path, report: Path | None = None, *, tune: str | None = None) -> Trained:
    """Train on a config; `tune` is a budget such as 10m for the search of better shapes of the risk model.

    Raises ConfigError, DataError, UsageError; nothing is registered then.
    """
    config, budget = load(path), None if tune is None else seconds_of(tune)
    if report is not None:
        writable_file(report, where="--report")
    tracking.store_of(config)  # a store that cannot be used is said before the work
    with prepared_to_learn(config) as data:
        split = moments(config, data)
        features = feature_plan(config, data, split.train[-1])
        found = labelled(config, data, features, all_moments(config, data))
        tuner = Tuner(config, features.entries, budget) if budget else None
        periods = test_periods(config, data, split)
        given = config
        config, evaluation = evaluated(given, split, features, found, tuner)
        # by the shapes of the config: what was tuned on the last training rows has seen the tests of earlier periods
        evaluation = with_periods(evaluation, given, features, found, periods)
        contender = Contender(None, config.public()["outcome"], _days(split)["test"], tested_rows(evaluation))
        evaluation = against_champion(evaluation, config, contender, data)
        # what was tuned inside a fold says nothing about the shapes that were found on all rows
        recipe = config.model if tuner and config.flat else settled(config.model, evaluation.fitted)
        final = fit(LabelledRows(found.rows), features.entries, config, recipe)
        manifest = _manifest(config, data, split, features, final)
    return _tracked(config, split, found, evaluation, final, manifest, report, tuner.trials if tuner else ())


def evaluated(
    config: Config, split: Split, features: FeaturePlan, found: Labelled, tuner: Tuner | None
) -> tuple[Config, Evaluation]:
    """The evaluation, and the config with what was tuned: on the training rows, for flat data inside each fold."""
    if tuner is None:
        return config, evaluate(config, split, features, found)
    rows = LabelledRows(found.rows)
    if config.flat:
        measured = in_folds(rows, features.entries, config, tuner)
        return tuner.tuned(rows, "final", 1 / (config.validation.folds + 1)), measured
    tuned = tuner.tuned(rows.take(among(rows, split.train)), "training")
    return tuned, evaluate(tuned, split, features, found)


def evaluate(config: Config, split: Split, features: FeaturePlan, found: Labelled) -> Evaluation:
    """Measure on rows that the measured model has not seen."""
    rows = LabelledRows(found.rows)
    if config.flat:
        return in_folds(rows, features.entries, config)
    parts = {use: rows.take(among(rows, days)) for use, days in (("training", split.train), ("test", split.test))}
    for use, days in (("training", split.train), ("test", split.test)):
        if not len(parts[use].y):
            refuse_nobody(use, days)
    return in_time(parts["training"], parts["test"], features.entries, config)


def with_periods(
    evaluation: Evaluation, config: Config, features: FeaturePlan, found: Labelled, periods: Sequence[Split]
) -> Evaluation:
    """With the table and the figures of the backtest and the decay curve, where several periods are wanted."""
    rows, snapshots = LabelledRows(found.rows), sorted({at for at, _ in found.statuses})
    table = backtested(rows, features.entries, config, periods)
    if table is None:
        return evaluation
    tables = {**evaluation.tables, "backtest": table}
    if decay := decayed(rows, features.entries, config, snapshots):
        tables["decay"] = decay.table
    return replace(evaluation, metrics={**evaluation.metrics, **period_metrics(table)}, tables=tables)


def _manifest(config: Config, data: Prepared, split: Split, features: FeaturePlan, final: Fitted) -> Manifest:
    return Manifest(
        name=config.name,
        config=config.public(),
        settings=features.settings,
        columns=final.predictor.columns.names,
        feature_fingerprint=fingerprint(features.groups, features.settings),
        data_fingerprint=data.fingerprint,
        snapshots=_days(split),
        versions=versions(),
    )


def _days(split: Split) -> dict[str, tuple[str, ...]]:
    return {
        use: tuple(f"{day:%Y-%m-%d}" for day in days) for use, days in (("train", split.train), ("test", split.test))
    }


def _tracked(
    config: Config,
    split: Split,
    found: Labelled,
    evaluation: Evaluation,
    final: Fitted,
    manifest: Manifest,
    report: Path | None,
    trials: Sequence[Trial] = (),
) -> Trained:
    """One run with a nested run for each candidate; the model is registered last, when all the rest is there."""
    store = tracking.store_of(config)
    with tracking.run(store, f"train {config.name}") as run, tempfile.TemporaryDirectory() as scratch:
        record(run, config, manifest, evaluation, final, found.rows.num_rows)
        for name, values in candidates(evaluation).items():
            with tracking.run(store, name, parent=run) as nested:
                nested.metrics(values)
        for name, (parameters, values) in trial_runs(trials).items():
            with tracking.run(store, name, parent=run) as nested:
                nested.params(parameters)
                nested.metrics(values)
        written = keep_files(run, evaluation, training_page(config, manifest, evaluation, found), Path(scratch))
        version = _registered(run, final, manifest, Path(scratch))
    if report is not None:
        write_whole(report, written, where="--report")
    return Trained(
        config.name,
        run.run_id,
        version,
        _days(split),
        dict(evaluation.sizes),
        evaluation,
        len(manifest.columns),
        report,
    )


def _registered(run: tracking.Run, final: Fitted, manifest: Manifest, scratch: Path) -> int:
    """The version; its example is the typical customer, so no row of anybody's data leaves with the model."""
    folder = scratch / tracking.DATA
    save(folder, final.predictor, manifest)
    example = final.predictor.typical()
    return tracking.register(run, folder, example, Served(final.predictor).predict(example))


def candidates(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """Candidates with their log loss out of fold inside the training rows, baselines with their test figures."""
    found = {
        f"candidate {name}": {"cross_fitted_log_loss": loss} for name, loss in evaluation.fitted.risk.scores.items()
    }
    for name, value in evaluation.metrics.items():
        if name.startswith("baseline."):
            _, baseline, metric = name.split(".", 2)
            found.setdefault(f"baseline {baseline}", {})[f"risk.{metric}"] = value
    return found | period_runs(evaluation.tables.get("backtest"))
