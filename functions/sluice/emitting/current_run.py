"""The run that is under way in this process, so that an emit knows its parent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

MAX_EMITTED_IN_TRACE = 1000
"""Ids of emitted events that a trace lists; at some 80 bytes each, a fifth of a DynamoDB item."""


DEFAULT_MAX_HOPS = 1_000
"""Emits in a row by handlers. Enough for a retry every hour for six weeks; an endless loop ends within the hour."""


@dataclass
class Run:
    """One attempt at one event.

    Attributes:
        event_id: the event's id.
        handler: the name of the handler that runs.
        hops: the event's own number of hops.
        max_hops: how many an event that it emits may have.
        emitted: id and handler of what the run emitted, the first `MAX_EMITTED_IN_TRACE`.
        emitted_count: how many events it emitted in all.
    """

    event_id: str
    handler: str
    hops: int = 0
    max_hops: int = DEFAULT_MAX_HOPS
    emitted: list[dict[str, str]] = field(default_factory=list)
    emitted_count: int = 0

    def note_emitted(self, handler: str, event_ids: list[str]) -> None:
        """Remember that the run emitted these events to `handler`."""
        room = MAX_EMITTED_IN_TRACE - len(self.emitted)
        self.emitted.extend({"handler": handler, "id": event_id} for event_id in event_ids[:room])
        self.emitted_count += len(event_ids)


# A plain global rather than a context variable: a process runs one event at a time, and threads that a handler
# starts must find the run too.
_current: Run | None = None


def current_run() -> Run | None:
    """The run under way; None outside of a handler."""
    return _current


@contextmanager
def under_way(run: Run) -> Iterator[Run]:
    """Make `run` the current one for the length of a `with` block."""
    global _current  # noqa: PLW0603 - see above
    _current = run
    try:
        yield run
    finally:
        _current = None
