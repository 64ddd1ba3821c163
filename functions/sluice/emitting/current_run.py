"""The run under way, from which an emit learns its parent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..queue.send import Message
    from .delay import Delay

    Send = Callable[[str, str, Sequence[Message], Delay, bool], None]

MAX_EMITTED_IN_TRACE = 1000
"""Emitted events that a trace lists. At some 80 bytes each, they fill a fifth of a DynamoDB item."""

DEFAULT_MAX_HOPS = 1_000
"""Length of a chain of emits by handlers: enough for a retry every hour for six weeks, while an endless loop ends
within the hour."""

_logger = logging.getLogger("sluice")


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
        ended: True once the run is over, though a thread that it started may go on.
        send: called in place of sending, with a stage, a handler, messages, their delay, and True for an `emit`.
            None to send them.
        on_emit: called with each emit that has ended: the handler, the events' ids, and the moment at which it began,
            on the clock of `time.perf_counter_ns`.
    """

    event_id: str
    handler: str
    hops: int = 0
    max_hops: int = DEFAULT_MAX_HOPS
    emitted: list[dict[str, str]] = field(default_factory=list)
    emitted_count: int = 0
    ended: bool = False
    send: Send | None = None
    on_emit: Callable[[str, Sequence[str], int], None] | None = None

    def note_emitted(self, handler: str, event_ids: list[str], begun: int = 0) -> None:
        """Record that the run emitted these events to `handler`, or log it if the run's trace is written already.

        Args:
            handler: the handler.
            event_ids: the events' ids.
            begun: the moment at which the emit began, on the clock of `time.perf_counter_ns`.
        """
        if self.ended:
            _logger.warning(
                "a thread of event %s emitted to %r after the event's run had ended, so its trace lacks these: %s; wait"
                " for the thread in handle",
                self.event_id,
                handler,
                event_ids,
            )
        room = MAX_EMITTED_IN_TRACE - len(self.emitted)
        self.emitted.extend({"handler": handler, "id": event_id} for event_id in event_ids[:room])
        self.emitted_count += len(event_ids)
        if self.on_emit and not self.ended:
            self.on_emit(handler, event_ids, begun)


RUN: ContextVar[Run | None] = ContextVar("sluice_run", default=None)
"""The run in whose name code runs. The worker hands it on to the threads that a run starts."""


def current_run() -> Run | None:
    """Return the run under way; None outside of a handler, and in a thread that no run has started."""
    return RUN.get()


@contextmanager
def under_way(run: Run) -> Iterator[Run]:
    """Make `run` the current run within a `with` block."""
    token = RUN.set(run)
    try:
        yield run
    finally:
        run.ended = True
        RUN.reset(token)
