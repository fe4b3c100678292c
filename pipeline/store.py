"""Where runs and models are kept: the address of the tracking store, as the config gives it."""

from dataclasses import dataclass
from pathlib import Path

from features.errors import ConfigError
from pipeline.config.base import expand

SQLITE = "sqlite:///"
KINDS = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "databricks")


@dataclass(frozen=True)
class Store:
    """One config's place in MLflow: where runs go, and the name of its registered model."""

    uri: str
    experiment: str
    artifacts: str
    model: str


def store_uri(given: str | None, folder: Path) -> str | None:
    """The address of a store as the config gives it; the path of a SQLite file is relative to the config's `folder`.

    Raises ConfigError for a kind of store that is not there.

    >>> store_uri("sqlite:///runs/mlflow.db", Path("/shop"))
    'sqlite:////shop/runs/mlflow.db'
    """
    if given is None:
        return None
    uri = expand(given, where="tracking.uri")
    if uri.startswith("file:") or "://" not in uri:
        raise ConfigError(
            "file stores are refused by MLflow", where="tracking.uri", value=uri, fix="Use sqlite:///path.db."
        )
    if uri.split("://", 1)[0].split("+", 1)[0] not in KINDS:
        fix = f"Begin it with one of {', '.join(f'{kind}://' for kind in KINDS)}."
        raise ConfigError("unknown kind of tracking store", where="tracking.uri", value=uri, fix=fix)
    return f"{SQLITE}{folder / uri.removeprefix(SQLITE)}" if uri.startswith(SQLITE) else uri
