"""`sluice status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from ..emitting.scheduled_events import COUNTED
from ..operate.status import HandlerStatus, statuses
from .invocation import Invocation, about_stage
from .tables import print_table


@click.command()
@click.argument("handler", required=False)
@about_stage(deployed=True)
def status(invocation: Invocation, handler: str | None) -> None:
    """Show how each handler is doing, or only HANDLER.

    Events: waiting to run, in flight (running), delayed (by up to 15 minutes), scheduled for later than that, dead
    (in the dead-letter queue). But for the scheduled ones the numbers are SQS's approximations. The age of the oldest
    one is CloudWatch's, some minutes old. Moved: when the events that wait for a paused handler were last sent again,
    so that SQS doesn't delete them.
    """
    rows = statuses(invocation.stage, handler)
    if invocation.as_json:
        invocation.print_json([asdict(row) for row in rows])
        return
    print_status(rows)
    first = rows[0].handler if rows else "HANDLER"
    invocation.say(then=invocation.command("traces", handler or first))


def print_status(rows: Sequence[HandlerStatus]) -> None:
    """Print the status table."""
    names = ["handler", "kind", "state", "waiting", "in_flight", "delayed", "scheduled", "dead", "oldest_s"]
    names += ["reason", "by", "since", "until", "moved_at"]
    cells = [[_cell(fields[name]) for name in names] for fields in map(_fields, rows)]
    print_table([name.replace("_", " ") for name in names], cells, numbers=range(3, 9), drop_empty=range(8, 14))


def _fields(row: HandlerStatus) -> dict[str, object]:
    fields = asdict(row)
    if row.scheduled == COUNTED:
        fields["scheduled"] = f"{COUNTED}+"
    if row.unhandled:
        events = "1 event" if row.unhandled == 1 else f"{row.unhandled} events"
        kept = f"{events} kept that had no handler"
        fields["reason"] = f"{row.reason}; {kept}" if row.reason else kept
    if row.moving:
        fields["moved_at"] = "now"
    return fields


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
