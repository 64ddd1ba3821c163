"""`sluice scheduled` and `sluice cancel`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from ..emitting import scheduled_events
from ..event.ids import is_id
from ..operate.handlers import UnknownHandlerError, handler_names
from ..traces.trace import iso
from .failures import FAILED, NOT_FOUND, CommandError
from .invocation import Invocation, about_stage
from .tables import one_line, print_table


@click.command()
@click.argument("handler", required=False)
@about_stage(deployed=True)
def scheduled(invocation: Invocation, handler: str | None) -> None:
    """List the events that are still to come, of all handlers or of HANDLER, soonest first.

    These are the ones for more than 15 minutes ahead when they were emitted. Nearer ones wait in SQS, which shows
    only how many there are: sluice status counts them as delayed.
    """
    known = handler_names(invocation.stage)
    found = scheduled_events.scheduled(invocation.stage, handler)
    # What was emitted to a handler that has since been taken out is still to come.
    if handler is not None and handler not in known and not found:
        raise UnknownHandlerError(handler, invocation.stage, known)
    if invocation.as_json:
        invocation.print_text("[" + ",\n ".join(map(_json, found)) + "]")
        return
    if not found:
        invocation.say("no events are scheduled", then=invocation.command("status", *([handler] if handler else [])))
        return
    rows = [[one.envelope.id, one.handler, _due(one), one_line(one.event)] for one in found]
    print_table(["id", "handler", "due at", "event"], rows)
    invocation.say(then=invocation.command("cancel", found[0].envelope.id))


@click.command()
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def cancel(invocation: Invocation, event_id: str) -> None:
    """Take a scheduled event back, so that it never runs."""
    found = (
        scheduled_events.cancel(invocation.stage, event_id, handler_names(invocation.stage))
        if is_id(event_id)
        else None
    )
    if found is None:
        raise CommandError(
            f"no event {event_id!r} is scheduled in stage {invocation.stage!r}; it may have been sent or cancelled"
            " already, and what was emitted for the next 15 minutes cannot be taken back",
            code=NOT_FOUND,
            then=invocation.command("scheduled"),
        )
    if found.due <= datetime.now(UTC):
        raise CommandError(
            f"{event_id} was due at {_due(found)}, and may have been sent to {found.handler} before it was taken back",
            code=FAILED,
            then=invocation.command("trace", event_id),
        )
    if invocation.as_json:
        invocation.print_json({"id": event_id, "handler": found.handler, "cancelled": True})
    else:
        invocation.say(f"{event_id} will not run", then=invocation.command("scheduled"))


def _due(one: scheduled_events.Scheduled) -> str:
    return one.due.strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(one: scheduled_events.Scheduled) -> str:
    """The event's fields as a JSON object, and the event in it as it was emitted."""
    fields = {
        "id": one.envelope.id,
        "handler": one.handler,
        "due_at": _due(one),
        "emitted_at": iso(one.envelope.emitted_ms),
        "emitted_by": one.envelope.emitted_by,
        "parent": one.envelope.parent,
    }
    return json.dumps(fields)[:-1] + f', "event": {one.event}}}'
