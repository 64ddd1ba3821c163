"""`sluice cancel`."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from botocore.exceptions import BotoCoreError, ClientError

from ..emitting import scheduled_events
from ..event.body import decode
from ..event.ids import is_id
from ..operate.handlers import handler_names
from ..recording.redaction import Redaction
from ..traces import Trace, open_store
from .command_error import FAILED, NOT_FOUND, CommandError
from .help_text import examples
from .invocation import Invocation, about_stage
from .parse_time import utc_text


@click.command(epilog=examples("sluice cancel 01909a3e-7c5b-7d1e-8f3a-0123456789ab"))
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def cancel(invocation: Invocation, event_id: str) -> None:
    """Cancel a scheduled event, so that it never runs.

    Its trace says that it was cancelled. `sluice scheduled` lists the events that can be cancelled. The exit code is 1
    if the event was due already, as it may have been sent.
    """
    found = (
        scheduled_events.cancel(invocation.stage, event_id, handler_names(invocation.stage))
        if is_id(event_id)
        else None
    )
    if found is None:
        raise CommandError(
            f"no event {event_id!r} is scheduled in stage {invocation.stage!r}; it may have been sent or cancelled"
            " already, and an event that was due within 15 minutes of its emit cannot be cancelled",
            code=NOT_FOUND,
            then=invocation.command("scheduled"),
        )
    if found.due <= datetime.now(UTC):
        raise CommandError(
            f"{event_id} was due at {utc_text(found.due)}, and may have been sent to {found.handler} before it was"
            " cancelled",
            code=FAILED,
            then=invocation.command("trace", event_id),
        )
    recorded = _record(invocation, found)
    if invocation.as_json:
        invocation.print_json({"id": event_id, "handler": found.handler, "cancelled": True})
    else:
        then = invocation.command(*(["trace", event_id] if recorded else ["scheduled"]))
        invocation.say(f"{event_id} will not run", then=then)


def _record(invocation: Invocation, found: scheduled_events.ScheduledEvent) -> bool:
    """Write a trace that says that the event was cancelled. If that fails, it is cancelled all the same."""
    envelope = found.envelope
    event = Redaction().of_run().json_text(found.event, decode(found.event))
    trace = Trace(
        id=envelope.id,
        handler=found.handler,
        status="cancelled",
        event=event,
        parent=envelope.parent,
        hops=envelope.hops,
        emitted_ms=envelope.emitted_ms,
        emitted_by=envelope.emitted_by,
        redacted=() if event == found.event else ("event",),
    )
    try:
        return open_store(invocation.stage).put(trace)
    except (BotoCoreError, ClientError) as error:
        invocation.say(f"warning: the trace that it was cancelled could not be written: {error}")
        return False
