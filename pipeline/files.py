"""Files are written whole or not at all: under a temporary name beside the target, then renamed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import UsageError


def write_whole(target: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part."""
    with whole(target) as temporary:
        temporary.write_bytes(content)


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that takes its place when the body has ended well."""
    writable_parent(target)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; results are for others to read.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary folder beside `target` that takes its place when the body has ended well.

    Raises UsageError where `target` holds something already, unless `overwrite`.
    """
    if target.exists() and not overwrite and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("is there already and not empty", where="--out", value=str(target), fix="Name a new folder.")
    writable_parent(target)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if target.exists():
            shutil.rmtree(target)
        temporary.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def writable_parent(target: Path) -> None:
    """Make the folder a file goes into. Raises UsageError where that cannot be."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("cannot write there", where="--out", value=str(target), fix=str(error.strerror)) from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
