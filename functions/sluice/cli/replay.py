"""`sluice replay`."""

from __future__ import annotations

import click

from ..emitting.emit import emit_texts
from ..traces import open_store
from .command_error import FAILED, CommandError
from .find_trace import cut_event, find_trace, redacted_event
from .help_text import examples
from .invocation import Invocation, about_stage
from .terminal import echo


@click.command(epilog=examples("sluice replay 01909a3e-7c5b-7d1e-8f3a-0123456789ab"))
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def replay(invocation: Invocation, event_id: str) -> None:
    """Emit the event of a trace again, to the same handler.

    The event gets a new id, which is printed, and a trace of its own. The trace says as which event it was replayed. An
    event whose secrets were removed from its trace cannot be replayed.
    """
    found = find_trace(invocation, event_id)
    show_it = invocation.command("trace", event_id)
    if found.error and found.status == "damaged":
        raise CommandError(
            f"{found.error['message']}; its event is lost, so it cannot be replayed", code=FAILED, then=show_it
        )
    if "event" in found.redacted:
        raise redacted_event(event_id, show_it)
    store = open_store(invocation.stage)
    event = store.unhandled.whole_event(found)
    if event is None:
        raise cut_event(event_id, show_it)
    (new_id,) = emit_texts(found.handler, [event], stage=invocation.stage)
    store.mark_replayed(found, new_id)
    if invocation.as_json:
        invocation.print_json({"id": new_id, "handler": found.handler, "replayed": event_id})
    else:
        echo(new_id)
        invocation.say(then=invocation.command("trace", new_id))
