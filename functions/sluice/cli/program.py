"""The program `sluice`: it runs a command and turns whatever goes wrong into a message and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

import click

from .commands import root
from .failures import CommandError, explain
from .invocation import stage_wanted


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark in its place.
        getattr(stream, "reconfigure", _nothing)(errors="replace")
    signal.signal(signal.SIGTERM, _end)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command.

    Args:
        arguments: what stands after `sluice`.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 nothing running at that stage.
    """
    try:
        code = root(list(arguments), prog_name="sluice", standalone_mode=False)
    except click.ClickException as error:
        failure = CommandError(error.format_message(), code=error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        failure = CommandError("stopped", code=1)
    except BrokenPipeError:
        _discard_output()
        return 1
    except CommandError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - nobody is shown a traceback who did not ask for it
        if os.environ.get("SLUICE_DEBUG"):
            traceback.print_exc()
        failure = explain(error, stage_wanted(arguments))
    else:
        return code if isinstance(code, int) else 0
    click.echo(failure.text(_command_in(arguments)), err=True)
    return failure.code


def _command_in(arguments: Sequence[str]) -> str:
    """The command that the arguments name, as far as there is one."""
    known = ["sluice"]
    command: click.Command | None = root
    for word in arguments:
        if not isinstance(command, click.Group):
            break
        context = click.Context(command)
        command = command.get_command(context, word) if word in command.list_commands(context) else None
        known += [word] if command else []
    return " ".join(known)


def _discard_output() -> None:
    """Whoever read the output has had enough: what is left unwritten must not be tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _nothing(**_: object) -> None:
    """For streams that have no encoding to configure."""


def _end(number: int, _: FrameType | None) -> None:
    """End as if by an exception, so that what was begun is tidied up."""
    sys.exit(128 + number)
