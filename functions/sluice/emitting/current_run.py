"""The run under way in this process, from which an emit learns its parent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

MAX_EMITTED_IN_TRACE = 1000
"""Emitted events that a trace lists. At some 80 bytes each, they fill a fifth of a DynamoDB item."""

DEFAULT_MAX_HOPS = 1_000
"""Length of a chain of emits by handlers: enough for a retry every hour for six weeks, while an endless loop ends
within the hour."""


@dataclass
class Run:
    """One attempt at one event.

    Attributes:
        event_id: the event's id.
        handler: the name of the handler that runs it.
        hops: the number of emits in a row by handlers that led to the event.
        max_hops: the number of hops at which it may emit no more.
        emitted: the handler and id of each event that the run emitted, up to `MAX_EMITTED_IN_TRACE` of them.
        emitted_count: the number of all events that the run emitted.
    """

    event_id: str
    handler: str
    hops: int = 0
    max_hops: int = DEFAULT_MAX_HOPS
    emitted: list[dict[str, str]] = field(default_factory=list)
    emitted_count: int = 0

    def note_emitted(self, handler: str, event_ids: list[str]) -> None:
        """Record that the run emitted these events to `handler`."""
        room = MAX_EMITTED_IN_TRACE - len(self.emitted)
        self.emitted.extend({"handler": handler, "id": event_id} for event_id in event_ids[:room])
        self.emitted_count += len(event_ids)


# A plain global rather than a context variable: a process runs one event at a time, and a handler's own threads must
# find the run too.
_current: Run | None = None


def current_run() -> Run | None:
    """Return the run under way; None outside of a handler."""
    return _current


@contextmanager
def under_way(run: Run) -> Iterator[Run]:
    """Make `run` the current run within a `with` block."""
    global _current  # noqa: PLW0603 - see `_current`
    _current = run
    try:
        yield run
    finally:
        _current = None
