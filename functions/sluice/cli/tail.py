"""`sluice tail`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from ..operate.follow import Follower
from ..traces import Trace
from ..traces.failure import FAILED
from ..traces.trace import iso
from .help_text import examples
from .hide_secrets import hide_secrets
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .tables import StreamedTable, one_line
from .terminal import echo_json
from .traces import told


@click.command(epilog=examples("sluice tail", "sluice tail send-receipt order-placed", "sluice tail --json"))
@click.argument("names", metavar="HANDLER...", nargs=-1)
@about_stage(deployed=True)
def tail(invocation: Invocation, names: Sequence[str]) -> None:
    """Print a line for each run as it ends, until Ctrl-C.

    With HANDLER, only runs of these handlers. With --json, each line is an object: the run's trace.
    """
    known_handlers(invocation.stage, names)
    widths = {"ended at": 12, "handler": 16, "status": 11, "ms": 6, "id": 36, "event or error": 0}
    table = StreamedTable(widths, numbers={3})
    counts: Counter[str] = Counter()
    which = ", ".join(names) or "all handlers"
    invocation.say(f"following {which}; Ctrl-C ends it")
    try:
        for trace in map(hide_secrets, Follower(invocation.stage, names).ended()):
            counts[trace.status] += 1
            if invocation.as_json:
                echo_json(_in_one_line(trace))
            else:
                table.add(_row(trace))
    except KeyboardInterrupt:
        said = ", ".join(f"{count:,} {status}" for status, count in counts.most_common()) or "no run ended"
        failing = any(counts[status] for status in FAILED)
        only = list(names) if len(names) == 1 else []
        invocation.say(said, then=invocation.command("failures" if failing else "status", *only))


def _in_one_line(trace: Trace) -> str:
    """Return a trace as JSON without line breaks, which can stand only between the parts of its event."""
    return trace.to_json().replace("\n", " ").replace("\r", " ")


def _row(trace: Trace) -> list[str]:
    ended = iso(trace.finished_ms) or iso(trace.emitted_ms) or ""
    return [
        # The time of day of `2026-11-26T21:30:15.250Z`.
        ended[11:23],
        trace.handler,
        trace.status,
        "-" if trace.duration_ms is None else str(trace.duration_ms),
        trace.id,
        one_line(told(trace)),
    ]
