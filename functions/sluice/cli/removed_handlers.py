"""A question before a deployment that deletes events: those of handlers that app.py no longer has."""

from __future__ import annotations

from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from ..local.synth import synth
from ..operate.event_counts import counts_of_all, in_words
from ..operate.handlers import NotDeployedError, queue_urls
from .asking import can_ask
from .command_error import FAILED, CommandError
from .next_command import next_command
from .terminal import echo


def ask_about_removed(root: Path, stage: str, *, yes: bool) -> None:
    """Ask whether the deployment may delete the events of handlers that are no longer in app.py.

    CloudFormation deletes a removed handler's queues with all that is in them. app.py is only synthesised if any
    handler of the stage has events.

    Args:
        root: the project's root.
        stage: the stage that is about to be deployed.
        yes: True to say what is deleted, and ask nothing.

    Raises:
        UsageError: there is nobody to ask.
        CommandError: the answer was no.
    """
    try:
        queues = queue_urls(stage)
        counts = {name: counted for name, counted in counts_of_all(stage, queues).items() if counted.total}
    except NotDeployedError:
        return
    except (BotoCoreError, ClientError) as error:
        echo(f"could not see whether handlers with events were removed from app.py: {error}", err=True)
        return
    if not counts:
        return
    made = synth(root, stage)
    removed = sorted((name, counted) for name, counted in counts.items() if name not in made.handlers)
    if not made.ok or not removed:
        # What is wrong with app.py, the deployment will say.
        return
    lost = "this deployment deletes the queues of handlers that are not in app.py any more, with their events:\n"
    lost += "\n".join(f"  {line}" for line in in_words(removed))
    if yes:
        echo(lost, err=True)
        return
    if not can_ask():
        raise click.UsageError(f"{lost}\nput them back into app.py, or give --yes to delete these events for good")
    echo(lost, err=True)
    if not click.confirm("delete these events for good?", err=True):
        raise CommandError("nothing was deployed", code=FAILED, then=next_command(stage, "status"))
