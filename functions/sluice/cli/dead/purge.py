"""`sluice dead purge`."""

from __future__ import annotations

import click

from ..asking import can_ask
from ..command_error import FAILED, CommandError
from ..help_text import examples
from ..invocation import Invocation, about_stage
from ..progress import ShownProgress
from .letters import open_letters


@click.command(epilog=examples("sluice dead purge send-receipt", "sluice dead purge send-receipt --yes"))
@click.argument("handler")
@click.option("--yes", is_flag=True, help="Do not ask.")
@about_stage(deployed=True)
def purge(invocation: Invocation, handler: str, *, yes: bool) -> None:
    """Delete all of HANDLER's dead letters for good.

    Asks for the handler's name first.
    """
    letters = open_letters(invocation, handler, ShownProgress())
    about = letters.count()
    if not yes:
        if not can_ask():
            raise click.UsageError(f"this deletes about {about} events for good; give --yes to do it")
        answer = click.prompt(f"this deletes about {about} events for good; type the handler's name", err=True)
        if answer != handler:
            raise CommandError(
                "that is not the handler's name; nothing was deleted",
                code=FAILED,
                then=invocation.command("dead", "list", handler),
            )
    letters.purge()
    if invocation.as_json:
        invocation.print_json({"handler": handler, "purged": about})
    else:
        invocation.say(f"about {about} purged", then=invocation.command("status", handler))
