"""Work on every partition in Spark's executors: one task a partition, results through the work folder.

A result goes to a file in the folder that driver and executors share, and the driver reads them one after another: what
a partition returns passes neither through the driver's JVM nor through its memory as a whole.
"""

import hashlib
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from features import errors
from features.errors import ConfigError, HoldfastError
from pipeline.config.engine import SparkEngine
from pipeline.files import whole
from pipeline.prepare import Prepared
from pipeline.spark.session import session, without_warnings

if TYPE_CHECKING:
    import pyarrow as pa

Result = TypeVar("Result")
PACKAGES = ("features", "models", "pipeline")


def each_partition(data: Prepared, work: Callable[[int], Result]) -> Iterator[Result]:
    """`work` for every partition in an executor: the results in order of the partitions.

    Raises the first user error of a partition as if it had happened here, ConfigError where an executor has another
    version of DuckDB or does not see the work folder.
    """
    assert isinstance(data.engine, SparkEngine)
    results = Path(tempfile.mkdtemp(prefix="results-", dir=data.folder))
    task = Task(work, results, versions())
    try:
        spark = session(data.engine)
        with without_warnings():
            numbers = spark.range(0, data.partitions, 1, data.partitions)
            done = numbers.mapInArrow(task, "partition long, stored boolean").collect()
        if not all(stored for _, stored in done):
            fix = "Put `workdir` on a file system that the driver and all executors share."
            raise ConfigError("an executor does not see the work folder", where="workdir", value=str(results), fix=fix)
        for part in range(data.partitions):
            yield _result(results / f"{part}.pickle")
    finally:
        shutil.rmtree(results, ignore_errors=True)


@dataclass(frozen=True)
class Task:
    """What an executor does with a batch of partition numbers; the result, or a user error, becomes a file."""

    work: Callable[[int], Any]
    results: Path
    versions: Mapping[str, str]

    def __call__(self, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        """The numbers, and whether the result of each is stored: what an executor raises is a traceback of Spark's."""
        import pyarrow as pa

        for batch in batches:
            stored = pa.array([self._do(part) for part in batch.column(0).to_pylist()], pa.bool_())
            yield pa.record_batch([batch.column(0), stored], names=["partition", "stored"])

    def _do(self, part: int) -> bool:
        """Whether the work folder is there to take the result."""
        if not self.results.is_dir():
            return False
        try:
            self._refuse_other_version()
            outcome: tuple[bool, Any] = (True, self.work(part))
        except HoldfastError as error:
            outcome = (False, (type(error).__name__, vars(error), str(error)))
        with whole(self.results / f"{part}.pickle") as target, target.open("wb") as file:
            pickle.dump(outcome, file, protocol=5)
        return True

    def _refuse_other_version(self) -> None:
        for name, here in versions().items():
            if here != self.versions[name]:
                fix = "Install the same versions as on the driver: equal values need equal code."
                raise ConfigError(
                    f"an executor has {name} {here}, the driver {self.versions[name]}", where="engine", fix=fix
                )


@lru_cache
def versions() -> Mapping[str, str]:
    """What decides values: DuckDB's version, and a fingerprint of the code of our own packages."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        root = Path(str(find_spec(package).origin)).parent  # type: ignore[union-attr]
        for file in sorted(root.rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return {"DuckDB": duckdb.__version__, "holdfast": digest.hexdigest()[:12]}


def _result(file: Path) -> Any:
    """Written a moment ago by our own executors: nothing from outside is unpickled."""
    with file.open("rb") as source:
        done, value = pickle.load(source)
    file.unlink()
    if done:
        return value
    name, attributes, text = value
    kind = getattr(errors, name)
    error = kind.__new__(kind, text)
    error.__dict__.update(attributes)
    error.args = (text,)
    raise error
