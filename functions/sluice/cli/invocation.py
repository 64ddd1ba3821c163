"""What every command is told: the stage, and whether a program reads its output."""

from __future__ import annotations

import functools
import json
import os
import shlex
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from ..local.environment import unproxied
from ..local.errors import NothingRunningError
from ..local.project import local_port
from ..stage.names import LOCAL_STAGE, check_stage

_STAGE_VARIABLE = "SLUICE_STAGE"


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One call of a command.

    Attributes:
        stage: the stage that it is about.
        as_json: whether its output is for a program.
    """

    stage: str
    as_json: bool

    def command(self, *words: str) -> str:
        """A command line for the reader to run next, at the same stage."""
        return next_command(self.stage, *words)

    def say(self, *lines: str, then: str | None = None) -> None:
        """Tell the user something, and what to run next."""
        following = () if then is None else (f"next: {then}",)
        click.echo("\n".join([*lines, *following]), err=True)

    def print_json(self, value: object) -> None:
        """Print a value as JSON."""
        self.print_text(json.dumps(value, ensure_ascii=False, indent=2))

    def print_text(self, text: str) -> None:
        """Print text that a program reads: UTF-8, whatever the terminal's encoding is."""
        click.echo((text + "\n").encode(), nl=False)


def next_command(stage: str, *words: str) -> str:
    """A command line of this program for the reader to run, at a stage."""
    options = () if stage == default_stage() else ("--stage", stage)
    return shlex.join(("sluice", *words, *options))


def about_stage(*, deployed: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options that all commands have, and an `Invocation` as its first argument.

    Args:
        deployed: whether the command is about what is deployed: then the local cloud has to run, for its stage.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @click.option(
            "--stage",
            envvar=_STAGE_VARIABLE,
            default=LOCAL_STAGE,
            show_default=True,
            metavar="STAGE",
            help=f"The stage, such as prod; {_STAGE_VARIABLE} if left out.",
        )
        @click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, and nothing else there.")
        @functools.wraps(function)
        def with_invocation(*arguments: Any, stage: str, as_json: bool, **options: Any) -> Any:
            check_stage(stage)
            if stage == LOCAL_STAGE:
                _use_local_cloud(must_run=deployed)
            elif "AWS_REGION" in os.environ:
                # All of AWS's tools but boto3 know this name for it.
                os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
            return function(Invocation(stage=stage, as_json=as_json), *arguments, **options)

        return with_invocation

    return decorate


def only_local(invocation: Invocation, command: str) -> None:
    """Refuse a stage on AWS for a command that is about the local cloud.

    Raises:
        click.UsageError: it is another stage.
    """
    if invocation.stage != LOCAL_STAGE:
        raise click.UsageError(
            f"{command} is about the local cloud, not stage {invocation.stage!r}; to deploy that one, run:"
            f" sluice cdk deploy --stage {invocation.stage}"
        )


def stage_wanted(arguments: Sequence[str]) -> str:
    """The stage that a command line is about, as far as it can be told without parsing it."""
    for index, word in enumerate(arguments):
        if word == "--stage" and index + 1 < len(arguments):
            return arguments[index + 1]
        if word.startswith("--stage="):
            return word.partition("=")[2]
    return default_stage()


def _use_local_cloud(*, must_run: bool) -> None:
    """Take the caller's AWS settings out of this process: the local cloud needs none, and a profile could break it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ.update(unproxied(os.environ))
    port = local_port()
    if must_run:
        # boto3 would try for some ten seconds.
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                raise NothingRunningError(port)
        # Not before it is needed, as it takes a while to import.
        from ..local.health import answers  # noqa: PLC0415 - see above

        if not answers(port):
            raise NothingRunningError(port, "what has the port is no local cloud, or one that hangs")


def default_stage() -> str:
    """The stage that is meant if a command line names none."""
    return os.environ.get(_STAGE_VARIABLE) or LOCAL_STAGE
