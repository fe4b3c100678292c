"""`holdfast report`: the training report of a registered model, as it was written when the model was trained."""

from pathlib import Path

from pipeline import tracking
from pipeline.config.load import load
from pipeline.files import writable_file, write_whole


def report(path: Path, out: Path, model: str = "champion") -> str:
    """Write the report of a version ('champion', 'challenger' or a number) of the config's model to `out`.

    Raises ConfigError, DataError where there is no such model yet, UsageError where `out` cannot be written.
    """
    writable_file(out)
    store = tracking.store_of(load(path))
    version, page = tracking.report_of(store, model)
    write_whole(out, page)
    return f"wrote {out}: training report of {store.model}, version {version}"
