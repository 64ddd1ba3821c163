"""One of a handler's past events, found in its trace or in its dead letter."""

from __future__ import annotations

import contextlib

from ..event.ids import is_id
from ..traces import DamagedTraceError, open_store
from .command_error import NOT_FOUND, CommandError
from .dead.letters import find_letter, letters_hidden
from .find_trace import cut_event, redacted_event
from .invocation import Invocation


def find_event(invocation: Invocation, handler: str, event_id: str) -> str:
    """Return an event as JSON text.

    Raises:
        CommandError: the event is in neither, or the trace has only a part of it.
    """
    trace = None
    # An event whose trace is damaged may still be a dead letter.
    with contextlib.suppress(DamagedTraceError):
        trace = open_store(invocation.stage).get(handler, event_id) if is_id(event_id) else None
    if trace is not None and "event" not in (*trace.cut, *trace.redacted):
        return trace.event_json
    letter, hidden = find_letter(invocation, handler, event_id)
    if letter is not None:
        return letter.event_json
    if hidden:
        raise letters_hidden(invocation, handler, hidden, f"event {event_id} was not found")
    if trace is not None:
        raise redacted_event(event_id) if "event" in trace.redacted else cut_event(event_id)
    raise CommandError(
        f"{handler} has no trace and no dead letter of event {event_id!r}; an event that is waiting in the queue cannot"
        " be taken out of it: give it with --file",
        code=NOT_FOUND,
        then=invocation.command("traces", handler),
    )
