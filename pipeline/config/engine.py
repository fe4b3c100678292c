"""Where the features are computed: by DuckDB on this machine, or by the same DuckDB code in the executors of Spark."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from pipeline.config.base import Section


class DuckdbEngine(Section):
    """Partitions one after another on this machine, a few side by side."""

    kind: Literal["duckdb"] = "duckdb"
    """The engine: duckdb on this machine, or spark."""
    partitions: int | None = Field(default=None, ge=1)
    """Number of customer partitions; default: one for every 100,000 customers or 300,000 rows, at least `workers`."""
    workers: int = Field(default=2, ge=1)
    """Partitions computed at the same time."""
    memory_limit_gb: float = Field(default=2.0, gt=0)
    """Memory of one worker, in gigabytes."""


class SparkEngine(Section):
    """Partitions as tasks of Spark; the extra `spark` and Java 17 or newer are needed.

    Sources and work folder must lie where the driver and every executor see them under the same path, and the
    executors need holdfast installed.
    """

    kind: Literal["spark"]
    """The engine: duckdb on this machine, or spark."""
    partitions: int | None = Field(default=None, ge=1)
    """Number of customer partitions; default: one for every 100,000 customers or 300,000 rows, at least `workers`."""
    workers: int = Field(default=2, ge=1)
    """Tasks at the same time where Spark runs on this machine only, and threads of what the driver itself does."""
    memory_limit_gb: float = Field(default=2.0, gt=0)
    """Memory of DuckDB in one task, in gigabytes; Spark's own memory comes beside it."""
    master: str | None = None
    """Address of the cluster; default: that of spark-submit, of an open session, or else this machine (`local`)."""
    settings: dict[str, str] = Field(default_factory=dict)
    """Further settings of Spark, for example `spark.executor.memory: 8g`."""


def _kind(value: Any) -> str:
    found = value.get("kind", "duckdb") if isinstance(value, dict) else getattr(value, "kind", "duckdb")
    return str(found)


Engine = Annotated[
    Annotated[DuckdbEngine, Tag("duckdb")] | Annotated[SparkEngine, Tag("spark")],
    Discriminator(_kind, custom_error_type="engine_kind", custom_error_message="engine.kind must be duckdb or spark"),
]
