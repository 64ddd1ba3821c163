"""`sluice trace`."""

from __future__ import annotations

import dataclasses

import click

from ..lean_aws.errors import aws_errors, error_message
from ..operate.chain import chain_from, first_of
from ..operate.handlers import handler_names
from ..operate.process_log import process_log
from ..traces import Trace, open_store
from .chain import chain_json, print_chain
from .find_trace import find_trace
from .help_text import examples
from .hide_secrets import hide_secrets
from .invocation import Invocation, about_stage
from .trace_page import print_trace


@click.command(
    epilog=examples(
        "sluice trace 01909a3e-7c5b-7d1e-8f3a-0123456789ab",
        "sluice trace 01909a3e-7c5b-7d1e-8f3a-0123456789ab --json",
        "sluice trace 01909a3e-7c5b-7d1e-8f3a-0123456789ab --chain",
    )
)
@click.argument("event_id", metavar="ID")
@click.option("--full", is_flag=True, help="Show all calls and whole values, however long a line gets.")
@click.option(
    "--chain",
    is_flag=True,
    help="Show what caused the event and what it caused, by emits and replays, as a tree.",
)
@about_stage(deployed=True)
def trace(invocation: Invocation, event_id: str, *, full: bool, chain: bool) -> None:
    """Show one event's trace.

    The trace holds the event, its status, its result or its exception, the calls of your own functions, the local
    variables of a run that failed, its logs and the events that it emitted. ID is the event's id, which `sluice emit`
    and `sluice traces` print.
    """
    found = hide_secrets(find_trace(invocation, event_id))
    if chain:
        _show_chain(invocation, found)
        return
    if found.status == "running" or found.has_died:
        found = _with_process_log(invocation, found)
    if invocation.as_json:
        invocation.print_text(found.to_json())
        return
    print_trace(found, full=full)
    related = found.emitted[0]["id"] if found.emitted else found.parent
    then = invocation.command("trace", related) if related else invocation.command("traces", found.handler)
    invocation.say(then=then)


def _with_process_log(invocation: Invocation, trace: Trace) -> Trace:
    """Return the trace of a run without an end with the log of its process, as far as that can be read."""
    try:
        lines = process_log(invocation.stage, trace)
    except aws_errors() as error:
        invocation.say(f"the log of its process could not be read: {error_message(error)}")
        return trace
    return dataclasses.replace(trace, logs="\n".join(lines)) if lines else trace


def _show_chain(invocation: Invocation, trace: Trace) -> None:
    store = open_store(invocation.stage)
    root = chain_from(first_of(trace, store, handler_names(invocation.stage)), store)
    if invocation.as_json:
        invocation.print_text(chain_json(root))
        return
    print_chain(root, trace.id)
    invocation.say(then=invocation.command("trace", trace.id))
