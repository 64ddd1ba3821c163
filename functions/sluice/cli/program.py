"""The program `sluice`: run a command, and turn its errors into messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

import click

from .command_error import FAILED, CommandError
from .commands import root
from .explain_error import explain
from .next_command import default_stage
from .terminal import echo


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark in its place.
        getattr(stream, "reconfigure", _nothing)(errors="replace")
    signal.signal(signal.SIGTERM, _exit_on_signal)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command.

    Args:
        arguments: the words after `sluice`.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 nothing running at that stage.
    """
    try:
        code = root(list(arguments), prog_name="sluice", standalone_mode=False)
    except click.ClickException as error:
        failure = CommandError(error.format_message(), code=error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        failure = CommandError("interrupted", code=FAILED)
    except BrokenPipeError:
        _discard_output()
        return FAILED
    except CommandError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - people see a message, and a traceback only if they ask for it
        if os.environ.get("SLUICE_DEBUG"):
            traceback.print_exc()
        failure = explain(error, _stage_in(arguments))
    else:
        return code if isinstance(code, int) else 0
    echo(failure.text(_command_in(arguments)), err=True)
    return failure.code


def _command_in(arguments: Sequence[str]) -> str:
    """Return `sluice` and the command that the arguments name, as far as such a command exists."""
    words = ["sluice"]
    command: click.Command | None = root
    if " ".join(arguments[:2]) in root.list_commands(click.Context(root)):
        return " ".join([*words, *arguments[:2]])
    for word in arguments:
        if not isinstance(command, click.Group):
            break
        context = click.Context(command)
        command = command.get_command(context, word) if word in command.list_commands(context) else None
        words += [word] if command else []
    return " ".join(words)


def _stage_in(arguments: Sequence[str]) -> str:
    """Return the stage that the arguments name, as far as that shows without parsing them."""
    for index, word in enumerate(arguments):
        if word == "--stage" and index + 1 < len(arguments):
            return arguments[index + 1]
        if word.startswith("--stage="):
            return word.partition("=")[2]
    return default_stage()


def _discard_output() -> None:
    """Send the rest of the output nowhere: Python would fail on writing it at exit, as its reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _nothing(**_: object) -> None:
    """Do nothing, for streams without an encoding to configure."""


def _exit_on_signal(number: int, _: FrameType | None) -> None:
    """Exit by an exception, so that context managers and `finally` clean up."""
    sys.exit(128 + number)
