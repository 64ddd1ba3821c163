"""`sluice dead`: the events whose attempts are used up."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple

import click

from ..operate.handlers import UnknownHandlerError, handler_names
from ..queue.dead_letters import DeadLetters
from ..queue.scan import LONGEST_HOLD
from ..queue.transfer import Held
from ..stage import clients
from ..stage.names import Names
from ..traces import DamagedTraceError, Trace, open_store
from ..traces.trace import iso
from .failures import FAILED, NOT_FOUND, CommandError
from .invocation import Invocation, about_stage
from .progress import ShownProgress
from .tables import one_line, print_table
from .trace_page import print_trace

_IN_MEMORY = 64 * 1024 * 1024
"""Bytes of a listing, before it goes to a temporary file."""


class _Row(NamedTuple):
    """A listed letter, and where its text stands, in bytes."""

    emitted_ms: int
    event_id: str
    at: int
    size: int


@click.group(no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def dead(context: click.Context) -> None:
    """List, show, redrive or purge the events in a handler's dead-letter queue.

    An event gets there after five attempts that were cut off, and stays until someone redrives or purges it.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@dead.command(name="list")
@click.argument("handler")
@about_stage(deployed=True)
def list_(invocation: Invocation, handler: str) -> None:
    """List all of HANDLER's dead letters, oldest first.

    While it is listed, an event is out of sight for others: redrive after listing, not at the same time. If others
    hold some for longer than 20 seconds, the list is incomplete, which it says, and the exit code is 1.
    """
    shown = ShownProgress()
    letters = _open(invocation, handler, shown)
    # Of ten thousand events of up to 1 MiB, only what is to be printed is kept, and as JSON not in memory.
    with SpooledTemporaryFile(_IN_MEMORY) as texts:
        rows: list[_Row] = []

        def see(letter: Held) -> None:
            text = _with_event(_fields(letter), letter) if invocation.as_json else one_line(letter.body)
            at = texts.tell()
            rows.append(_Row(letter.envelope.emitted_ms, letter.envelope.id, at, texts.write(text.encode())))

        with shown.step(f"reading {handler}'s dead letters"):
            hidden = letters.each(see, lambda seen, about: shown.detail(f"{seen} of about {about}"))
        rows.sort()
        _print_list(invocation, rows, texts)
    if hidden:
        raise out_of_sight(invocation, handler, hidden, f"{len(rows)} listed")
    if invocation.as_json:
        return
    if rows:
        invocation.say(then=invocation.command("dead", "show", handler, rows[0].event_id))
    else:
        invocation.say(f"{handler} has no dead letters", then=invocation.command("status", handler))


@dead.command()
@click.argument("handler")
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def show(invocation: Invocation, handler: str, event_id: str) -> None:
    """Show one of HANDLER's dead letters, and from its trace how its attempts ended."""
    _check(invocation, handler)
    letter, hidden = find_dead(invocation, handler, event_id)
    if letter is None:
        raise _not_there(invocation, handler, event_id, hidden)
    trace, damage = None, ""
    try:
        trace = open_store(invocation.stage).get(handler, event_id)
    except DamagedTraceError as error:
        damage = str(error)
    if trace:
        # What killed its process left no end on record; what lies here has ended.
        trace = trace.as_of(int(time.time() * 1000))
    why = damage or _why(trace)
    if invocation.as_json:
        fields = _fields(letter) | {"why": why}
        told = trace.to_json() if trace else "null"
        invocation.print_text(_with_event(fields, letter)[:-1] + f', "trace": {told}}}')
        return
    if trace:
        print_trace(trace)
    else:
        click.echo(f"{handler}  dead\n  id         {event_id}\nevent\n  {one_line(letter.event_json, 2_000)}")
    click.echo(click.style("why", bold=True) + f"\n  {why}")
    invocation.say(then=invocation.command("dead", "redrive", handler, "--id", event_id))


@dead.command()
@click.argument("handler")
@click.option("--id", "event_id", metavar="ID", help="Only this event.")
@about_stage(deployed=True)
def redrive(invocation: Invocation, handler: str, event_id: str | None) -> None:
    """Put HANDLER's dead letters back into its queue, for five more attempts each.

    What dies again meanwhile is left where it is. What others hold, such as a listing, is waited for, for up to two and
    a half minutes; the exit code is 1 if some are out of sight even then.
    """
    shown = ShownProgress()
    letters = _open(invocation, handler, shown)
    with shown.step(f"redriving {handler}"):
        came_of_it = letters.redrive(event_id, lambda moved, about: shown.detail(f"{moved} of about {about}"))
    done, again = came_of_it.done, ("dead", "redrive", handler)
    told = f"{done} redriven"
    if came_of_it.since:
        told += (
            f"; {came_of_it.since} that were sent since this began were left, as what killed them may still be there"
        )
    if came_of_it.refused:
        said = f"{told}; SQS did not take {len(came_of_it.refused)}: {came_of_it.refused[0]}. Redrive again"
        raise CommandError(said, code=FAILED, then=invocation.command(*again))
    if event_id is not None and not done:
        raise _not_there(invocation, handler, event_id, came_of_it.out_of_sight)
    if came_of_it.out_of_sight:
        raise out_of_sight(invocation, handler, came_of_it.out_of_sight, told, *again)
    if invocation.as_json:
        invocation.print_json({"handler": handler, "redriven": done})
        if not came_of_it.since:
            return
    invocation.say(told, then=invocation.command("traces", handler))


