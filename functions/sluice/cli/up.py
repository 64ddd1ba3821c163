"""`sluice up`."""

from __future__ import annotations

import click

from ..local import cloud
from ..local.project import find_project
from ..stage.names import LOCAL_STAGE
from .help_text import examples
from .invocation import Invocation, about_local_cloud
from .progress import ShownProgress
from .removed_handlers import ask_about_removed


@click.command(epilog=examples("sluice up", "sluice up --no-crons", "SLUICE_PORT=4567 sluice up"))
@click.option("--no-crons", is_flag=True, help="Disable the crons' schedules. The next up without it enables them.")
@click.option("--yes", is_flag=True, help="Do not ask before events of removed handlers are deleted.")
@about_local_cloud
def up(invocation: Invocation, *, no_crons: bool, yes: bool) -> None:
    """Start the local cloud and deploy app.py into it.

    Run it again after each change. If nothing has changed, it does nothing. SLUICE_PORT sets the local cloud's port,
    4566 by default. It asks before it deletes the events of a handler that is not in app.py any more.
    """
    root = find_project()
    ready = cloud.up(
        root,
        ShownProgress(),
        crons=not no_crons,
        before_change=lambda: ask_about_removed(root, LOCAL_STAGE, yes=yes),
    )
    if invocation.as_json:
        invocation.print_json(
            {"endpoint": ready.endpoint, "port": ready.port, "pid": ready.pid, "deployed": ready.deployed}
        )
    news = "deployed" if ready.deployed else "nothing has changed"
    invocation.say(f"{news}; the local cloud is running at {ready.endpoint}", then="sluice status")
