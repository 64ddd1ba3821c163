"""`sluice run`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ..emitting.emit import emit_texts
from ..event.ticks import tick_of
from ..operate.handlers import UnknownHandlerError, handler_names
from ..operate.status import CRON, HandlerStatus, statuses
from ..pausing.describe import BLOCKED, RUNNING
from ..pausing.errors import BlockedError
from ..pausing.open import open_handler_states
from ..pausing.run_one import run_one
from ..stage import clients
from ..traces import Trace, open_store
from .command_error import FAILED, CommandError
from .find_event import find_event
from .help_text import examples
from .identity import caller
from .invocation import Invocation, about_stage
from .parse_time import utc_text
from .read_events import read_events
from .terminal import echo
from .trace_page import print_trace

_LONGEST = 930.0
"""Seconds to wait for the run: Lambda's limit of 900 for a function, and some to spare."""


@click.command(
    # Unknown options pass, so that a negative number can be an event.
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "sluice run nightly-report",
        "sluice run send-receipt --id 01909a3e-7c5b-7d1e-8f3a-0123456789ab",
        "sluice run send-receipt --file receipt.json",
    ),
)
@click.argument("handler")
@click.argument("event", metavar="[JSON]", required=False)
@click.option("--id", "event_id", metavar="ID", help="Run the event of this trace or dead letter.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Run the event in this file."
)
@about_stage(deployed=True)
def run(invocation: Invocation, handler: str, event: str | None, *, event_id: str | None, file: Path | None) -> None:
    """Run a cron now, or run one event of any handler.

    Without an event, HANDLER has to be a cron. It gets a tick in its queue; its schedule stays as it is.

    With an event, HANDLER runs it at once, even while it is paused, and the trace is printed. The event gets a new id,
    does not go through the queue and is not tried again. A blocked handler runs nothing.
    """
    if event is not None and event.startswith("--"):
        raise click.NoSuchOption(event.partition("=")[0])
    (row,) = statuses(invocation.stage, handler)
    if row.kind is None:
        raise UnknownHandlerError(handler, invocation.stage, handler_names(invocation.stage))
    if event is None and event_id is None and file is None:
        if row.kind != CRON:
            raise click.UsageError(f"{handler} is not a cron; give an event: --id, --file, or JSON")
        _emit_tick(invocation, row)
        return
    if event_id is not None and (event is not None or file is not None):
        raise click.UsageError("give --id or the event, but not both")
    body = find_event(invocation, handler, event_id) if event_id else read_events(event, lines=False, file=file)[0]
    new_id = run_one(
        open_handler_states(invocation.stage),
        clients.patient_client("lambda", invocation.stage, _LONGEST).invoke,
        handler,
        body,
        by=caller(invocation.stage),
    )
    _show(invocation, open_store(invocation.stage).get(handler, new_id), new_id)


def _emit_tick(invocation: Invocation, row: HandlerStatus) -> None:
    """Emit what the cron's schedule would emit now."""
    if row.state == BLOCKED:
        for found in open_handler_states(invocation.stage).read([row.handler]):
            raise BlockedError(row.handler, found.decision.desired.block or "")
    tick = tick_of(row.handler, utc_text(datetime.now(UTC)))
    (event_id,) = emit_texts(row.handler, [tick], stage=invocation.stage)
    if invocation.as_json:
        invocation.print_json({"id": event_id, "handler": row.handler, "state": row.state})
    else:
        echo(event_id)
    if row.state == RUNNING:
        invocation.say(f"emitted a tick to {row.handler}", then=invocation.command("trace", event_id))
    else:
        invocation.say(
            f"{row.handler} is {row.state}: the tick waits until you unpause it",
            then=invocation.command("unpause", row.handler),
        )


def _show(invocation: Invocation, trace: Trace | None, event_id: str) -> None:
    if trace is None:
        raise CommandError(
            f"event {event_id} ran, but its trace is missing; see the function's log",
            code=FAILED,
            then=invocation.command("status"),
        )
    if invocation.as_json:
        invocation.print_text(trace.to_json())
    else:
        print_trace(trace)
        invocation.say(then=invocation.command("trace", event_id))
