"""`sluice dead`: the events whose attempts are used up."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from .. import aws
from ..dead import DeadLetters, NotRedrivenError
from ..moving import Held
from ..names import Names
from ..status import UnknownHandlerError, handlers
from ..traces import Trace, open_store
from ..traces.trace import iso
from .failures import FAILED, NOT_FOUND, CommandError
from .invocation import Invocation, about_stage
from .progress import ShownProgress
from .tables import one_line, print_table
from .trace_page import print_trace


@click.group(no_args_is_help=True)
def dead() -> None:
    """List, show, redrive or purge the events in a handler's dead-letter queue.

    An event gets there after five attempts that were cut off, and stays until someone redrives or purges it; SQS
    keeps it for 14 days.
    """


@dead.command(name="list")
@click.argument("handler")
@about_stage(deployed=True)
def list_(invocation: Invocation, handler: str) -> None:
    """List all of HANDLER's dead letters, oldest first.

    While it is listed, an event is out of sight for others: redrive after listing, not at the same time.
    """
    letters = _all(invocation, handler)
    if invocation.as_json:
        rows = [_with_event(_fields(letter), letter) for letter in letters]
        invocation.print_text("[" + ",\n ".join(rows) + "]")
        return
    if not letters:
        invocation.say(f"{handler} has no dead letters", then=invocation.command("status", handler))
        return
    print_table(
        ["id", "emitted at", "event"],
        [[letter.envelope.id, iso(letter.envelope.emitted_ms) or "-", one_line(letter.body)] for letter in letters],
    )
    invocation.say(then=invocation.command("dead", "show", handler, letters[0].envelope.id))


@dead.command()
@click.argument("handler")
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def show(invocation: Invocation, handler: str, event_id: str) -> None:
    """Show one of HANDLER's dead letters, and from its trace how its attempts ended."""
    letter = next((found for found in _all(invocation, handler) if found.envelope.id == event_id), None)
    if letter is None:
        raise _not_there(invocation, handler, event_id)
    trace = open_store(invocation.stage).get(handler, event_id)
    why = _why(trace)
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
    """Put HANDLER's dead letters back into its queue, for five more attempts each."""
    letters = _open(invocation, handler)
    shown = ShownProgress()
    try:
        with shown.step(f"redriving {handler}"):
            done = letters.redrive(
                None if event_id is None else [event_id],
                lambda moved, about: shown.detail(f"{moved} of about {about}"),
            )
    except NotRedrivenError as error:
        raise CommandError(str(error), code=FAILED, then=invocation.command("dead", "redrive", handler)) from error
    if event_id is not None and not done:
        raise _not_there(invocation, handler, event_id)
    if invocation.as_json:
        invocation.print_json({"handler": handler, "redriven": done})
    else:
        invocation.say(f"{done} redriven", then=invocation.command("traces", handler))


@dead.command()
@click.argument("handler")
@click.option("--yes", is_flag=True, help="Do not ask.")
@about_stage(deployed=True)
def purge(invocation: Invocation, handler: str, *, yes: bool) -> None:
    """Delete all of HANDLER's dead letters, for good. Asks for the handler's name first."""
    letters = _open(invocation, handler)
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


def _open(invocation: Invocation, handler: str) -> DeadLetters:
    known = handlers(invocation.stage)
    if handler not in known:
        raise UnknownHandlerError(handler, invocation.stage, known)
    return DeadLetters(aws.sqs(invocation.stage), Names(invocation.stage), handler)


def _all(invocation: Invocation, handler: str) -> Sequence[Held]:
    letters = _open(invocation, handler)
    shown = ShownProgress()
    with shown.step(f"reading {handler}'s dead letters"):
        return letters.all(lambda seen, about: shown.detail(f"{seen} of about {about}"))


def _not_there(invocation: Invocation, handler: str, event_id: str) -> CommandError:
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
