"""`sluice dead show`."""

from __future__ import annotations

import time

import click

from ...traces import DamagedTraceError, Trace, open_store
from ..event_json import with_raw
from ..help_text import examples
from ..invocation import Invocation, about_stage
from ..tables import one_line
from ..terminal import echo
from ..trace_page import print_trace
from .letters import find_letter, letter_fields, letter_not_found

_LONGEST = 2_000
"""Characters of an event to show, if there is no trace to show."""

_CUT_OFF = "was cut off: its process died, or ran into the function's own timeout"


@click.command(epilog=examples("sluice dead show send-receipt 01909a3e-7c5b-7d1e-8f3a-0123456789ab"))
@click.argument("handler")
@click.argument("event_id", metavar="ID")
@about_stage(deployed=True)
def show(invocation: Invocation, handler: str, event_id: str) -> None:
    """Show one of HANDLER's dead letters and how its attempts ended."""
    letter, hidden = find_letter(invocation, handler, event_id)
    if letter is None:
        raise letter_not_found(invocation, handler, event_id, hidden)
    trace, damage = None, ""
    try:
        trace = open_store(invocation.stage).get(handler, event_id)
    except DamagedTraceError as error:
        damage = str(error)
    if trace:
        # A process that was killed has not recorded the end of its attempt. A dead letter's attempts have all ended.
        trace = trace.as_of(int(time.time() * 1000))
    why = damage or _why(trace)
    if invocation.as_json:
        fields = letter_fields(letter) | {"why": why}
        trace_json = trace.to_json() if trace else "null"
        invocation.print_text(with_raw(fields, event=letter.event_json, trace=trace_json))
        return
    if trace:
        print_trace(trace)
    else:
        echo(f"{handler}  dead\n  id         {event_id}\nevent\n  {one_line(letter.event_json, _LONGEST)}")
    echo("why", heading=True)
    echo(f"  {why}")
    invocation.say(then=invocation.command("dead", "redrive", handler, "--id", event_id))


def _why(trace: Trace | None) -> str:
    """Say how each attempt ended."""
    if trace is None or not trace.history:
        return (
            "no attempt is on record: the event was received five times, and no start could be recorded. Lambda may"
            " have been throttled, or the function's code may not load: see the function's log"
        )
    ends = [
        attempt.reason or (_CUT_OFF if attempt.outcome == "started" else attempt.outcome) for attempt in trace.history
    ]
    return "; ".join(f"attempt {number} {end}" for number, end in enumerate(ends, 1))
