"""Files are written whole or not at all: under a temporary name beside the target, then renamed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import ConfigError, DataError, MissingFileError, UsageError

OUT = "--out"
TABLES = (".csv", ".parquet")


def write_whole(target: Path, content: bytes, *, where: str = OUT) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part."""
    with whole(target, where=where) as temporary:
        temporary.write_bytes(content)


@contextmanager
def whole(target: Path, *, where: str = OUT) -> Iterator[Path]:
    """A temporary path beside `target` that takes its place when the body has ended well."""
    writable_file(target, where=where)
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

    Raises UsageError where `target` holds something already, unless `overwrite`, where it is the current folder (or one
    around it, which a program cannot put another in the place of), and where it cannot be written.
    """
    target = target.resolve()
    if Path.cwd().is_relative_to(target):
        fix = "Name a folder in it, such as result."
        raise UsageError("is the folder you are in, or one around it", where=OUT, value=str(target), fix=fix)
    if target.exists() and not overwrite and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("is there already and not empty", where=OUT, value=str(target), fix="Name a new folder.")
    writable_parent(target)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        put_folder(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def put_folder(new: Path, target: Path) -> None:
    """Put a folder where an old one may stand, which goes only when the new one is there, and else comes back.

    Raises UsageError where that cannot be.
    """
    old = new.with_name(f"{new.name}.old")
    try:
        if target.exists():
            target.replace(old)
        new.replace(target)
    except OSError as error:
        fix = f"{error.strerror}. Name another place."
        raise UsageError("cannot write there", where=OUT, value=str(target), fix=fix) from None
    finally:
        if old.exists() and not target.exists():
            old.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def writable_file(target: Path, *, where: str = OUT) -> None:
    """Make the folder a file goes into. Raises UsageError where it cannot be written: ask before long work."""
    if target.is_dir():
        raise UsageError("is a folder", where=where, value=str(target), fix="Name a file in it.")
    writable_parent(target, where=where)


def writable_parent(target: Path, *, where: str = OUT) -> None:
    """Make the folder that something goes into. Raises UsageError where that cannot be, or nothing may be put there."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        fix = f"{error.strerror}. Name another place."
        raise UsageError("cannot write there", where=where, value=str(target), fix=fix) from None


def work_folder(folder: Path) -> Path:
    """The config's work folder, made. Raises ConfigError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fix = f"{error.strerror}. Name another folder."
        raise ConfigError("cannot write there", where="workdir", value=str(folder), fix=fix) from None
    return folder


def refuse_unreadable(path: Path, *, where: str) -> None:
    """A table that a user names is a CSV or Parquet file with something in it.

    Raises MissingFileError, DataError.
    """
    if not path.is_file():
        raise MissingFileError(str(path), where=where)
    if path.suffix.lower() not in TABLES:
        fix = f"Save it as one, with an ending of {' or '.join(TABLES)}."
        raise DataError("is neither CSV nor Parquet", where=where, value=str(path), fix=fix)
    if not path.stat().st_size:
        raise DataError("the file is empty", where=where, value=str(path), fix="Check what wrote it.")


@contextmanager
def reading(path: Path, *, where: str) -> Iterator[None]:
    """Raises DataError where the body cannot make sense of the file."""
    try:
        yield
    except (OSError, ValueError) as error:  # those of Arrow and pandas are ValueErrors
        fix = f"{str(error).strip().splitlines()[0]}. Write the file anew."
        raise DataError("cannot be read", where=where, value=str(path), fix=fix) from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
