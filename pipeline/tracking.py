"""MLflow: runs, nested runs, the registry. The only module that imports mlflow."""

import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # a few small files; and no terminal to show it

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from features.errors import DataError
from pipeline.config.root import Config
from pipeline.files import work_folder
from pipeline.store import SQLITE, Store, store_uri

if TYPE_CHECKING:
    import pandas as pd

CHAMPION, CHALLENGER = "champion", "challenger"
DATA = "holdfast_model"
REPORT = "report.html"
PARAMS_AT_ONCE, LONGEST_PARAM, LONGEST_DIGEST = 100, 6000, 36  # limits of MLflow
PROMOTION, FINDINGS = "holdfast.promotion", "holdfast.promotion.findings"
LEAKCHECK, LEAKCHECK_FEATURES = "holdfast.leakcheck", "holdfast.leakcheck.feature_fingerprint"


def store_of(config: Config) -> Store:
    """The config's store; by default a SQLite file in its work folder, which is created."""
    workdir = work_folder(config.workdir_path).resolve()
    own = workdir / "mlflow.db"
    uri = store_uri(config.tracking.uri, config.folder) or f"{SQLITE}{own}"
    if config.tracking.uri or own.exists():  # a new one is made when the first run is kept
        _opened(uri)
    return Store(uri, config.tracking.experiment or config.name, (workdir / "artifacts").as_uri(), config.name)


@cache
def _opened(uri: str) -> None:
    """Raises DataError for a store that does not answer, once for each address, before anything depends on it."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        MlflowClient(uri, uri).search_experiments(max_results=1)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        lines = str(error).strip().splitlines()
        fix = f"{lines[0] if lines else type(error).__name__}. Mend it, move it away, or name another (tracking.uri)."
        raise DataError("the tracking store cannot be used", where="tracking", value=uri, fix=fix) from None


@dataclass(frozen=True)
class Dataset:
    """Labelled rows that a run used: their fingerprint, the sources as the config writes them, and the snapshots."""

    name: str
    fingerprint: str
    source: str
    use: str
    rows: int
    snapshots: Sequence[str]

    def as_input(self) -> Any:
        """As MLflow wants it."""
        profile = json.dumps({"rows": self.rows, "snapshots": list(self.snapshots)})
        kept = mlflow.entities.Dataset(
            self.name, self.fingerprint[:LONGEST_DIGEST], "holdfast", self.source, profile=profile
        )
        return mlflow.entities.DatasetInput(kept, [mlflow.entities.InputTag("mlflow.data.context", self.use)])


@dataclass(frozen=True)
class Run:
    """An open run: what is logged to it, and runs nested in it."""

    run_id: str
    store: Store

    def params(self, values: Mapping[str, Any]) -> None:
        """Log settings, each once."""
        params = [mlflow.entities.Param(name, str(value)[:LONGEST_PARAM]) for name, value in values.items()]
        for start in range(0, len(params), PARAMS_AT_ONCE):
            self._client.log_batch(self.run_id, params=params[start : start + PARAMS_AT_ONCE])

    def inputs(self, datasets: Sequence[Dataset]) -> None:
        """Log which rows were read, and for what."""
        self._client.log_inputs(self.run_id, [dataset.as_input() for dataset in datasets])

    def metrics(self, values: Mapping[str, float]) -> None:
        """Log figures; what is not finite is left out, because the store refuses it."""
        for name, value in values.items():
            if math.isfinite(value):
                self._client.log_metric(self.run_id, name, float(value))

    def tags(self, values: Mapping[str, str]) -> None:
        """Log what the run was about."""
        for name, value in values.items():
            self._client.set_tag(self.run_id, name, value)

    def file(self, path: Path, folder: str | None = None) -> None:
        """Keep a file with the run."""
        self._client.log_artifact(self.run_id, str(path), folder)

    def folder(self, path: Path, name: str) -> None:
        """Keep the files of a folder with the run."""
        self._client.log_artifacts(self.run_id, str(path), name)

    @property
    def _client(self) -> MlflowClient:
        return MlflowClient(self.store.uri, self.store.uri)


@contextmanager
def run(store: Store, name: str, *, parent: Run | None = None) -> Iterator[Run]:
    """A run that is marked finished, or failed when the body raises; nested when it has a parent."""
    client = MlflowClient(store.uri, store.uri)
    tags = {"mlflow.runName": name, **({"mlflow.parentRunId": parent.run_id} if parent else {})}
    created = client.create_run(_experiment(client, store), tags=tags, run_name=name)
    try:
        yield Run(created.info.run_id, store)
    except BaseException:
        client.set_terminated(created.info.run_id, "FAILED")
        raise
    client.set_terminated(created.info.run_id, "FINISHED")


def _experiment(client: MlflowClient, store: Store) -> str:
    found = client.get_experiment_by_name(store.experiment)
    if found is not None:
        return str(found.experiment_id)
    return str(client.create_experiment(store.experiment, artifact_location=f"{store.artifacts}/{store.experiment}"))


def register(open_run: Run, folder: Path, example: "pd.DataFrame", answer: "pd.DataFrame") -> int:
    """Register the artefact in `folder` as a new version, the challenger: champion it becomes by `promote` only.

    It is wrapped as a pyfunc model whose loader is `pipeline.serving`, so that nothing is pickled. `example` is a row
    of features and `answer` what the model says of it: its signature.
    """
    store, client = open_run.store, MlflowClient(open_run.store.uri, open_run.store.uri)
    wrapped = folder.parent / "pyfunc"
    _wrap(folder, wrapped, example, answer)
    client.log_artifacts(open_run.run_id, str(wrapped), "model")
    try:
        client.create_registered_model(store.model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{client.get_run(open_run.run_id).info.artifact_uri}/model"
    version = client.create_model_version(store.model, source, open_run.run_id, tags={PROMOTION: "none"})
    client.set_registered_model_alias(store.model, CHALLENGER, version.version)
    return int(version.version)


def _wrap(folder: Path, wrapped: Path, example: "pd.DataFrame", answer: "pd.DataFrame") -> None:
    mlflow.pyfunc.save_model(
        str(wrapped),
        loader_module="pipeline.serving",
        data_path=str(folder),
        pip_requirements=["holdfast"],
        signature=mlflow.models.infer_signature(example, answer),
        input_example=example,
    )


def fetch(store: Store, wanted: str, target: Path) -> tuple[int, Path]:
    """Download a version of the model ('champion', 'challenger' or a number): its number and the artefact's folder.

    Where there is no champion yet the challenger is taken, with a warning. Raises DataError where there is no such
    model.
    """
    version = _version(store, wanted, in_use=True)
    try:
        path = mlflow.artifacts.download_artifacts(
            artifact_uri=version.source, dst_path=str(target), tracking_uri=store.uri
        )
    except (MlflowException, OSError):
        fix = "Put its files back, or take or train another version."
        raise DataError("its files cannot be read", where=f"model {store.model}", value=wanted, fix=fix) from None
    return int(version.version), Path(path) / "data" / DATA


def run_of(store: Store, version: int) -> str:
    """The run that made a model version."""
    return str(MlflowClient(store.uri, store.uri).get_model_version(store.model, str(version)).run_id)


def report_of(store: Store, wanted: str) -> tuple[int, bytes]:
    """The training report kept with the run that made a version of the model: its number and the page.

    Where there is no champion yet it is the challenger's. Raises DataError where there is no such model.
    """
    version = _version(store, wanted, in_use=True)
    client = MlflowClient(store.uri, store.uri)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(client.download_artifacts(version.run_id, REPORT, folder)).read_bytes()
    return int(version.version), page


def _version(store: Store, wanted: str, *, in_use: bool = False) -> Any:
    """A version; `in_use` takes the challenger as long as there is no champion."""
    client = MlflowClient(store.uri, store.uri)
    try:
        if wanted.isdigit():
            return client.get_model_version(store.model, wanted)
        return client.get_model_version_by_alias(store.model, wanted)
    except MlflowException:
        if in_use and wanted == CHAMPION and version_of(store, CHALLENGER) is not None:
            found = _version(store, CHALLENGER)
            fix = "It has passed no gate: see holdfast leakcheck and holdfast promote."
            print(f"warning: no champion yet, taking {store.model}/{found.version}. {fix}", file=sys.stderr)
            return found
        fix = _known_versions(client, store)
        raise DataError("no such model version", where=f"model {store.model}", value=wanted, fix=fix) from None


def _known_versions(client: MlflowClient, store: Store) -> str:
    """Which versions there are, for an error's last sentence."""
    try:
        found = client.get_registered_model(store.model)
    except MlflowException:
        return "Train first: holdfast train CONFIG."
    newest = max((int(version.version) for version in found.latest_versions), default=0)
    return f"There are {', '.join([*sorted(found.aliases), f'numbers up to {newest}'])}."


