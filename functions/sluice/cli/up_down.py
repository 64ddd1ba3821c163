"""`sluice up` and `sluice down`."""

from __future__ import annotations

import click

from ..local import cloud
from ..local.project import find_project, local_port
from .invocation import Invocation, about_stage, only_local
from .progress import ShownProgress


@click.command()
@click.option("--no-crons", is_flag=True, help="Deploy the crons so that they do not fire; up without it undoes that.")
@about_stage()
def up(invocation: Invocation, *, no_crons: bool) -> None:
    """Start the local cloud and deploy app.py into it.

    Does nothing that has been done already, so it is also how a change gets in. SLUICE_PORT (4566) is its port.
    """
    only_local(invocation, "up")
    ready = cloud.up(find_project(), ShownProgress(), crons=not no_crons)
    if invocation.as_json:
        invocation.print_json(
            {"endpoint": ready.endpoint, "port": ready.port, "pid": ready.pid, "deployed": ready.deployed}
        )
    news = "ready" if ready.deployed else "ready, and nothing has changed"
    invocation.say(f"{news}: the local cloud is at {ready.endpoint}", then="sluice status")


@click.command()
@about_stage()
def down(invocation: Invocation) -> None:
    """Stop the local cloud. Its events and traces are gone then; the logs in .sluice stay."""
    only_local(invocation, "down")
    stopped = cloud.down(find_project(), ShownProgress())
    if invocation.as_json:
        invocation.print_json({"stopped": stopped})
    text = "the local cloud is down" if stopped else f"no local cloud of this project runs at port {local_port()}"
    invocation.say(text, then="sluice up")
