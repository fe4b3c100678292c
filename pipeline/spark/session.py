"""The Spark session: an open one, that of spark-submit, or one on this machine."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import ConfigError
from pipeline.config.engine import SparkEngine
from pipeline.spark.java import FIX, provide_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOGGING = Path(__file__).with_name("log4j2.properties")
# Few and small shuffles need few tasks; `engine.settings` has the last word.
SETTINGS = {
    "spark.sql.shuffle.partitions": "16",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOGGING.as_uri()}",
}


def session(engine: SparkEngine) -> "SparkSession":
    """The open session, or a new one. Raises ConfigError where pyspark or Java is missing or does not start."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        fix = "Install the extra: pip install 'holdfast[spark]'."
        raise ConfigError("pyspark is not installed", where="engine.kind", value="spark", fix=fix) from None
    with without_warnings():
        found = SparkSession.getActiveSession()
        if found is not None:
            return found
        try:
            return _new(engine)
        except PySparkRuntimeError as error:
            where = "engine.master" if engine.master else "engine.kind"
            what = f"Spark did not start ({error.getCondition()})"
            raise ConfigError(what, where=where, value=engine.master or "spark", fix=FIX) from None


@contextmanager
def without_warnings() -> Iterator[None]:
    """pyspark warns of pandas 3 at every call; nothing here goes through pandas."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        yield


def _new(engine: SparkEngine) -> "SparkSession":
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("holdfast")
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if not submitted:
        provide_java()
        master = engine.master or os.environ.get("MASTER") or f"local[{engine.workers}]"
        builder = builder.master(master)
        for name, value in (SETTINGS | (_like_here() if master.startswith("local") else {})).items():
            builder = builder.config(name, value)
    for name, value in engine.settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _like_here() -> dict[str, str]:
    """On this machine the executors' Python is this one, with the same packages."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {"spark.pyspark.python": sys.executable, "spark.executorEnv.PYTHONPATH": path}
