"""A real Postgres server on a free port of this machine, for as long as a test needs it."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "s3cret-word"
SERVER_USERS = ("postgres", "nobody")


@contextmanager
def server() -> Iterator[str]:
    """The address of a server that is stopped afterwards; skips where there is none to start."""
    found = shutil.which("initdb")
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or ([Path(found).parent] if found else [])
    if not binaries:
        pytest.skip("there is no Postgres on this machine")
    folder = Path(tempfile.mkdtemp(prefix="holdfast-postgres-"))
    try:
        yield from _running(binaries[-1], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(binaries: Path, folder: Path) -> Iterator[str]:
    user = _server_user(folder)
    port = _free_port()
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    (folder / "password").chmod(0o644)
    data, quiet = folder / "data", {"stdout": subprocess.DEVNULL, "user": user}
    made = [binaries / "initdb", "-D", data, "-U", "holdfast", "-A", "scram-sha-256", "-N", "--locale=C.UTF-8"]
    subprocess.run([*map(str, made), f"--pwfile={folder / 'password'}"], check=True, cwd=folder, **quiet)  # type: ignore[call-overload]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    words = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]
    with subprocess.Popen(words, cwd=folder, stderr=subprocess.DEVNULL, **quiet) as process:  # type: ignore[call-overload]
        try:
            _wait_for(binaries, port)
            yield f"postgresql://holdfast:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait(20)


def _server_user(folder: Path) -> str | None:
    """Postgres refuses to run as root: another user then owns the folder."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in SERVER_USERS if name in names)
    shutil.chown(folder, user)
    return user


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(binaries: Path, port: int) -> None:
    asked = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(300):
        if subprocess.run(asked, check=False).returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail("the Postgres server did not start")
