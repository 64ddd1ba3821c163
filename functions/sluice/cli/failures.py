"""`sluice failures`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ..operate.failures import FailureGroup, failure_groups
from ..traces import open_store
from .help_text import examples
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .parse_time import parse_since
from .searching import Searching
from .terminal import echo
from .where import HELP as WHERE_HELP
from .where import parse_where


@click.command(epilog=examples("sluice failures", "sluice failures send-receipt --since 7d", "sluice failures --json"))
@click.argument("handler", required=False)
@click.option(
    "--since",
    default="24h",
    show_default=True,
    metavar="WHEN",
    help="Show runs that failed since WHEN: an age such as 90s, 15m, 1h or 7d, or an ISO 8601 moment.",
)
@click.option("--where", metavar="EXPR", help=f"Count {WHERE_HELP} Each failed run's trace is read for that.")
@about_stage(deployed=True)
def failures(invocation: Invocation, handler: str | None, *, since: str, where: str | None) -> None:
    """Show failed runs in groups of one cause, the largest first.

    A group has one exception type, one place in your own code, and one message, but for numbers, ids, quoted texts,
    addresses and times in it. With HANDLER, only that handler's.
    """
    condition, search, searching = parse_where(where), open_store(invocation.stage).search, Searching()
    runs = search.failures.runs(handler, since=parse_since("--since", since), reading=searching.reading)
    if condition is not None:
        traced = search.with_traces(runs, reading=searching.reading)
        runs = (run for run, trace in traced if condition(trace))
    groups = failure_groups(searching.watched(runs), search, searching.reading)
    searching.clear()
    if condition is not None:
        invocation.say(searching.note())
    if not groups and handler is not None:
        known_handlers(invocation.stage, [handler])
    if invocation.as_json:
        invocation.print_json([asdict(group) for group in groups])
        return
    if not groups:
        such = "such " if where else ""
        invocation.say(f"no {such}run has failed since {since}", then=invocation.command("status"))
        return
    for group in groups:
        _print(group)
    total = sum(group.count for group in groups)
    causes = "one cause" if len(groups) == 1 else f"{len(groups)} causes"
    invocation.say(f"{_times(total)} of {causes} since {since}", then=invocation.command("trace", groups[0].example))


def _print(group: FailureGroup) -> None:
    outcomes = ", ".join(f"{count:,} {status}" for status, count in sorted(group.replays.items()))
    replayed = f", {group.replayed:,} replayed: {outcomes}" if group.replayed else ""
    echo(f"{group.group}  {group.handler}  {group.status}  {_times(group.count)}{replayed}", heading=True)
    facts = {
        "error": f"{group.type}: {group.message}" if group.message else group.type,
        "where": group.where,
        "first": group.first if group.count > 1 else "",
        "last": group.last,
        "example": group.example,
    }
    for name, fact in facts.items():
        if fact:
            echo(f"  {name:<9}{fact}")


def _times(count: int) -> str:
    return f"{count:,} failure{'' if count == 1 else 's'}"
