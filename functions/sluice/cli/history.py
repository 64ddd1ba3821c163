"""`sluice history`."""

from __future__ import annotations

import click

from ..pausing.record_store import RecordStore
from ..stage import clients
from ..stage.names import Names
from .help_text import examples
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .tables import print_table

_MOST = 1000


@click.command(epilog=examples("sluice history send-receipt", "sluice history send-receipt --limit 100 --json"))
@click.argument("handler")
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST),
    default=20,
    show_default=True,
    metavar="N",
    help="List at most N changes.",
)
@about_stage(deployed=True)
def history(invocation: Invocation, handler: str, *, limit: int) -> None:
    """List HANDLER's pauses and blocks: when, by whom and why.

    The newest change comes first. For changes made in the AWS console, the name is known only if the account has a
    CloudTrail trail that logs management events.
    """
    store = RecordStore(clients.dynamodb(invocation.stage), Names(invocation.stage).trace_table)
    changes = [change.printed() for change in store.history(handler, limit)]
    if not changes:
        known_handlers(invocation.stage, [handler])
    if invocation.as_json:
        invocation.print_json(changes)
        return
    if not changes:
        invocation.say(f"{handler} has never been paused or blocked", then=invocation.command("status", handler))
        return
    names = ["at", "change", "by", "reason", "until", "concurrency"]
    cells = [["-" if change[name] is None else str(change[name]) for name in names] for change in changes]
    print_table(names, cells, drop_empty={4, 5})
    invocation.say(then=invocation.command("status", handler))
