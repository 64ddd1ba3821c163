"""Notes of what actions did, for the page that follows."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_KEPT = 50
"""Notes that are kept, at most."""

_SECONDS = 60.0
"""Seconds for which pages show a note."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """The words that a page has for an action that was done.

    Attributes:
        text: what was done, or why nothing was.
        failed: True if it was not done.
        link: a page about it; empty for none.
        link_text: the link's words.
        undo: the path of the action that takes it back; empty for none.
        undo_text: that action's words.
        command: the command to run next; empty for none.
    """

    text: str
    failed: bool = False
    link: str = ""
    link_text: str = ""
    undo: str = ""
    undo_text: str = ""
    command: str = ""


class Notes:
    """Notes by number. Pages show each for a minute, as a page may load again by itself.

    Args:
        clock: returns seconds on any scale.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._notes: OrderedDict[str, tuple[float, Note]] = OrderedDict()
        self._clock = clock
        self._lock = threading.Lock()

    def keep(self, note: Note) -> str:
        """Keep a note and return its number."""
        number = secrets.token_hex(4)
        with self._lock:
            self._notes[number] = self._clock(), note
            while len(self._notes) > _KEPT:
                self._notes.popitem(last=False)
        return number

    def find(self, number: str | None) -> Note | None:
        """Return a note; None if there is none, or its time is over."""
        with self._lock:
            at, note = self._notes.get(number or "", (0.0, None))
        return note if note is not None and self._clock() - at < _SECONDS else None
