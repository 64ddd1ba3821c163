"""`sluice console`."""

from __future__ import annotations

import webbrowser
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from ..cli.command_error import FAILED, CommandError
from ..cli.help_text import examples
from ..cli.invocation import Invocation, about_stage
from ..cli.terminal import echo
from ..operate.handlers import queue_urls
from ..pausing.cloudtrail import user_of
from ..stage import clients
from ..stage.names import LOCAL_STAGE


@click.command(epilog=examples("sluice console", "sluice console --stage prod --no-browser"))
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    metavar="PORT",
    help="Port of 127.0.0.1 to listen on; any free one if left out.",
)
@click.option("--no-browser", is_flag=True, help="Print the page's address, and open no browser.")
@about_stage(deployed=True)
def console(invocation: Invocation, *, port: int | None, no_browser: bool) -> None:
    """Open a page that shows the stage, until Ctrl-C.

    It shows what the other commands show, with your own rights: handlers, failures, traces, crons. Its address holds a
    secret, and only the browser that opens it gets in.
    """
    try:
        from .server import first_url, listen, serve  # noqa: PLC0415 - its packages may not be installed
        from .site import Site  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise CommandError(
            f"the page needs the package {error.name}, of the group `console` in pyproject.toml",
            code=FAILED,
            then="uv sync",
        ) from error
    # A stage that is not deployed, or credentials that do not work, end it here.
    queue_urls(invocation.stage)
    who, where = _caller(invocation.stage)
    with listen(port or 0) as listener:
        number: int = listener.getsockname()[1]
        site = Site(invocation.stage, number, who=who, where=where)
        url = first_url(site, number)

        def ready() -> None:
            if invocation.as_json:
                invocation.print_json({"url": url, "stage": invocation.stage})
            else:
                echo(url)
                invocation.say("Ctrl-C ends it")
            if not no_browser:
                webbrowser.open(url)

        serve(site, listener, ready)


def _caller(stage: str) -> tuple[str, str]:
    """Return the caller's name, and the region and account, as far as AWS tells them."""
    sts: Any = clients.client("sts", stage)
    region = sts.meta.region_name
    if stage == LOCAL_STAGE:
        return "you", "this machine"
    try:
        identity = sts.get_caller_identity()
    except (BotoCoreError, ClientError):
        return "unknown", region
    return user_of(identity["Arn"]), f"{region} · account ··{identity['Account'][-4:]}"
