"""Notes of what actions did, kept until the next page tells them."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

_KEPT = 50
"""Notes that nobody has read yet, at most."""


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
    """Notes by number. Each is told once."""

    def __init__(self) -> None:
        self._notes: OrderedDict[str, Note] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, note: Note) -> str:
        """Keep a note and return its number."""
        number = secrets.token_hex(4)
        with self._lock:
            self._notes[number] = note
            while len(self._notes) > _KEPT:
                self._notes.popitem(last=False)
        return number

    def take(self, number: str | None) -> Note | None:
        """Return a note and forget it; None if it was told already."""
        with self._lock:
            return self._notes.pop(number or "", None)
