"""`sluice demo`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ..local import cloud
from ..local.demo import ORDERS, run_demo
from ..local.project import find_project
from .command_error import FAILED, CommandError
from .invocation import Invocation, about_local_cloud
from .progress import ShownProgress
from .status import print_status
from .terminal import echo
from .trace_page import print_trace


@click.command()
@about_local_cloud
def demo(invocation: Invocation) -> None:
    """Run a dozen orders through the example handlers.

    Starts the local cloud, emits the orders, waits until they and all that they emit have run, and compares the
    results with what they should be. The exit code is 0 only if all of them match.
    """
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
        echo()
        print_status(result.rows)
        echo()
        if result.sample:
            print_trace(result.sample)
            echo()
    if result.differences:
        raise CommandError(
            "the results are not what they should be:\n" + "\n".join(f"- {line}" for line in result.differences),
            code=FAILED,
            then="sluice status",
        )
    orders = len(ORDERS.read_text(encoding="utf-8").splitlines())
    receipts = "one of them without a receipt, as it has no address"
    invocation.say(f"done: {orders} orders, {receipts}", then="sluice console")
