"""One command at a time changes the local cloud of a port."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, when_busy: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock. The system frees it when its holder ends, however that was.

    Args:
        path: the lock's file; it stays.
        when_busy: told the process id of the holder if there is one to wait for; nothing if it has not told yet.
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
