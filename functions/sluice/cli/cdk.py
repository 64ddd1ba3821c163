"""`sluice cdk`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

import click

from ..local import cdk_program, environment
from ..local.deployment import environment_of_cdk
from ..local.failure_reason import MANIFEST
from ..local.files import Files
from ..local.port import local_port
from ..local.project import find_project
from ..stage.names import LOCAL_STAGE, check_stage
from .command_error import FAILED, CommandError
from .next_command import STAGE_VARIABLE, next_command
from .progress import ShownProgress
from .removed_handlers import ask_about_removed

_YES = {"-y", "--yes"}
"""The CDK's own option not to be asked."""


@click.command(
    # All options but --stage go to the CDK, its own --help and --json included.
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.option("--stage", envvar=STAGE_VARIABLE, default=LOCAL_STAGE, metavar="STAGE")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def cdk(stage: str, arguments: tuple[str, ...]) -> None:
    """Run the AWS CDK on app.py, with your AWS credentials.

    For a first deployment to AWS: `sluice cdk bootstrap --stage prod`, then `sluice cdk deploy --stage prod`. All
    arguments but --stage go to the CDK. Before `deploy` deletes the events of a handler that is not in app.py any more,
    this asks; --yes, which is the CDK's own, answers.
    """
    check_stage(stage)
    root = find_project()
    files = Files(root, local_port())
    if _deploys(arguments):
        ask_about_removed(root, stage, yes=not _YES.isdisjoint(arguments))
    program = cdk_program.command(ShownProgress())
    if stage == LOCAL_STAGE:
        variables = environment_of_cdk(files)
        files.temporary.mkdir(parents=True, exist_ok=True)
    else:
        variables = environment.for_cdk(os.environ, cdk_program.node()) | {STAGE_VARIABLE: stage}
    if not _has_app(arguments):
        # If app.py makes nothing, the CDK would use the last synthesis, even one of another stage.
        (root / _output_in(arguments) / MANIFEST).unlink(missing_ok=True)
    done = subprocess.run(  # noqa: S603 - the CDK's command line, with the caller's own arguments and no shell
        [*program, "--context", f"stage={stage}", *arguments], cwd=root, env=variables, check=False
    )
    if done.returncode != 0:
        raise CommandError(
            f"cdk exited with code {done.returncode}; its output is above",
            code=FAILED,
            then=next_command(stage, "check"),
        )


def _deploys(arguments: Sequence[str]) -> bool:
    """Return True if the CDK would deploy app.py."""
    return "deploy" in arguments and not _has_app(arguments)


def _has_app(arguments: Sequence[str]) -> bool:
    return not {"-a", "--app"}.isdisjoint(argument.partition("=")[0] for argument in arguments)


def _output_in(arguments: Sequence[str]) -> str:
    """Return the directory that the CDK writes into."""
    for index, word in enumerate(arguments):
        if word in {"-o", "--output"} and index + 1 < len(arguments):
            return arguments[index + 1]
        if word.startswith("--output="):
            return word.partition("=")[2]
    return "cdk.out"
