"""`sluice pause`, `unpause`, `block` and `unblock`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import SluiceError
from ..event.envelope import LAST_MS
from ..operate.event_counts import in_flight
from ..pausing.commands import Commands
from ..pausing.describe import state_of
from ..pausing.handler_states import Snapshot
from ..pausing.history import MAX_REASON
from ..pausing.open import open_handler_states
from ..stage import clients
from ..stage.names import Names
from ..traces.failure_counter import FailureCounter
from .command_error import REFUSED, CommandError
from .explain_error import NOT_ALLOWED, explain
from .help_text import examples
from .identity import caller
from .invocation import Invocation, about_stage
from .known_handlers import known_handlers
from .parse_time import parse_moment
from .sampling import MAX_SAMPLE, try_first

Act = Callable[[Commands, str], Snapshot]
"""A change of one handler's state, given the handler's name."""


def _check_reason(_: click.Context, __: click.Parameter, reason: str | None) -> str | None:
    if reason is not None and not _is_text(reason):
        raise click.BadParameter("it is not UTF-8 text")
    if reason is not None and len(reason) > MAX_REASON:
        raise click.BadParameter(f"it has {len(reason):,} characters; use {MAX_REASON:,} at most")
    return reason


def _is_text(given: str) -> bool:
    """Return True if an argument came as UTF-8: Python turns other bytes into characters that no AWS call accepts."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def _about_handlers(
    *lines: str, more: Sequence[Callable[[Any], Any]] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the arguments and options that all four have, and examples in its help.

    Args:
        lines: the examples.
        more: further options.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        decorators: list[Callable[[Any], Any]] = [
            click.argument("names", metavar="HANDLER...", nargs=-1),
            click.option("--all", "everything", is_flag=True, help="Apply to all handlers of the stage."),
            click.option(
                "--reason",
                metavar="TEXT",
                callback=_check_reason,
                help=f"Why, in at most {MAX_REASON:,} characters. `sluice status` and `sluice history` show it.",
            ),
        ]
        for decorator in reversed([*decorators, *more, about_stage(deployed=True)]):
            command = decorator(command)
        return click.command(epilog=examples(*lines))(command)

    return decorate


@_about_handlers(
    'sluice pause send-receipt --reason "the mail provider is down"',
    "sluice pause --all --until 2030-01-31T09:00:00+01:00",
    more=(
        click.option(
            "--until",
            metavar="ISO",
            help="Moment at which the pause ends by itself, such as 2030-01-31T09:00:00+01:00.",
        ),
    ),
)
def pause(
    invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None, until: str | None
) -> None:
    """Pause HANDLER: its events wait until you unpause it.

    Events that are running run to their end. New events wait in the queue for as long as the pause lasts, and none is
    lost. If the command fails half-way, run it again.
    """
    until_ms = None
    if until is not None:
        moment = parse_moment("--until", until)
        if moment <= datetime.now(UTC):
            raise click.UsageError(f"--until {until} has passed; give a moment in the future")
        until_ms = int(moment.timestamp() * 1000)
        if until_ms > LAST_MS:
            raise click.UsageError(f"--until {until} is too far ahead; leave it out for a pause without an end")
    _for_each(invocation, names, everything, lambda commands, name: commands.pause(name, reason, until_ms))


@_about_handlers(
    "sluice unpause send-receipt",
    "sluice unpause send-receipt --sample 5",
    "sluice unpause --all",
    more=(
        click.option(
            "--sample",
            type=click.IntRange(1, MAX_SAMPLE),
            metavar="N",
            help="First run N of the waiting events, one after the other: unpause only if all of them end well.",
        ),
    ),
)
def unpause(
    invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None, sample: int | None
) -> None:
    """Unpause HANDLER: all its waiting events start.

    A blocked handler cannot be unpaused. With --sample, some events run first, and nothing else does. If one of them
    fails, the handler stays paused, and the exit code is 1.
    """
    if sample is not None:
        try_first(invocation, names, sample, everything=everything)
    counter = FailureCounter(clients.dynamodb(invocation.stage), Names(invocation.stage).trace_table)

    def act(commands: Commands, name: str) -> Snapshot:
        # What failed before does not pause it again (`pause_on_failures`).
        counter.reset(name)
        return commands.unpause(name, reason)

    _for_each(invocation, names, everything, act)


@_about_handlers('sluice block send-receipt --reason "legal hold" --stage prod')
def block(invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None) -> None:
    """Block HANDLER: its events wait until an admin unblocks it.

    Only people with the admin policy can block and unblock. Pausing and unpausing cannot lift a block. No event
    is lost.
    """
    _for_each(invocation, names, everything, lambda commands, name: commands.block(name, reason), needs_admin="block")


@_about_handlers("sluice unblock send-receipt --stage prod")
def unblock(invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None) -> None:
    """Unblock HANDLER: all its waiting events start.

    A handler that was also paused stays paused.
    """
    _for_each(
        invocation, names, everything, lambda commands, name: commands.unblock(name, reason), needs_admin="unblock"
    )


def _explained(invocation: Invocation, handler: str, error: Exception, *, needs_admin: str | None) -> CommandError:
    """Return the error of one handler, in words where it is only that the caller is no admin."""
    if needs_admin and isinstance(error, ClientError) and error.response["Error"].get("Code") in NOT_ALLOWED:
        return CommandError(
            f"only an admin may {needs_admin} {handler}: a role with the policy"
            f" {Names(invocation.stage).policy('admin', 'REGION')} (AWS: {error.response['Error'].get('Message', '')})",
            code=REFUSED,
        )
    return explain(error, invocation.stage)


def _for_each(
    invocation: Invocation, names: Sequence[str], everything: bool, act: Act, *, needs_admin: str | None = None
) -> None:
    if everything == bool(names):
        raise click.UsageError("name one or more handlers, or give --all")
    known = known_handlers(invocation.stage, names)
    commands = Commands(open_handler_states(invocation.stage), caller(invocation.stage))
    done: list[dict[str, object]] = []
    failures: list[CommandError] = []
    for name in known if everything else dict.fromkeys(names):
        try:
            found = act(commands, name)
        except (SluiceError, BotoCoreError, ClientError) as error:
            # Go on with the other handlers.
            failures.append(_explained(invocation, name, error, needs_admin=needs_admin))
            continue
        state = state_of(found, in_flight(invocation.stage, name), int(time.time() * 1000))
        done.append({"handler": name, **asdict(state)})
        if not invocation.as_json:
            invocation.say(f"{name}: {state.state}")
    invoke_reconciler(invocation.stage)
    if invocation.as_json:
        invocation.print_json(done)
    if failures:
        raise CommandError(
            "; ".join(failure.message for failure in failures),
            code=max(failure.code for failure in failures),
            then=invocation.command("status"),
        )
    if not invocation.as_json:
        invocation.say(then=invocation.command("status", *(names if len(names) == 1 else ())))


def invoke_reconciler(stage: str) -> None:
    """Run the reconciler now and not within the minute: it alone changes the crons' schedules."""
    with contextlib.suppress(BotoCoreError, ClientError):
        clients.client("lambda", stage).invoke(
            FunctionName=Names(stage).reconciler, InvocationType="Event", Payload=b"{}"
        )
