"""`sluice scheduled`."""

from __future__ import annotations

import click

from ..emitting import scheduled_events
from ..traces.trace import iso
from .event_json import with_raw
from .help_text import examples
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .parse_time import utc_text
from .tables import one_line, print_table


@click.command(epilog=examples("sluice scheduled", "sluice scheduled send-receipt --json"))
@click.argument("handler", required=False)
@about_stage(deployed=True)
def scheduled(invocation: Invocation, handler: str | None) -> None:
    """List the events that are scheduled for later, soonest first.

    With HANDLER, only that handler's. An event is scheduled if it was due in more than 15 minutes when it was emitted.
    Nearer ones wait in SQS, which cannot list them: `sluice status` counts them as delayed.
    """
    found = scheduled_events.list_scheduled(invocation.stage, handler)
    # A handler that was removed from app.py may still have scheduled events.
    known_handlers(invocation.stage, [handler] if handler is not None and not found else [])
    if invocation.as_json:
        invocation.print_json_list(map(_json, found))
        return
    if not found:
        invocation.say("no events are scheduled", then=invocation.command("status", *([handler] if handler else [])))
        return
    rows = [[event.envelope.id, event.handler, utc_text(event.due), one_line(event.event)] for event in found]
    print_table(["id", "handler", "due at", "event"], rows)
    invocation.say(then=invocation.command("cancel", found[0].envelope.id))


def _json(event: scheduled_events.ScheduledEvent) -> str:
    fields = {
        "id": event.envelope.id,
        "handler": event.handler,
        "due_at": utc_text(event.due),
        "emitted_at": iso(event.envelope.emitted_ms),
        "emitted_by": event.envelope.emitted_by,
        "parent": event.envelope.parent,
    }
    return with_raw(fields, event=event.event)
