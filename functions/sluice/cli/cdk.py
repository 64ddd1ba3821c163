"""`sluice cdk`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

import click

from ..local import cdk as packaged
from ..local import environment
from ..local.deployment import environment_of_cdk
from ..local.failure import MANIFEST
from ..local.project import Files, find_project, local_port
from ..stage.names import LOCAL_STAGE, check_stage
from .failures import FAILED, CommandError
from .invocation import next_command
from .progress import ShownProgress


@click.command(
    # All but --stage is for the CDK, its own --help and --json included.
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.option("--stage", envvar="SLUICE_STAGE", default="local", metavar="STAGE")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def cdk(stage: str, arguments: tuple[str, ...]) -> None:
    """Run the CDK's own command line on app.py, with your AWS credentials.

    For a first deployment to AWS: `sluice cdk bootstrap --stage prod`, and `sluice cdk deploy --stage prod`. All
    arguments but --stage are the CDK's.
    """
    check_stage(stage)
    root = find_project()
    files = Files(root, local_port())
    program = packaged.command(ShownProgress())
    if stage == LOCAL_STAGE:
        variables = environment_of_cdk(files)
        files.temporary.mkdir(parents=True, exist_ok=True)
    else:
        variables = environment.for_cdk(os.environ, packaged.node()) | {"SLUICE_STAGE": stage}
    if not {"-a", "--app"}.intersection(argument.partition("=")[0] for argument in arguments):
        # Of an app.py that makes nothing, the CDK would take what it made before, and be it another stage's.
        (root / _output_of(arguments) / MANIFEST).unlink(missing_ok=True)
    done = subprocess.run(  # noqa: S603 - the CDK's command line, with the caller's own arguments and no shell
        [*program, "--context", f"stage={stage}", *arguments], cwd=root, env=variables, check=False
    )
    if done.returncode != 0:
        raise CommandError(f"cdk ended with code {done.returncode}", code=FAILED, then=next_command(stage, "check"))


def _output_of(arguments: Sequence[str]) -> str:
    """The directory that the CDK is to write into."""
    for index, word in enumerate(arguments):
        if word in {"-o", "--output"} and index + 1 < len(arguments):
            return arguments[index + 1]
        if word.startswith("--output="):
            return word.partition("=")[2]
    return "cdk.out"
