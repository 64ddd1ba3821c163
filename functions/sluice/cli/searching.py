"""A search through many traces: its progress on a terminal, and the note of what it read and cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ..planning.prices import DYNAMODB_READ
from ..traces.pages import Reading
from .terminal import overwrite

_EVERY = 0.2
"""Seconds between two lines of progress."""

Found = TypeVar("Found")


class Searching:
    """Shows how far a search is.

    Attributes:
        reading: counts what is read.
    """

    def __init__(self) -> None:
        self.reading = Reading()
        self._terminal = sys.stderr.isatty()
        self._shown = False
        self._next = time.monotonic() + _EVERY

    def watched(self, traces: Iterable[Found]) -> Iterator[Found]:
        """Yield what is read, and show progress meanwhile."""
        for each in traces:
            if self._terminal and time.monotonic() >= self._next:
                self._next = time.monotonic() + _EVERY
                self._shown = True
                overwrite(f"{self.reading.items:,} read")
            yield each

    def clear(self) -> None:
        """Take the progress off the terminal, before anything else is printed."""
        if self._shown:
            self._shown = False
            overwrite("")

    def note(self) -> str:
        """Return what the search read, and what AWS charges for that."""
        units = self.reading.units
        return f"read {self.reading.items:,} items: {units:,.1f} read units, ${units * DYNAMODB_READ:.6f}"
