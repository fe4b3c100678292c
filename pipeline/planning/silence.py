"""Keeps a solver's stray prints out of the results that a program may read from stdout."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_stdout() -> Iterator[None]:
    """Send what compiled code prints to nowhere.

    HiGHS prints a line from deep inside, whatever its display setting, so the file descriptor itself is turned away.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
