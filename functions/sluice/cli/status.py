"""`sluice status`."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ..emitting.scheduled_events import MAX_COUNTED
from ..operate.status import HandlerStatus, statuses
from .help_text import examples, listing
from .invocation import Invocation, about_stage
from .tables import print_table
from .terminal import clear_screen, echo

_EPILOG = "\n\n".join(
    [
        listing(
            "Columns:",
            "waiting    events that can start now",
            "in flight  events that are running",
            "delayed    events whose delay of up to 15 minutes has not passed",
            "scheduled  events that are due later than that",
            "dead       events in the dead-letter queue",
            "failed     runs that raised, timed out or died in the last 24 hours; sluice failures",
            "           groups them by cause",
            "running    runs on record that have started and not ended",
            "oldest s   CloudWatch's age of the oldest waiting event, in seconds, some",
            "           minutes old",
            "moved at   when a paused handler's events were last sent again, so that SQS",
            "           does not delete them after 14 days",
        ),
        "All numbers but scheduled, failed and oldest s are SQS's approximations.",
        examples("sluice status", "sluice status send-receipt --stage prod"),
    ]
)


@click.command(epilog=_EPILOG)
@click.argument("handler", required=False)
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="SECONDS",
    help="With --watch, the time between two looks.",
)
@about_stage(deployed=True)
def status(invocation: Invocation, handler: str | None, *, watch: bool, every: int) -> None:
    """Show each handler's state and how many events it has.

    With HANDLER, only that handler. With --watch and --json, each look is an array in a line of its own.
    """
    if watch:
        _watch(invocation, handler, every)
        return
    rows = statuses(invocation.stage, handler)
    if invocation.as_json:
        invocation.print_json([asdict(row) for row in rows])
        return
    print_status(rows)
    first = rows[0].handler if rows else "HANDLER"
    only = [handler] if handler else []
    failing = any(row.failed for row in rows)
    invocation.say(then=invocation.command(*(["failures", *only] if failing else ["traces", handler or first])))


def _watch(invocation: Invocation, handler: str | None, every: int) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            rows = statuses(invocation.stage, handler)
            if invocation.as_json:
                invocation.print_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
            else:
                if sys.stdout.isatty():
                    clear_screen()
                echo(f"{datetime.now(UTC):%H:%M:%S} UTC  stage {invocation.stage}")
                print_status(rows)
            time.sleep(every)


def print_status(rows: Sequence[HandlerStatus]) -> None:
    """Print the status table."""
    names = [
        "handler",
        "kind",
        "state",
        "waiting",
        "in_flight",
        "delayed",
        "scheduled",
        "dead",
        "failed",
        "running",
        "oldest_s",
    ]
    names += ["reason", "by", "since", "until", "moved_at"]
    cells = [[_cell(fields[name]) for name in names] for fields in map(_fields, rows)]
    print_table([name.replace("_", " ") for name in names], cells, numbers=range(3, 11), drop_empty=range(9, 16))


def _fields(row: HandlerStatus) -> dict[str, object]:
    fields = asdict(row)
    if row.scheduled == MAX_COUNTED:
        fields["scheduled"] = f"{MAX_COUNTED}+"
    if row.failed_more:
        fields["failed"] = f"{row.failed}+"
    # A column for those that are under way, if any is.
    fields["running"] = row.running or None
    if row.unhandled:
        kept = f"{row.unhandled} event{'' if row.unhandled == 1 else 's'} kept that had no handler"
        fields["reason"] = f"{row.reason}; {kept}" if row.reason else kept
    if row.moving:
        fields["moved_at"] = "now"
    return fields


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
