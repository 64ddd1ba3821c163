"""`sluice replay`."""

from __future__ import annotations

import click

from ..emitting.emit import emit_texts
from ..event.ids import is_id
from ..operate.handlers import handler_names
from ..traces import open_store
from .failures import FAILED, NOT_FOUND, CommandError
from .invocation import Invocation, about_stage


@click.command()
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def replay(invocation: Invocation, event_id: str) -> None:
    """Emit the event of a trace again, to the same handler. It gets a new id, and a trace of its own."""
    store = open_store(invocation.stage)
    found = store.find(event_id, handler_names(invocation.stage)) if is_id(event_id) else None
    if found is None:
        raise CommandError(
            f"no trace of an event {event_id!r} in stage {invocation.stage!r}",
            code=NOT_FOUND,
            then=invocation.command("status"),
        )
    if found.error and found.status == "damaged":
        raise CommandError(
            f"{found.error['message']}, and the event with it", code=FAILED, then=invocation.command("trace", event_id)
        )
    event = store.unhandled.whole_event(found)
    if event is None:
        raise CommandError(
            f"event {event_id} was too large for its trace, which has only the beginning of it",
            code=FAILED,
            then=invocation.command("trace", event_id),
        )
    (new_id,) = emit_texts(found.handler, [event], stage=invocation.stage)
    if invocation.as_json:
        invocation.print_json({"id": new_id, "handler": found.handler, "replayed": event_id})
    else:
        click.echo(new_id)
        invocation.say(then=invocation.command("trace", new_id))
