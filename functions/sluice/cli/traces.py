"""`sluice traces`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..traces import STATUSES, Trace, open_store
from ..traces.failure import FAILED
from ..traces.trace import iso
from .help_text import examples
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .parse_time import parse_since
from .tables import one_line, print_table

_MOST = 1000

ANY_FAILED = "failed"
"""Stands for the statuses of failed runs."""


@click.command(
    epilog=examples(
        "sluice traces send-receipt",
        "sluice traces send-receipt --status failed --since 1h",
        "sluice traces send-receipt --limit 100 --json",
    )
)
@click.argument("handler")
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST),
    default=10,
    show_default=True,
    metavar="N",
    help="List at most N traces.",
)
@click.option(
    "--status",
    type=click.Choice([*STATUSES, ANY_FAILED]),
    metavar="STATUS",
    help=f"List only traces with this status: {', '.join(STATUSES)}; or {ANY_FAILED}, for {', '.join(FAILED)}.",
)
@click.option(
    "--since",
    metavar="WHEN",
    help="List only events emitted since WHEN, and of failed runs those that failed since: an age such as 90s, 15m, 1h"
    " or 7d, or an ISO 8601 moment.",
)
@about_stage(deployed=True)
def traces(invocation: Invocation, handler: str, *, limit: int, status: str | None, since: str | None) -> None:
    """List HANDLER's traces, newest first."""
    start = None if since is None else parse_since("--since", since)
    store = open_store(invocation.stage)
    statuses = FAILED if status == ANY_FAILED else (status,) if status else ()
    found = store.recent(handler, limit=limit, statuses=statuses, since=start)
    if not found and handler not in store.unhandled.counts():
        known_handlers(invocation.stage, [handler])
    if invocation.as_json:
        invocation.print_json_list(trace.to_json() for trace in found)
        return
    if not found:
        such = "such " if status or since else ""
        invocation.say(f"{handler} has no {such}traces", then=invocation.command("emit", handler, "{}"))
        return
    _print_list(found)
    invocation.say(then=invocation.command("trace", found[0].id))


def _print_list(found: Sequence[Trace]) -> None:
    rows = [
        [
            trace.id,
            trace.status,
            str(trace.attempts),
            iso(trace.started_ms) or iso(trace.emitted_ms) or "-",
            "-" if trace.duration_ms is None else str(trace.duration_ms),
            one_line(_told(trace)),
        ]
        for trace in found
    ]
    print_table(["id", "status", "attempts", "started at", "ms", "event or error"], rows, numbers={2, 4})


def _told(trace: Trace) -> str:
    """Return what went wrong; the event of a run that has not failed."""
    if trace.status in FAILED and trace.error:
        return f"{trace.error.get('type')}: {trace.error.get('message')}"
    return trace.failure.message if trace.cause and trace.failure else trace.event
