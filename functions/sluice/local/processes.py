"""Processes told apart by what they run, as a process id alone may have become another's."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psutil

_GRACE = 5.0
"""Seconds that processes get to end by themselves."""

_KILLED = 10.0
"""Seconds that the system gets to end the processes that were killed."""

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
    """The running processes whose command line matches."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        # None where the system doesn't tell, as it does not of other users' processes.
        command = process.info["cmdline"] or ()
        if process.pid != os.getpid() and matches(command) and _alive(process):
            found.append(process)
    return found


def stop(processes: Iterable[psutil.Process]) -> None:
    """End the processes, and everything that they started, and wait until they are gone.

    Raises:
        TimeoutError: one could not be ended.
    """
    first = {process.pid: process for process in processes}
    everything = _with_descendants(first.values())
    for process in first.values():
        _signal(process.terminate)
    _wait(first.values(), _GRACE)
    # What they had started, and what they started while they ended.
    everything |= _with_descendants(everything.values())
    for process in everything.values():
        _signal(process.kill)
    left = _wait(everything.values(), _KILLED)
    if left:
        raise TimeoutError(f"process {left[0].pid} does not end")


def _with_descendants(processes: Iterable[psutil.Process]) -> dict[int, psutil.Process]:
    """The processes, their children's children, and the members of the sessions that they lead."""
    found = {}
    leaders = set()
    for process in processes:
        found[process.pid] = process
        leaders.add(process.pid)
        try:
            found |= {child.pid: child for child in process.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in leaders:
                found[process.pid] = process
        except OSError:
            continue
    return found


def _alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that merely waits to be collected by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    left = [process for process in processes if _alive(process)]
    while left and time.monotonic() < deadline:
        time.sleep(_POLL)
        left = [process for process in left if _alive(process)]
    return left


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return
