"""`sluice pause`, `unpause`, `block` and `unblock`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import SluiceError
from ..event.envelope import LAST_MS
from ..operate.handlers import UnknownHandlerError, handler_names
from ..operate.status import in_flight
from ..pausing.commands import Commands
from ..pausing.describe import state_of
from ..pausing.handler_states import Snapshot
from ..pausing.history import MAX_REASON
from .failures import CommandError, explain
from .identity import open_commands, set_off_reconciler
from .invocation import Invocation, about_stage
from .parse_time import moment_of

Act = Callable[[Commands, str], Snapshot]


def _short(_: click.Context, __: click.Parameter, reason: str | None) -> str | None:
    if reason is not None and not _is_text(reason):
        raise click.BadParameter("it is not UTF-8 text")
    if reason is not None and len(reason) > MAX_REASON:
        raise click.BadParameter(f"it has {len(reason):,} characters; {MAX_REASON:,} are the most")
    return reason


def _is_text(given: str) -> bool:
    """Whether it came as UTF-8: Python has other bytes as characters that nothing takes."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def _about_handlers(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what all four take."""
    for decorate in (
        about_stage(deployed=True),
        click.option(
            "--reason", metavar="TEXT", callback=_short, help="Why. It is shown wherever the state is, and kept."
        ),
        click.option("--all", "everything", is_flag=True, help="All handlers of the stage."),
        click.argument("names", metavar="HANDLER...", nargs=-1),
    ):
        command = decorate(command)
    return click.command()(command)


@click.option("--until", metavar="ISO", help="When it ends by itself, such as 2030-01-31T09:00:00+01:00.")
@_about_handlers
def pause(
    invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None, until: str | None
) -> None:
    """Let no more of HANDLER's events start. They wait, for as long as it takes, and none is lost.

    What runs already runs to its end. Repeat the command should it fail half-way.
    """
    until_ms = None
    if until is not None:
        moment = moment_of("--until", until)
        if moment <= datetime.now(UTC):
            raise click.UsageError(f"--until {until} has gone by; give a moment that is to come")
        until_ms = int(moment.timestamp() * 1000)
        if until_ms > LAST_MS:
            raise click.UsageError(f"--until {until} is beyond the calendar; leave it out for a pause without an end")
    _for_each(invocation, names, everything, lambda commands, name: commands.pause(name, reason, until_ms))


@_about_handlers
def unpause(invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None) -> None:
    """Let HANDLER's events start again, all that have been waiting as soon as possible."""
    _for_each(invocation, names, everything, lambda commands, name: commands.unpause(name, reason))


@_about_handlers
def block(invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None) -> None:
    """Let no more of HANDLER's events start until an admin says otherwise. Pausing cannot undo it, nor unpausing."""
    _for_each(invocation, names, everything, lambda commands, name: commands.block(name, reason))


@_about_handlers
def unblock(invocation: Invocation, names: Sequence[str], *, everything: bool, reason: str | None) -> None:
    """Lift the block on HANDLER. If it was also paused, it stays paused."""
    _for_each(invocation, names, everything, lambda commands, name: commands.unblock(name, reason))


def _for_each(invocation: Invocation, names: Sequence[str], everything: bool, act: Act) -> None:
    if everything == bool(names):
        raise click.UsageError("name the handlers, or say --all")
    known = handler_names(invocation.stage)
    for name in names:
        if name not in known:
            raise UnknownHandlerError(name, invocation.stage, known)
    commands = open_commands(invocation.stage)
    done: list[dict[str, object]] = []
    failures: list[CommandError] = []
    for name in known if everything else dict.fromkeys(names):
        try:
            found = act(commands, name)
        except (SluiceError, BotoCoreError, ClientError) as error:
            # The others are none the worse for it.
            failures.append(explain(error, invocation.stage))
            continue
        state = state_of(found, in_flight(invocation.stage, name), int(time.time() * 1000))
        done.append({"handler": name, **asdict(state)})
        if not invocation.as_json:
            invocation.say(f"{name}: {state.state}")
    set_off_reconciler(invocation.stage)
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
