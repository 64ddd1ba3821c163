"""Processes, found by their command lines: a process id alone may belong to another process by now."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psutil

_KILLED = 10.0
"""Seconds that the system may take to end a killed process."""

_POLL = 0.02
"""Seconds between two looks."""


@dataclass(frozen=True)
class Identity:
    """A process id and a start time: no other process ever has both.

    Attributes:
        pid: the process id.
        started: the start time, in seconds since 1970.
    """

    pid: int
    started: float


def identity(process: psutil.Process) -> Identity:
    """Return a process's identity."""
    return Identity(process.pid, process.create_time())


def running(matches: Callable[[Sequence[str]], bool]) -> list[psutil.Process]:
    """Return the running processes whose command line matches, the oldest first.

    For a moment, a child has its parent's command line, and its process id may be the lower one.
    """
    found = []
    for process in sorted(psutil.process_iter(["cmdline", "create_time"]), key=_started):
        # None for a process that the system hides, such as another user's.
        command = process.info["cmdline"] or ()
        if process.pid != os.getpid() and matches(command) and _alive(process):
            found.append(process)
    return found


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kill processes and all that they started, and wait until they are gone.

    They get no time to clean up: nothing that they hold is kept.

    Raises:
        TimeoutError: a process could not be killed.
    """
    found = _with_descendants(processes)
    deadline = time.monotonic() + _KILLED
    while left := [process for process in found.values() if _alive(process)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {left[0].pid} could not be killed")
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(_POLL)
        # Find what they started meanwhile.
        found = _with_descendants(found.values())


def _with_descendants(processes: Iterable[psutil.Process]) -> dict[int, psutil.Process]:
    """Return the processes, their descendants, and the members of the sessions that they lead."""
    found = {process.pid: process for process in processes}
    for process in list(found.values()):
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {child.pid: child for child in process.children(recursive=True)}
    leaders = set(found)
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) in leaders:
                found[process.pid] = process
    return found


def _started(process: psutil.Process) -> float:
    # None for a process that the system hides.
    started: float | None = process.info["create_time"]
    return started or 0.0


def _alive(process: psutil.Process) -> bool:
    """Return True if a process is running; a zombie is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
