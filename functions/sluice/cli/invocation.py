"""The options that every command has, and how a command prints."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import click

from ..stage.names import LOCAL_STAGE, check_stage
from .local_stage import only_local, use_local_cloud
from .next_command import STAGE_VARIABLE, next_command
from .terminal import echo, echo_json


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One run of a command.

    Attributes:
        stage: the stage that it works on.
        as_json: whether it prints JSON for a program, and not text for a person.
    """

    stage: str
    as_json: bool

    def command(self, *words: str) -> str:
        """Return a command line for the reader to run next, on the same stage."""
        return next_command(self.stage, *words)

    def say(self, *lines: str, then: str | None = None) -> None:
        """Print lines for a person on stderr, and the command to run next."""
        following = () if then is None else (f"next: {then}",)
        echo("\n".join([*lines, *following]), err=True)

    def print_json(self, value: object) -> None:
        """Print a value as JSON."""
        self.print_text(json.dumps(value, ensure_ascii=False, indent=2))

    def print_json_list(self, texts: Iterable[str]) -> None:
        """Print a JSON array as its items come in, one a line. If an error or Ctrl-C ends them, it is closed first.

        Args:
            texts: each item as JSON text.
        """
        before = "["
        try:
            for text in texts:
                echo_json(before + text, end="")
                before = ",\n "
        finally:
            self.print_text("[]" if before == "[" else "]")

    def print_text(self, text: str) -> None:
        """Print text for a program: in UTF-8, whatever the terminal's encoding is."""
        echo_json(text)


Command = Callable[..., Any]


def about_stage(*, deployed: bool = False) -> Callable[[Command], Command]:
    """Give a command `--stage` and `--json`, and an `Invocation` as its first argument.

    Args:
        deployed: whether the command works on what is deployed: on stage `local`, the local cloud then has to run.
    """

    def prepare(stage: str) -> None:
        if stage == LOCAL_STAGE:
            use_local_cloud(must_run=deployed)
        elif "AWS_REGION" in os.environ:
            # All of AWS's tools but boto3 read the region from AWS_REGION.
            os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])

    return lambda function: _with_invocation(function, prepare, show_stage=True)


def about_local_cloud(function: Command) -> Command:
    """Give a command `--json` and an `Invocation`, and refuse every stage but `local`."""

    def prepare(stage: str) -> None:
        only_local(stage, function.__name__)
        use_local_cloud(must_run=False)

    return _with_invocation(function, prepare)


def about_no_stage(function: Command) -> Command:
    """Give a command `--json` and an `Invocation`. It accepts `--stage`, as all commands do, and ignores it."""
    return _with_invocation(function, lambda _: None)


def _with_invocation(function: Command, prepare: Callable[[str], None], *, show_stage: bool = False) -> Command:
    """Give a command the options, and an `Invocation` as its first argument.

    Args:
        function: the command.
        prepare: called with the stage before the command.
        show_stage: True if the command's help lists `--stage`.
    """

    @_stage_option(hidden=not show_stage)
    @_json_option
    @functools.wraps(function)
    def with_invocation(*arguments: Any, stage: str, as_json: bool, **options: Any) -> Any:
        check_stage(stage)
        prepare(stage)
        return function(Invocation(stage=stage, as_json=as_json), *arguments, **options)

    return with_invocation


def _stage_option(*, hidden: bool) -> Callable[[Command], Command]:
    return click.option(
        "--stage",
        envvar=STAGE_VARIABLE,
        default=LOCAL_STAGE,
        show_default=True,
        show_envvar=True,
        metavar="STAGE",
        help="Stage to work on, such as prod.",
        hidden=hidden,
    )


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, and nothing else there.")
