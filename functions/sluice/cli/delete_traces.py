"""`sluice traces delete`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import click

from ..operate.delete_traces import UNFINISHED, Chosen, Deletion, chosen, delete_traces
from ..operate.replay_choice import Selection
from ..stage import clients
from ..stage.names import Names
from ..traces import STATUSES, Trace, open_store
from ..traces.failure import FAILED as FAILED_STATUSES
from .asking import can_ask
from .command_error import FAILED, CommandError
from .find_trace import find_trace
from .help_text import examples
from .hide_secrets import hide_secrets
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .parse_time import parse_since
from .progress import ShownProgress
from .searching import Searching
from .where import HELP as WHERE_HELP
from .where import parse_where

_ANY_FAILED = "failed"

_STAYS = (
    "the events' logs stay for a month, and the table's backups for 35 days; so do events that wait or are dead letters"
)


@click.command(
    epilog=examples(
        "sluice traces delete 01909a3e-7c5b-7d1e-8f3a-0123456789ab",
        "sluice traces delete --handler send-receipt --where \"event.email == 'ada@example.com'\" --dry-run",
        "sluice traces delete --handler send-receipt --until 7d --yes",
    )
)
@click.argument("event_ids", metavar="ID...", nargs=-1)
@click.option("--handler", metavar="HANDLER", help="Delete this handler's traces.")
@click.option(
    "--status",
    type=click.Choice([*STATUSES, _ANY_FAILED]),
    metavar="STATUS",
    help=f"Delete only traces with this status; {_ANY_FAILED}, for {', '.join(FAILED_STATUSES)}.",
)
@click.option(
    "--since",
    metavar="WHEN",
    help="Delete only traces of events emitted since WHEN, and with --status failed, of runs that failed since: an age"
    " such as 15m, 1h or 7d, or an ISO 8601 moment.",
)
@click.option("--until", metavar="WHEN", help="Delete only those until WHEN.")
@click.option("--where", metavar="EXPR", help=f"Delete {WHERE_HELP}")
@click.option("--unfinished", is_flag=True, help="Delete also traces of events that may run again.")
@click.option("--dry-run", is_flag=True, help="Only say how many traces it would be.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@about_stage(deployed=True)
def delete(
    invocation: Invocation,
    event_ids: Sequence[str],
    *,
    handler: str | None,
    status: str | None,
    since: str | None,
    until: str | None,
    where: str | None,
    unfinished: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete traces for good: an admin's right.

    Name the events' ids; or a handler, to delete all its traces or those that the options choose. It says how many they
    are, and asks. Traces of events that may run again are left out, unless you give --unfinished.

    The logs of the runs stay, and so do waiting events, dead letters and the table's backups.
    """
    if bool(event_ids) == any((handler, status, since, until, where)) or not (event_ids or handler):
        raise click.UsageError(
            "name the events' ids, or give --handler; the traces of a handler named delete: sluice traces --limit 10"
            " delete"
        )
    condition = parse_where(where)
    if event_ids:
        found: Iterable[Trace] = [find_trace(invocation, event_id) for event_id in dict.fromkeys(event_ids)]
        searching = None
    else:
        assert handler is not None  # noqa: S101 - checked above
        store, searching = open_store(invocation.stage), Searching()
        if handler not in store.unhandled.counts():
            known_handlers(invocation.stage, [handler])
        selection = Selection(
            handler=handler,
            group=None,
            statuses=FAILED_STATUSES if status == _ANY_FAILED else (status,) if status else (),
            since=None if since is None else parse_since("--since", since),
            until=None if until is None else parse_since("--until", until),
            condition=None if condition is None else lambda trace: condition(hide_secrets(trace)),
        )
        found = searching.watched(selection.traces(store.search, searching.reading))
    try:
        choice = _Choice(found, unfinished=unfinished)
    finally:
        if searching:
            searching.clear()
    _Run(invocation, choice).delete(dry_run=dry_run, yes=yes)


class _Choice:
    """The traces to delete, and the number of those that are left out."""

    def __init__(self, found: Iterable[Trace], *, unfinished: bool) -> None:
        self.traces: list[Chosen] = []
        self.unfinished = 0
        self.statuses: Counter[str] = Counter()
        for trace in found:
            if trace.status in UNFINISHED and not unfinished:
                self.unfinished += 1
            else:
                self.traces.append(chosen(trace))
                self.statuses[trace.status] += 1


class _Run:
    """A run of the command, once the traces are chosen."""

    def __init__(self, invocation: Invocation, choice: _Choice) -> None:
        self._invocation = invocation
        self._choice = choice

    def delete(self, *, dry_run: bool, yes: bool) -> None:
        """Ask, delete the traces, and say what was done.

        Args:
            dry_run: True to only say how many it would be.
            yes: True to ask nothing.
        """
        count = len(self._choice.traces)
        if dry_run or not count:
            self._finish(Counter(), dry_run=dry_run)
            return
        if not yes:
            if not can_ask():
                raise click.UsageError(f"this deletes {_traces(count)} for good; give --yes to do it")
            self._invocation.say(*self._told())
            if not click.confirm(f"delete {_traces(count)} for good?", err=True):
                raise CommandError("nothing was deleted", code=FAILED, then=self._invocation.command("status"))
        stage, done = self._invocation.stage, Counter[Deletion]()
        progress = ShownProgress()
        with progress.step(f"deleting {_traces(count)}"):
            for ended in delete_traces(
                clients.client("dynamodb", stage), Names(stage).trace_table, self._choice.traces
            ):
                done[ended] += 1
                progress.detail(f"{done.total():,} of {count:,}")
        self._finish(done, dry_run=False)

    def _finish(self, done: Counter[Deletion], *, dry_run: bool) -> None:
        count, deleted, changed = len(self._choice.traces), done[Deletion.DELETED], done[Deletion.CHANGED]
        if dry_run or not count:
            lines = self._told()
        else:
            lines = [f"{_traces(deleted)} deleted; {_STAYS}"]
            if changed:
                lines.append(f"{changed:,} changed meanwhile, and stay: run the same command again")
        self._invocation.say(*lines, then=self._invocation.command("status"))
        if self._invocation.as_json:
            self._invocation.print_json(
                {
                    "chosen": count,
                    "deleted": deleted,
                    "changed": changed,
                    "unfinished": self._choice.unfinished,
                    "dry_run": dry_run,
                }
            )

    def _told(self) -> list[str]:
        count = len(self._choice.traces)
        statuses = ", ".join(f"{many:,} {status}" for status, many in self._choice.statuses.most_common())
        lines = [f"{_traces(count)} to delete" + (f": {statuses}" if count else "")]
        if self._choice.unfinished:
            lines.append(
                f"{self._choice.unfinished:,} left out: their events may run again; --unfinished deletes them too"
            )
        if self._choice.statuses["dead"]:
            lines.append("dead letters stay with their events: sluice dead purge deletes those")
        return lines


def _traces(count: int) -> str:
    return f"{count:,} trace{'' if count == 1 else 's'}"
