"""Processes told apart by what they run, as a process id alone may have become another's."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psutil

_KILLED = 10.0
"""Seconds that the system gets to end what was killed."""

_POLL = 0.02


@dataclass(frozen=True)
class Identity:
    """A process that no other will ever be.

    Attributes:
        pid: its number.
        started: when it started, in seconds since 1970.
    """

    pid: int
    started: float


def identity(process: psutil.Process) -> Identity:
    """The process's identity."""
    return Identity(process.pid, process.create_time())


def running(matches: Callable[[Sequence[str]], bool]) -> list[psutil.Process]:
    """The running processes whose command line matches, the oldest first.

    A process that another has started has that one's command line for a moment, and may have a lower number.
    """
    found = []
    for process in sorted(psutil.process_iter(["cmdline", "create_time"]), key=_started):
        # None where the system doesn't tell, as it does not of other users' processes.
        command = process.info["cmdline"] or ()
        if process.pid != os.getpid() and matches(command) and _alive(process):
            found.append(process)
    return found


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kill the processes and everything that they started, and wait until they are gone.

    Nothing in them is worth a gentler end: what they know is thrown away with them.

    Raises:
        TimeoutError: one could not be killed.
    """
    found = _with_descendants(processes)
    deadline = time.monotonic() + _KILLED
    while left := [process for process in found.values() if _alive(process)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {left[0].pid} does not end")
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(_POLL)
        # What was started meanwhile.
        found = _with_descendants(found.values())


def _with_descendants(processes: Iterable[psutil.Process]) -> dict[int, psutil.Process]:
    """The processes, their children's children, and the members of the sessions that they lead."""
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
    # None where the system doesn't tell.
    started: float | None = process.info["create_time"]
    return started or 0.0


def _alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that merely waits to be collected by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
