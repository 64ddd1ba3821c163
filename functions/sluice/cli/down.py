"""`sluice down`."""

from __future__ import annotations

import click

from ..local import cloud
from ..local.port import local_port
from ..local.project import find_project
from .invocation import Invocation, about_local_cloud
from .progress import ShownProgress


@click.command()
@about_local_cloud
def down(invocation: Invocation) -> None:
    """Stop the local cloud and delete its events and traces.

    The logs in .sluice stay.
    """
    stopped = cloud.down(find_project(), ShownProgress())
    if invocation.as_json:
        invocation.print_json({"stopped": stopped})
    text = "the local cloud has stopped" if stopped else f"this project has no local cloud at port {local_port()}"
    invocation.say(text, then="sluice up")
