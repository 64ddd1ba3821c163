"""`sluice traces` and `sluice trace`."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import click

from ..event.ids import is_id
from ..operate.handlers import UnknownHandlerError, handler_names
from ..traces import STATUSES, Trace, open_store
from ..traces.trace import iso
from .failures import NOT_FOUND, CommandError
from .invocation import Invocation, about_stage
from .parse_time import moment_of
from .tables import one_line, print_table
from .trace_page import print_trace

_AGO = re.compile(r"(\d{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

_MOST = 1000


@click.command()
@click.argument("handler")
@click.option(
    "--limit", type=click.IntRange(1, _MOST), default=10, show_default=True, metavar="N", help="How many at most."
)
@click.option("--status", type=click.Choice(STATUSES), help="Only those with this status.")
@click.option("--since", metavar="WHEN", help="Only events emitted since: 90s, 15m, 1h, 7d, or an ISO 8601 moment.")
@about_stage(deployed=True)
def traces(invocation: Invocation, handler: str, *, limit: int, status: str | None, since: str | None) -> None:
    """List HANDLER's last traces, newest first."""
    start = _since(since)
    store = open_store(invocation.stage)
    found = store.recent(handler, limit=limit, status=status, since=start)
    if not found:
        known = handler_names(invocation.stage)
        if handler not in known and handler not in store.unhandled.counts():
            raise UnknownHandlerError(handler, invocation.stage, known)
    if invocation.as_json:
        invocation.print_text("[" + ",\n ".join(trace.to_json() for trace in found) + "]")
        return
    if not found:
        invocation.say(f"{handler} has no such traces", then=invocation.command("emit", handler, "{}"))
        return
    _print_list(found)
    invocation.say(then=invocation.command("trace", found[0].id))


@click.command()
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def trace(invocation: Invocation, event_id: str) -> None:
    """Show one event's trace: the event, how it ran, and what came of it."""
    found = open_store(invocation.stage).find(event_id, handler_names(invocation.stage)) if is_id(event_id) else None
    if found is None:
        raise CommandError(
            f"no event {event_id!r} has run in stage {invocation.stage!r}; emitted just now, it may be waiting; and"
            " of a handler that was taken out of app.py, see: sluice traces HANDLER"
            if is_id(event_id)
            else f"{event_id!r} is no event's id; emit prints them, and so does: sluice traces HANDLER",
            code=NOT_FOUND,
            then=invocation.command("status"),
        )
    if invocation.as_json:
        invocation.print_text(found.to_json())
        return
    print_trace(found)
    follow = found.emitted[0]["id"] if found.emitted else found.parent
    then = invocation.command("trace", follow) if follow else invocation.command("traces", found.handler)
    invocation.say(then=then)


def _since(text: str | None) -> float | None:
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago:
        return time.time() - int(ago[1]) * _SECONDS[ago[2]]
    return moment_of("--since", text, or_else="90s, 15m, 1h, 7d or ").timestamp()


def _print_list(found: Sequence[Trace]) -> None:
    rows = [
        [
            trace.id,
            trace.status,
            str(trace.attempts),
            iso(trace.started_ms) or iso(trace.emitted_ms) or "-",
            "-" if trace.duration_ms is None else str(trace.duration_ms),
            one_line(trace.event),
        ]
        for trace in found
    ]
    print_table(["id", "status", "attempts", "started at", "ms", "event"], rows, numbers={2, 4})
