"""Progress on stderr: a line for each finished step, and the state of the current one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .terminal import echo, overwrite

_QUIET = 10.0
"""Seconds between two details on a stderr that is not a terminal, where lines cannot be overwritten."""

_WIDTH = 100
"""Characters of a line that is overwritten. A longer one would wrap, and only its last row be overwritten."""


class ShownProgress:
    """Progress of a long task, shown to a person."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._began = 0.0
        self._printed = 0.0

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show a step, and when it ends, how long it took."""
        self._step, self._began = text, time.monotonic()
        self._printed = self._began
        self._overwrite(f"{text} ...")
        try:
            yield
        except BaseException:
            self._line(f"{text}: failed")
            raise
        self._line(f"{text}: {time.monotonic() - self._began:.1f} s")

    def detail(self, text: str) -> None:
        """Show the state of the current step."""
        now = time.monotonic()
        if self._terminal:
            self._overwrite(f"{self._step} ... {text}")
        elif now - self._printed >= _QUIET:
            self._printed = now
            self._line(f"{self._step} ... {text} ({now - self._began:.0f} s)")

    def note(self, text: str) -> None:
        """Print a line."""
        self._line(text)

    def _overwrite(self, text: str) -> None:
        if self._terminal:
            overwrite(text[:_WIDTH])

    def _line(self, text: str) -> None:
        if self._terminal:
            overwrite(text, end="\n")
        else:
            echo(text, err=True)
