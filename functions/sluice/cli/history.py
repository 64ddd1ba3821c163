"""`sluice history`."""

from __future__ import annotations

import click

from ..operate.handlers import UnknownHandlerError, handler_names
from ..pausing.record_store import RecordStore
from ..stage import clients
from ..stage.names import Names
from .invocation import Invocation, about_stage
from .tables import print_table


@click.command()
@click.argument("handler")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@about_stage(deployed=True)
def history(invocation: Invocation, handler: str, *, limit: int) -> None:
    """List when HANDLER was paused, unpaused, blocked and unblocked, by whom and why. Newest first.

    What was done in the AWS console has a name to it only where a CloudTrail trail logs management events.
    """
    known = handler_names(invocation.stage)
    store = RecordStore(clients.dynamodb(invocation.stage), Names(invocation.stage).trace_table)
    changes = [change.printed() for change in store.history(handler, limit)]
    if not changes and handler not in known:
        raise UnknownHandlerError(handler, invocation.stage, known)
    if invocation.as_json:
        invocation.print_json(changes)
        return
    if not changes:
        invocation.say(f"{handler} has never been paused or blocked", then=invocation.command("status", handler))
        return
    names = ["at", "change", "by", "reason", "until"]
    cells = [["-" if change[name] is None else str(change[name]) for name in names] for change in changes]
    print_table(names, cells, drop_empty={4})
    invocation.say(then=invocation.command("status", handler))