def number_of(store: Store, wanted: str) -> int:
    """The number of a version. Raises DataError where there is no such one."""
    return int(_version(store, wanted).version)


def version_of(store: Store, wanted: str) -> int | None:
    """The number of a version ('champion', 'challenger' or a number), None where there is no such one."""
    try:
        return int(_version(store, wanted).version)
    except DataError:
        return None


def record_leakcheck(store: Store, version: int, passed: bool, feature_fingerprint: str, report: str) -> None:
    """Write the result of a leak check into the training run of a model version."""
    client, run_id = MlflowClient(store.uri, store.uri), run_of(store, version)
    client.set_tag(run_id, LEAKCHECK, "passed" if passed else "failed")
    client.set_tag(run_id, LEAKCHECK_FEATURES, feature_fingerprint)
    client.log_text(run_id, report, "leakcheck.txt")


def leakcheck_of(store: Store, version: int) -> tuple[bool | None, str]:
    """Whether a version's leak check passed (None: there is none), and the feature fingerprint it was made with."""
    tags = MlflowClient(store.uri, store.uri).get_run(run_of(store, version)).data.tags
    result = tags.get(LEAKCHECK)
    return None if result is None else result == "passed", tags.get(LEAKCHECK_FEATURES, "")


def metrics_of(store: Store, version: int) -> dict[str, float]:
    """The figures of the run that made a version."""
    return dict(MlflowClient(store.uri, store.uri).get_run(run_of(store, version)).data.metrics)


def file_of(store: Store, version: int, name: str, folder: Path) -> Path | None:
    """Download a file kept with the run that made a version: the folder it lies in, None where there is none."""
    client, run_id = MlflowClient(store.uri, store.uri), run_of(store, version)
    if name not in {item.path for item in client.list_artifacts(run_id)}:
        return None
    client.download_artifacts(run_id, name, str(folder))
    return folder


def set_champion(store: Store, version: int, findings: Sequence[str]) -> None:
    """Make a version the champion, and record with it and its run how: passed, or forced against these findings."""
    client = MlflowClient(store.uri, store.uri)
    how = {PROMOTION: "forced" if findings else "passed", FINDINGS: "; ".join(findings)}
    for name, value in how.items():
        client.set_model_version_tag(store.model, str(version), name, value)
        client.set_tag(run_of(store, version), name, value)
    client.set_registered_model_alias(store.model, CHAMPION, str(version))
