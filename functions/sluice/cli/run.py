"""`sluice run`."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import click

from ..emitting.emit import emit_texts
from ..event.ids import is_id
from ..operate.handlers import UnknownHandlerError, handler_names
from ..operate.status import HandlerStatus, statuses
from ..pausing.describe import RUNNING
from ..pausing.errors import BlockedError
from ..pausing.open import open_handler_states
from ..pausing.run_one import run_one
from ..stage import clients
from ..traces import DamagedTraceError, Trace, open_store
from .dead import find_dead, out_of_sight
from .events import read_events
from .failures import FAILED, NOT_FOUND, CommandError
from .identity import caller
from .invocation import Invocation, about_stage
from .trace_page import print_trace

_LONGEST = 930.0
"""Seconds. Lambda's limit for a function, and some."""


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""
    \b
    Examples:
      sluice run nightly-report
      sluice run send-receipt --id 01909a3e-7c5b-7d1e-8f3a-0123456789ab
      sluice run send-receipt --file receipt.json
    """,
)
@click.argument("handler")
@click.argument("event", metavar="[JSON]", required=False)
@click.option("--id", "event_id", metavar="ID", help="The event of this trace, or of this dead letter.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read the event from this file."
)
@about_stage(deployed=True)
def run(invocation: Invocation, handler: str, event: str | None, *, event_id: str | None, file: Path | None) -> None:
    """Run the cron HANDLER now; or any handler with one event, also while it is paused, and show the trace.

    A cron gets a tick in its queue, without its next run being shifted. An event goes straight through the function,
    once, under a new id, past the queue and past a pause, for debugging; never past a block.
    """
    if event is not None and event.startswith("--"):
        raise click.NoSuchOption(event.partition("=")[0])
    (row,) = statuses(invocation.stage, handler)
    if row.kind is None:
        raise UnknownHandlerError(handler, invocation.stage, handler_names(invocation.stage))
    if event is None and event_id is None and file is None:
        if row.kind != "cron":
            raise click.UsageError(f"{handler} is no cron; say with which event: --id, --file, or the event as JSON")
        _tick(invocation, row)
        return
    if event_id is not None and (event is not None or file is not None):
        raise click.UsageError("give the event's --id, or the event, but not both")
    body = _known(invocation, handler, event_id) if event_id else read_events(event, lines=False, file=file)[0]
    ran = run_one(
        open_handler_states(invocation.stage),
        clients.patient_client("lambda", invocation.stage, _LONGEST).invoke,
        handler,
        body,
        by=caller(invocation.stage),
    )
    _show(invocation, open_store(invocation.stage).get(handler, ran), ran)


def _tick(invocation: Invocation, row: HandlerStatus) -> None:
    """Emit what the schedule would."""
    if row.state == "blocked":
        for found in open_handler_states(invocation.stage).read([row.handler]):
            raise BlockedError(row.handler, found.decision.desired.block or "")
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    tick = json.dumps({"cron": row.handler, "scheduled_at": now})
    (ran,) = emit_texts(row.handler, [tick], stage=invocation.stage)
    if invocation.as_json:
        invocation.print_json({"id": ran, "handler": row.handler, "state": row.state})
    else:
        click.echo(ran)
    if row.state == RUNNING:
        invocation.say(f"{row.handler} runs", then=invocation.command("trace", ran))
    else:
        invocation.say(
            f"{row.handler} is {row.state}: the run waits until it is unpaused",
            then=invocation.command("unpause", row.handler),
        )


def _known(invocation: Invocation, handler: str, event_id: str) -> str:
    """The event of a trace or of a dead letter."""
    trace = None
    # Of a damaged trace the dead letter may still be there.
    with contextlib.suppress(DamagedTraceError):
        trace = open_store(invocation.stage).get(handler, event_id) if is_id(event_id) else None
    if trace is not None and "event" not in trace.cut:
        return trace.event_json
    letter, hidden = find_dead(invocation, handler, event_id)
    if letter is not None:
        return letter.event_json
    if hidden:
        raise out_of_sight(invocation, handler, hidden, f"event {event_id} was not found")
    if trace is not None:
        raise CommandError(
            f"event {event_id} was too large for its trace, which has only the beginning of it; give it with --file",
            code=FAILED,
        )
    raise CommandError(
        f"{handler} has no trace and no dead letter of an event {event_id!r}; one that waits in the queue cannot be"
        " picked out of it: give it with --file",
        code=NOT_FOUND,
        then=invocation.command("traces", handler),
    )


def _show(invocation: Invocation, trace: Trace | None, ran: str) -> None:
    if trace is None:
        raise CommandError(
            f"event {ran} ran, and left no trace; see the function's log",
            code=FAILED,
            then=invocation.command("status"),
        )
    if invocation.as_json:
        invocation.print_text(trace.to_json())
    else:
        print_trace(trace)
        invocation.say(then=invocation.command("trace", ran))
