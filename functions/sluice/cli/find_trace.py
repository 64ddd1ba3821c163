"""A trace, found by its event's id."""

from __future__ import annotations

from ..event.ids import is_id
from ..operate.handlers import handler_names
from ..traces import Trace, open_store
from .command_error import FAILED, NOT_FOUND, CommandError
from .invocation import Invocation


def find_trace(invocation: Invocation, event_id: str) -> Trace:
    """Return an event's trace, whichever handler it belongs to.

    Raises:
        CommandError: the id is not an event's, or the event has no trace.
    """
    if not is_id(event_id):
        raise CommandError(
            f"{event_id!r} is not an event's id; `sluice emit` and `sluice traces HANDLER` print ids",
            code=NOT_FOUND,
            then=invocation.command("status"),
        )
    found = open_store(invocation.stage).find(event_id, handler_names(invocation.stage))
    if found is None:
        raise CommandError(
            f"event {event_id!r} has no trace in stage {invocation.stage!r}; if it was just emitted, it may still be"
            " waiting; if its handler was removed from app.py, list that handler's traces: sluice traces HANDLER",
            code=NOT_FOUND,
            then=invocation.command("status"),
        )
    return found


def redacted_event(event_id: str, then: str | None = None) -> CommandError:
    """Return the error for a trace whose event had secrets, which the trace does not hold.

    Args:
        event_id: the event's id.
        then: the command to run next.
    """
    return CommandError(
        f"event {event_id} had secrets, which its trace does not hold, so it cannot run again from there; emit it again"
        " from its source, or emit or run it from a file, with --file. To keep what is no secret, name it in app.py:"
        " redact=['!NAME']",
        code=FAILED,
        then=then,
    )


def cut_event(event_id: str, then: str | None = None) -> CommandError:
    """Return the error for a trace that has only the beginning of its event.

    Args:
        event_id: the event's id.
        then: the command to run next.
    """
    return CommandError(
        f'event {event_id} is not whole in its trace: it was too large, or its handler has trace="off"; emit or run the'
        " event from a file, with --file",
        code=FAILED,
        then=then,
    )
