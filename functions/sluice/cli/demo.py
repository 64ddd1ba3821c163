"""`sluice demo`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ..local import cloud
from ..local.demo import ORDERS, run_demo
from ..local.project import find_project
from .failures import FAILED, CommandError
from .invocation import Invocation, about_stage, only_local
from .progress import ShownProgress
from .status import print_status
from .trace_page import print_trace


@click.command()
@about_stage()
def demo(invocation: Invocation) -> None:
    """Start the local cloud and send a dozen orders through the example handlers.

    Ends well only if each of them, and everything that was emitted for it, came out as it should.
    """
    only_local(invocation, "demo")
    progress = ShownProgress()
    cloud.up(find_project(), progress)
    result = run_demo(progress)
    if invocation.as_json:
        invocation.print_json(
            {
                "ok": not result.differences,
                "differences": result.differences,
                "status": [asdict(row) for row in result.rows],
            }
        )
    else:
        click.echo()
        print_status(result.rows)
        click.echo()
        if result.sample:
            print_trace(result.sample)
            click.echo()
    if result.differences:
        raise CommandError(
            "not everything came out as it should:\n" + "\n".join(f"- {line}" for line in result.differences),
            code=FAILED,
            then="sluice status",
        )
    orders = len(ORDERS.read_text(encoding="utf-8").splitlines())
    receipts = "one of them without a receipt, as it has no address"
    invocation.say(f"done: {orders} orders, {receipts}", then="sluice traces send-receipt")
