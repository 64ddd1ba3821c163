"""`sluice cost`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ..planning import prices
from ..planning.cost import Bill, bill
from ..planning.usage import ImpossibleUsageError, Usage
from .help_text import examples
from .invocation import Invocation, about_no_stage
from .tables import print_table


@click.command(
    epilog=examples(
        "sluice cost --events 20e6 --duration-ms 40 --batch 10 --emit-batch 10",
        "sluice cost --handlers 12 --crons 3 --cron-minutes 5",
    )
)
@click.option("--events", type=float, metavar="N", default=1e6, help="Events a month.  [default: 1 million]")
@click.option(
    "--duration-ms",
    type=float,
    metavar="MS",
    default=100,
    show_default=True,
    help="Milliseconds to run one event and write its trace.",
)
@click.option("--memory", type=float, metavar="MB", default=256, show_default=True, help="Megabytes of each function.")
@click.option(
    "--batch", type=float, metavar="N", default=1, show_default=True, help="Events in one invocation, on average."
)
@click.option(
    "--emit-batch",
    type=float,
    metavar="N",
    default=1,
    show_default=True,
    help="Events in one call to SQS: 10 with emit_many.",
)
@click.option("--event-kb", type=float, metavar="KB", default=1, show_default=True, help="Kilobytes of one event.")
@click.option(
    "--trace-kb", type=float, metavar="KB", default=1, show_default=True, help="Kilobytes of one stored trace."
)
@click.option("--trace-days", type=float, metavar="DAYS", default=30, show_default=True, help="Days to keep traces.")
@click.option(
    "--execution-kb",
    type=float,
    metavar="KB",
    default=2,
    show_default=True,
    help='Kilobytes that calls and values add to a trace that keeps all; 0 with trace="basic".',
)
@click.option(
    "--failed-percent",
    type=float,
    metavar="N",
    default=0,
    show_default=True,
    help="Percent of the events whose runs fail.",
)
@click.option("--handlers", type=int, metavar="N", default=1, show_default=True, help="Handlers, crons included.")
@click.option("--crons", type=int, metavar="N", default=0, show_default=True, help="Crons among the handlers.")
@click.option(
    "--cron-minutes", type=float, metavar="N", default=60, show_default=True, help="Minutes between a cron's runs."
)
@click.option("--own-key", is_flag=True, help="The stage has a KMS key of its own.")
@about_no_stage
def cost(
    invocation: Invocation,
    events: float,
    duration_ms: float,
    memory: float,
    batch: float,
    emit_batch: float,
    event_kb: float,
    trace_kb: float,
    trace_days: float,
    execution_kb: float,
    failed_percent: float,
    handlers: int,
    crons: int,
    cron_minutes: float,
    own_key: bool,
) -> None:
    """Calculate what a stage costs a month on AWS.

    Shows each part's cost and how it is worked out. No AWS call is made.
    """
    try:
        usage = Usage(
            events=events,
            duration_ms=duration_ms,
            memory=memory,
            batch=batch,
            emit_batch=emit_batch,
            event_kb=event_kb,
            trace_kb=trace_kb,
            trace_days=trace_days,
            execution_kb=execution_kb,
            failed_percent=failed_percent,
            handlers=handlers,
            crons=crons,
            cron_minutes=cron_minutes,
            own_key=own_key,
        )
    except ImpossibleUsageError as error:
        raise click.UsageError(str(error)) from error
    made = bill(usage)
    if invocation.as_json:
        invocation.print_json(_as_json(made))
        return
    rows = [[part.name, f"{part.dollars:,.2f}", part.arithmetic] for part in made.parts]
    rows.append(["total", f"{made.total:,.2f}", ""])
    print_table(["part", "$ a month", "calculation"], rows, numbers={1})
    invocation.say(
        f"a million events cost ${made.per_million:.2f} for calls and computing",
        f"prices: us-east-1, {prices.AS_OF}; no free tier but Scheduler's; without cold starts and the"
        " AWS calls that handlers make",
        then=invocation.command("capacity"),
    )


def _as_json(made: Bill) -> dict[str, object]:
    return {
        "usage": asdict(made.usage),
        "parts": [asdict(part) for part in made.parts],
        "total": made.total,
        "per_million": made.per_million,
        "prices": {"region": "us-east-1", "as_of": prices.AS_OF},
    }