@dead.command()
@click.argument("handler")
@click.option("--yes", is_flag=True, help="Do not ask.")
@about_stage(deployed=True)
def purge(invocation: Invocation, handler: str, *, yes: bool) -> None:
    """Delete all of HANDLER's dead letters, for good. Asks for the handler's name first."""
    letters = _open(invocation, handler, ShownProgress())
    about = letters.count()
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(f"this deletes about {about} events for good; say so with --yes")
        answer = click.prompt(f"this deletes about {about} events for good; type the handler's name", err=True)
        if answer != handler:
            raise CommandError(
                "that is not its name; nothing was deleted",
                code=FAILED,
                then=invocation.command("dead", "list", handler),
            )
    letters.purge()
    if invocation.as_json:
        invocation.print_json({"handler": handler, "purged": about})
    else:
        invocation.say(f"about {about} purged", then=invocation.command("status", handler))


def find_dead(invocation: Invocation, handler: str, event_id: str) -> tuple[Held | None, int]:
    """Look for an event's dead letter, and show the progress.

    Returns:
        The letter; and if it was not found, about how many could not be looked at, as others hold them.
    """
    shown = ShownProgress()
    letters = _letters(invocation, handler, shown)
    with shown.step(f"reading {handler}'s dead letters"):
        return letters.find(event_id, lambda seen, about: shown.detail(f"{seen} of about {about}"))


def out_of_sight(invocation: Invocation, handler: str, hidden: int, done: str, *again: str) -> CommandError:
    """Some dead letters could not be dealt with, as others hold them.

    Args:
        invocation: the command's.
        handler: the handler's name.
        hidden: about how many.
        done: what was done nevertheless.
        again: the command to run next; the listing if left out.
    """
    return CommandError(
        f"{done}; about {hidden} of {handler}'s dead letters are out of sight: another command or the reconciler holds"
        f" them, for {LONGEST_HOLD // 60} minutes at most. Try again then",
        code=FAILED,
        then=invocation.command(*(again or ("dead", "list", handler))),
    )


def _check(invocation: Invocation, handler: str) -> None:
    known = handler_names(invocation.stage)
    if handler not in known:
        raise UnknownHandlerError(handler, invocation.stage, known)


def _open(invocation: Invocation, handler: str, shown: ShownProgress) -> DeadLetters:
    _check(invocation, handler)
    return _letters(invocation, handler, shown)


def _letters(invocation: Invocation, handler: str, shown: ShownProgress) -> DeadLetters:
    return DeadLetters(
        clients.sqs(invocation.stage),
        Names(invocation.stage),
        handler,
        waiting=lambda hidden: shown.note(f"waiting for about {hidden} dead letters that others hold"),
    )


def _print_list(invocation: Invocation, rows: Sequence[_Row], texts: IO[bytes]) -> None:
    def text(row: _Row) -> str:
        texts.seek(row.at)
        return texts.read(row.size).decode()

    if invocation.as_json:
        last = len(rows) - 1
        if not rows:
            invocation.print_text("[]")
        for number, row in enumerate(rows):
            invocation.print_text(("[" if not number else " ") + text(row) + ("," if number < last else "]"))
    elif rows:
        print_table(
            ["id", "emitted at", "event"], [[row.event_id, iso(row.emitted_ms) or "-", text(row)] for row in rows]
        )


def _not_there(invocation: Invocation, handler: str, event_id: str, hidden: int) -> CommandError:
    if hidden:
        return out_of_sight(invocation, handler, hidden, f"event {event_id} was not found")
    return CommandError(
        f"{handler} has no dead letter with the id {event_id!r}",
        code=NOT_FOUND,
        then=invocation.command("dead", "list", handler),
    )


def _fields(letter: Held) -> dict[str, object]:
    return {
        "id": letter.envelope.id,
        "emitted_at": iso(letter.envelope.emitted_ms),
        "parent": letter.envelope.parent,
        "hops": letter.envelope.hops,
        "message_id": letter.message_id,
    }


def _with_event(fields: dict[str, object], letter: Held) -> str:
    """The fields as a JSON object, and the event in it as it was sent."""
    return json.dumps(fields)[:-1] + f', "event": {letter.event_json}}}'


def _why(trace: Trace | None) -> str:
    if trace is None or not trace.history:
        return (
            "nothing is on record: none of its five receives led to a start that could be recorded. Lambda may have"
            " been throttled, or the function's code may not load: see the function's log"
        )
    reasons = [attempt.reason or _OF_OUTCOME.get(attempt.outcome, attempt.outcome) for attempt in trace.history]
    return "; ".join(f"attempt {number} {reason}" for number, reason in enumerate(reasons, 1))


_OF_OUTCOME = {"started": "was cut off: its process died, or ran into the function's own timeout"}
