"""Processes that a run starts and leaves running: its trace tells of them.

On AWS, Lambda freezes them together with the function's own process, and they go on during another event, or never.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""Processes that Python starts for itself and keeps."""

_STOPPED = "ZX"
"""States of a process that has ended."""

_LONGEST = 100
"""Characters of a command that are told."""


class LeftBehind:
    """Knows the child processes of this one.

    Args:
        logger: tells of new ones.
    """

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._known: frozenset[int] = frozenset()

    def look(self) -> None:
        """Remember the processes that are there, as those of the handler's module. They are not told."""
        self._known = frozenset(_children()) if _has_children() else frozenset()

    def tell(self) -> None:
        """Tell of those that were started since, and still run."""
        if not _has_children():
            return
        children = _children()
        new = [f"{pid} ({command})" for pid, command in children.items() if pid not in self._known]
        self._known = frozenset(children)
        if new:
            self._logger.warning(
                "this run left processes running: %s. They stop and go on with this function's other events; end them"
                " in handle, or wait for them",
                ", ".join(new),
            )


def _has_children() -> bool:
    """Return True if this process has children, those included that have ended. It costs a microsecond."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children() -> dict[int, str]:
    """Return the commands of the children that run, by process id."""
    mine = str(os.getpid())
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        # It may end meanwhile.
        with contextlib.suppress(OSError, ValueError):
            # The command may hold anything, brackets included.
            state, parent, *_ = (directory / "stat").read_text().rpartition(")")[2].split()
            if parent == mine and state not in _STOPPED:
                found[int(directory.name)] = " ".join(_words(directory))[:_LONGEST]
    return {pid: command for pid, command in found.items() if not any(helper in command for helper in _HELPERS)}


def _words(directory: Path) -> Iterator[str]:
    for word in (directory / "cmdline").read_bytes().split(b"\0"):
        if word:
            yield word.decode(errors="replace")
