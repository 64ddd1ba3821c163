"""`sluice capacity`."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import click

from ..planning.capacity import ACCOUNT_CONCURRENCY, WRITES_A_TABLE, Check, ImpossibleLoadError, Load, checks
from ..planning.drain import Drain, drain
from ..planning.picture import picture
from ..traces.item import NEW_TABLE_WRITES
from .help_text import examples
from .invocation import Invocation, about_no_stage
from .tables import print_table

_IN_SECONDS = 120
"""Durations below it are shown in seconds."""


@click.command(
    epilog=examples(
        "sluice capacity --rate 1000 --pause-hours 24 --svg backlog.svg",
        "sluice capacity --rate 50000 --duration-ms 20 --batch 10 --handlers 4",
    )
)
@click.option(
    "--rate", type=float, metavar="N", default=1_000, show_default=True, help="Events a second, of all handlers."
)
@click.option(
    "--duration-ms",
    type=float,
    metavar="MS",
    default=100,
    show_default=True,
    help="Milliseconds to run one event and write its trace.",
)
@click.option("--batch", type=int, metavar="N", default=1, show_default=True, help="Events in one invocation.")
@click.option(
    "--handlers", type=int, metavar="N", default=1, show_default=True, help="Handlers that share the events evenly."
)
@click.option(
    "--max-concurrency", type=int, metavar="N", help="The handlers' max_concurrency.  [default: AWS's limits]"
)
@click.option(
    "--account-concurrency",
    type=int,
    metavar="N",
    default=ACCOUNT_CONCURRENCY,
    show_default=True,
    help="The account's Lambda quota of concurrent executions.",
)
@click.option(
    "--trace-kb", type=float, metavar="KB", default=1, show_default=True, help="Kilobytes of one stored trace."
)
@click.option(
    "--table-writes",
    type=float,
    metavar="N",
    default=WRITES_A_TABLE,
    show_default=True,
    help="The account's DynamoDB quota, in write units a second for a table.",
)
@click.option("--backlog", type=float, metavar="N", default=0, show_default=True, help="Events that wait already.")
@click.option(
    "--pause-hours",
    type=float,
    metavar="HOURS",
    default=0,
    show_default=True,
    help="Hours of a pause, in which events go on coming in.",
)
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw the backlog over time into this file."
)
@about_no_stage
def capacity(
    invocation: Invocation,
    rate: float,
    duration_ms: float,
    batch: int,
    handlers: int,
    max_concurrency: int | None,
    account_concurrency: int,
    trace_kb: float,
    table_writes: float,
    backlog: float,
    pause_hours: float,
    svg: Path | None,
) -> None:
    """Calculate what a rate of events needs on AWS.

    Shows how many machines it takes, which of AWS's limits it meets and what to do about them, and how long a backlog
    takes to drain. No AWS call is made.
    """
    try:
        load = Load(
            rate=rate,
            duration_ms=duration_ms,
            batch=batch,
            handlers=handlers,
            max_concurrency=max_concurrency,
            account_concurrency=account_concurrency,
            trace_kb=trace_kb,
            table_writes=table_writes,
            backlog=backlog,
            pause=pause_hours * 3_600,
        )
    except ImpossibleLoadError as error:
        raise click.UsageError(str(error)) from error
    drained = drain(load)
    limits = checks(load, drained.longest_wait)
    if svg:
        svg.write_text(picture(_title(load, drained), drained.points, unpaused=load.pause or None), encoding="utf-8")
    if invocation.as_json:
        invocation.print_json(_as_json(load, drained, limits))
        return
    rows = [[limit.name, _number(limit.used), _number(limit.limit), "yes" if limit.holds else "NO"] for limit in limits]
    print_table(["limit", "needed", "available", "enough"], rows, numbers={1, 2})
    lines = [
        f"{load.rate:,g} events/s take {load.needed:,} machines; the most that can run is {load.most:,.0f} events/s"
    ]
    if drained.backlog:
        lines.append(
            f"a backlog of {drained.backlog:,.0f} never drains"
            if drained.seconds is None
            else f"a backlog of {drained.backlog:,.0f} drains in {_duration(drained.seconds)}"
        )
    if load.ramp:
        lines.append(
            f"a new table takes {NEW_TABLE_WRITES:,} trace writes a second, and twice as many each half hour:"
            f" {_duration(load.ramp)} to this load. Traces that it throttles are lost. Set warm_writes="
            f"{math.ceil(load.rate * load.trace_units)} in app.py, or begin with less"
        )
    lines += [f"{limit.name}: {limit.remedy}" for limit in limits if not limit.holds]
    if svg:
        lines.append(f"wrote {svg}")
    invocation.say(*lines, then=invocation.command("cost"))


def _as_json(load: Load, drained: Drain, limits: list[Check]) -> dict[str, object]:
    return {
        "load": asdict(load),
        "concurrency": load.needed,
        "most_per_second": load.most,
        "keeps_up": load.keeps_up,
        "ramp_seconds": load.ramp,
        "backlog": drained.backlog,
        "drain_seconds": drained.seconds,
        "longest_wait_seconds": drained.longest_wait,
        "limits": [
            {
                "name": limit.name,
                "taken": None if math.isinf(limit.used) else limit.used,
                "limit": limit.limit,
                "holds": limit.holds,
                "remedy": None if limit.holds else limit.remedy,
            }
            for limit in limits
        ],
        "points": [[point.at, point.backlog, point.concurrency] for point in drained.points],
    }


def _title(load: Load, drained: Drain) -> str:
    of = "" if load.handlers == 1 else f", {load.handlers} handlers"
    end = "never drains" if drained.seconds is None else f"drains in {_duration(drained.seconds)}"
    return f"{load.rate:,g} events/s of {load.duration_ms:g} ms{of}: the backlog {end}"


def _number(value: float) -> str:
    return "unlimited" if math.isinf(value) else f"{value:,.1f}".removesuffix(".0")


def _duration(seconds: float) -> str:
    if seconds < _IN_SECONDS:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    days, rest = divmod(minutes, 1_440)
    hours, minutes = divmod(rest, 60)
    shown = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count]
    return " ".join(shown[:2])
