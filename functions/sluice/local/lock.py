"""A lock, so that one command at a time changes the local cloud of a port."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, when_busy: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock. The system frees it when its holder ends, even if it is killed.

    Args:
        path: the lock's file, which is never deleted.
        when_busy: called before a wait, with the holder's process id; empty if the holder has not written it yet.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            when_busy(file.read().strip())
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
