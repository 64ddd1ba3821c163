"""`sluice traces`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import click

from ..traces import STATUSES, Trace, open_store
from ..traces.failure import FAILED
from ..traces.trace import iso
from .help_text import examples
from .hide_secrets import hide_secrets
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .parse_time import parse_since
from .searching import Searching
from .tables import StreamedTable, one_line
from .where import HELP as WHERE_HELP
from .where import parse_where

ANY_FAILED = "failed"
"""Stands for the statuses of failed runs."""


@click.command(
    epilog=examples(
        "sluice traces send-receipt",
        "sluice traces send-receipt --status failed --since 1h",
        "sluice traces send-receipt --limit 100 --json",
        "sluice traces send-receipt --where \"event.order == 'A-4711'\" --limit 1",
    )
)
@click.argument("handler")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
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
@click.option(
    "--until",
    metavar="WHEN",
    help="List only events emitted until WHEN, and of failed runs those that failed until then.",
)
@click.option("--where", metavar="EXPR", help=f"List {WHERE_HELP}")
@about_stage(deployed=True)
def traces(
    invocation: Invocation,
    handler: str,
    *,
    limit: int,
    status: str | None,
    since: str | None,
    until: str | None,
    where: str | None,
) -> None:
    """List HANDLER's traces, newest first, as they are found.

    Ctrl-C ends the search; what was found by then stays listed.
    """
    statuses = FAILED if status == ANY_FAILED else (status,) if status else ()
    condition, store, searching = parse_where(where), open_store(invocation.stage), Searching()
    found = store.search.traces(
        handler,
        statuses=statuses,
        since=None if since is None else parse_since("--since", since),
        until=None if until is None else parse_since("--until", until),
        # Among those of a status that has no index, it takes more to find as many.
        few=limit if condition is None and set(statuses) <= set(FAILED) else None,
        reading=searching.reading,
    )
    wanted = (trace for trace in map(hide_secrets, searching.watched(found)) if condition is None or condition(trace))
    listed = _Listed(islice(wanted, limit), searching)
    try:
        rows = iter(listed)
        # Before anything is printed: a name that nobody knows is an error, not an empty list.
        first = next(rows, None)
        if first is None and handler not in store.unhandled.counts():
            known_handlers(invocation.stage, [handler])
        found_rows = chain((first,), rows) if first else rows
        if invocation.as_json:
            invocation.print_json_list(trace.to_json() for trace in found_rows)
        else:
            _print_list(found_rows)
    finally:
        searching.clear()
        if condition is not None:
            invocation.say(f"{listed.count:,} found; {searching.note()}")
    if invocation.as_json:
        return
    if first is not None:
        invocation.say(then=invocation.command("trace", first.id))
    else:
        such = "such " if status or since or until or where else ""
        invocation.say(f"{handler} has no {such}traces", then=invocation.command("emit", handler, "{}"))


class _Listed:
    """The traces that are listed. It counts them as they pass."""

    def __init__(self, traces: Iterator[Trace], searching: Searching) -> None:
        self._traces = traces
        self._searching = searching
        self.count = 0

    def __iter__(self) -> Iterator[Trace]:
        for trace in self._traces:
            self.count += 1
            self._searching.clear()
            yield trace


def _print_list(listed: Iterable[Trace]) -> None:
    widths = {"id": 36, "status": 11, "attempts": 8, "started at": 24, "ms": 6, "event or error": 0}
    table = StreamedTable(widths, numbers={2, 4})
    for trace in listed:
        table.add(
            [
                trace.id,
                trace.status,
                str(trace.attempts),
                iso(trace.started_ms) or iso(trace.emitted_ms) or "-",
                "-" if trace.duration_ms is None else str(trace.duration_ms),
                one_line(told(trace)),
            ]
        )


def told(trace: Trace) -> str:
    """Return why an event was not run, or what went wrong in its run, or that its process died; else the event."""
    if trace.duplicate_of or trace.skipped:
        return f"not run: duplicate of {trace.duplicate_of}" if trace.duplicate_of else f"not run: {trace.skipped}"
    if trace.status in FAILED and trace.error:
        return f"{trace.error.get('type')}: {trace.error.get('message')}"
    if trace.status == "interrupted" and trace.has_died:
        return "died: its process left no record of an end"
    return trace.failure.message if trace.cause and trace.failure else trace.event
