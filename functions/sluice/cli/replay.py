"""`sluice replay`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import click

from ..operate.replay import Replayer
from ..operate.replay_choice import ReplayChoice, Selection
from ..traces import STATUSES, open_store
from ..traces.failure import FAILED
from ..traces.trace import iso
from .help_text import examples
from .hide_secrets import hide_secrets
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .parse_time import parse_since
from .replay_run import ReplayRun
from .where import HELP as WHERE_HELP
from .where import parse_where

_RATE = 100
"""Events a second unless told otherwise, so that a handler's other events do not all wait for a replay."""

_ANY_FAILED = "failed"

_SELECTING = ("--handler", "--group", "--status", "--since", "--until", "--where")


@click.command(
    epilog=examples(
        "sluice replay 01909a3e-7c5b-7d1e-8f3a-0123456789ab",
        "sluice replay --group 9f3c1a07",
        "sluice replay --handler send-receipt --since 2d --dry-run",
        "sluice replay --handler send-receipt --where \"event.currency == 'EUR'\" --yes",
    )
)
@click.argument("event_ids", metavar="ID...", nargs=-1)
@click.option("--handler", metavar="HANDLER", help="Replay this handler's failed runs.")
@click.option("--group", metavar="GROUP", help="Replay only failed runs of this cause: a group of `sluice failures`.")
@click.option(
    "--status",
    type=click.Choice([*(status for status in STATUSES if status != "damaged"), _ANY_FAILED]),
    metavar="STATUS",
    help=f"Replay runs with this status; {_ANY_FAILED}, for {', '.join(FAILED)}, if left out.",
)
@click.option(
    "--since",
    metavar="WHEN",
    help="Replay only runs that failed since WHEN, and of another --status events emitted since: an age such as 15m,"
    " 1h or 7d, or an ISO 8601 moment.",
)
@click.option("--until", metavar="WHEN", help="Replay only those until WHEN.")
@click.option("--where", metavar="EXPR", help=f"Replay {WHERE_HELP}")
@click.option("--again", is_flag=True, help="Replay also events that were replayed before.")
@click.option(
    "--replayed-until",
    metavar="WHEN",
    help="With --again, leave out events whose last replay is newer than WHEN, to go on with one that was cut off.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many events it would be.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--rate",
    type=click.IntRange(min=1),
    default=_RATE,
    show_default=True,
    metavar="N",
    help="Emit at most N events a second.",
)
@about_stage(deployed=True)
def replay(
    invocation: Invocation,
    event_ids: Sequence[str],
    *,
    handler: str | None,
    group: str | None,
    status: str | None,
    since: str | None,
    until: str | None,
    where: str | None,
    again: bool,
    replayed_until: str | None,
    dry_run: bool,
    yes: bool,
    rate: int,
) -> None:
    """Emit the events of past runs again, each once.

    Name their ids; or a handler or a group, to replay failed runs: it says how many they are, and asks. An event that
    was replayed before is left out, so after Ctrl-C the same command goes on where it was.

    Each replay is an event of the same handler, with an id and a trace of its own. The two traces name each other.
    """
    selecting = (handler, group, status, since, until, where)
    if bool(event_ids) == any(selecting) or not (event_ids or handler or group):
        raise click.UsageError("name the events' ids, or give --handler or --group")
    if replayed_until is not None and not again:
        raise click.UsageError("--replayed-until is for --again")
    asked = () if status in (None, _ANY_FAILED) else (status,)
    if group is not None and not set(asked) <= set(FAILED):
        raise click.UsageError(f"a --group has failed runs only, and --status {status} asks for others")
    condition, began = parse_where(where), time.time()
    again_until = began if replayed_until is None else parse_since("--replayed-until", replayed_until)
    with contextlib.closing(ReplayChoice(again=again, until=again_until)) as choice:
        run = ReplayRun(invocation, Replayer(invocation.stage, rate=rate), choice)
        if event_ids:
            run.replay_ids(event_ids, dry_run=dry_run)
            return
        if handler is not None and handler not in open_store(invocation.stage).unhandled.counts():
            known_handlers(invocation.stage, [handler])
        selection = Selection(
            handler=handler,
            group=group,
            statuses=asked or FAILED,
            since=None if since is None else parse_since("--since", since),
            until=None if until is None else parse_since("--until", until),
            condition=None if condition is None else lambda trace: condition(hide_secrets(trace)),
        )
        words = [word for pair in zip(_SELECTING, selecting, strict=True) if pair[1] for word in pair]
        if again:
            words += ["--again", "--replayed-until", replayed_until or iso(int(began * 1000)) or ""]
        same = invocation.command("replay", *map(str, words))
        run.replay_selected(selection, asked, dry_run=dry_run, yes=yes, same=same)
