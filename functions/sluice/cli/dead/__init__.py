"""`sluice dead`: the commands on a handler's dead letters, a module each."""

from __future__ import annotations

import click

from ..terminal import echo
from .listing import list_
from .purge import purge
from .redrive import redrive
from .show import show


class _InOrder(click.Group):
    """A group whose help lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands in the order in which they were added."""
        return list(self.commands)


@click.group(cls=_InOrder, no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def dead(context: click.Context) -> None:
    """List, show, redrive or purge a handler's dead letters.

    A dead letter is an event whose five attempts were all cut off. It stays in the handler's dead-letter queue until
    someone redrives or purges it.
    """
    if context.invoked_subcommand is None:
        echo(context.get_help())


for _command in (list_, show, redrive, purge):
    dead.add_command(_command)
