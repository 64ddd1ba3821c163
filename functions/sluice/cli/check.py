"""`sluice check`."""

from __future__ import annotations

import click

from ..local.project import find_project
from ..local.synth import synth
from ..stage.names import LOCAL_STAGE
from .command_error import FAILED, CommandError
from .help_text import examples
from .invocation import Invocation, about_stage
from .terminal import echo


@click.command(epilog=examples("sluice check", "sluice check --stage prod"))
@about_stage()
def check(invocation: Invocation) -> None:
    """Check app.py and the handlers, without deploying.

    Runs app.py as a deployment would, and lists every problem with names, files, settings and limits. For a stage on
    AWS, it also tells what a new account's quotas may not allow. No AWS call is made.
    """
    result = synth(find_project(), invocation.stage)
    if invocation.as_json:
        invocation.print_json(
            {"ok": result.ok, "handlers": result.handlers, "problems": result.problems, "notes": result.notes}
        )
    if not result.ok:
        listed = "\n".join(f"- {problem}" for problem in result.problems)
        raise CommandError(f"app.py cannot be deployed:\n{listed}", code=FAILED, then=invocation.command("check"))
    if not invocation.as_json:
        echo(f"ok: {len(result.handlers)} handler{'' if len(result.handlers) == 1 else 's'}")
    for note in result.notes:
        invocation.say(f"note: {note}")
    then = "sluice up" if invocation.stage == LOCAL_STAGE else invocation.command("cdk", "deploy")
    invocation.say(", ".join(result.handlers), then=then)
