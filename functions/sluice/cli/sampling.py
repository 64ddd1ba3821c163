"""A trial of some events: a line for each, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click

from ..operate.sample import Tried, all_well, sample_waiting, wait_for_redriven
from ..pausing.open import open_handler_states
from ..stage import clients
from ..traces import open_store
from .command_error import FAILED, CommandError
from .invocation import Invocation
from .known_handlers import known_handlers
from .tables import StreamedTable, one_line
from .traces import told

MAX_SAMPLE = 100
"""Events of a trial, at most. They run one after the other, and the caller waits for them."""

_LONGEST = 930.0
"""Seconds to wait for a run: Lambda's limit of 900 for a function, and some to spare."""

_RUN_PATIENCE = 960.0
"""Seconds to wait for the runs of redriven events: the longest that one may take, and a minute to start."""


def try_first(invocation: Invocation, names: Sequence[str], count: int, *, everything: bool) -> None:
    """Run some of a paused handler's waiting events, and print them.

    Args:
        invocation: the command's.
        names: the handlers' names.
        count: the most events to run.
        everything: True if the command is for all handlers.

    Raises:
        CommandError: one of them did not end well, or none waits.
    """
    if everything or len(names) != 1:
        raise click.UsageError("--sample is for one handler: name it")
    (handler,) = names
    known_handlers(invocation.stage, names)
    tried = show_tried(
        invocation,
        sample_waiting(
            handler,
            count,
            states=open_handler_states(invocation.stage),
            invoke=clients.patient_client("lambda", invocation.stage, _LONGEST).invoke,
            store=open_store(invocation.stage),
        ),
    )
    if not tried:
        raise CommandError(
            f"none of {handler}'s events waits, so there is nothing to try; it stays paused",
            code=FAILED,
            then=invocation.command("unpause", handler),
        )
    if not all_well(tried):
        failed = sum(not one.ended_well for one in tried)
        if invocation.as_json:
            invocation.print_json({"handler": handler, "tried": to_objects(tried)})
        raise CommandError(
            f"{failed} of {len(tried)} did not end well; {handler} stays paused",
            code=FAILED,
            then=invocation.command("failures", handler),
        )
    invocation.say(f"{len(tried)} of {len(tried)} ended well")


def check_running(invocation: Invocation, handler: str) -> None:
    """Check that a handler is neither paused nor blocked, as its events would wait.

    Raises:
        CommandError: it is.
    """
    for snapshot in open_handler_states(invocation.stage).read([handler]):
        if snapshot.decision.stopped:
            raise CommandError(
                f"{handler} is paused or blocked, so redriven events would wait and show nothing; unpause it first",
                code=FAILED,
                then=invocation.command("unpause", handler, "--sample", "5"),
            )


def show_redriven(invocation: Invocation, handler: str, redrives: Mapping[str, int]) -> None:
    """Wait for the runs of redriven events, and print them.

    Args:
        invocation: the command's.
        handler: the handler's name.
        redrives: how often each was redriven by now, by id.

    Raises:
        CommandError: one of them did not end well.
    """
    tried = show_tried(
        invocation, wait_for_redriven(open_store(invocation.stage), handler, redrives, patience=_RUN_PATIENCE)
    )
    if not all_well(tried):
        failed = sum(not one.ended_well for one in tried)
        if invocation.as_json:
            invocation.print_json({"handler": handler, "tried": to_objects(tried)})
        raise CommandError(
            f"{failed} of {len(tried)} did not end well; the other dead letters stay where they are",
            code=FAILED,
            then=invocation.command("failures", handler),
        )


def show_tried(invocation: Invocation, tried: Iterable[Tried]) -> list[Tried]:
    """Print each event of a trial as it ends; return all of them.

    Args:
        invocation: the command's.
        tried: the events.
    """
    widths = {"id": 36, "status": 11, "ms": 6, "event or error": 0}
    table, shown = StreamedTable(widths, numbers={2}), []
    for one in tried:
        shown.append(one)
        if not invocation.as_json:
            duration = one.trace.duration_ms if one.trace else None
            what = one.problem or (told(one.trace) if one.trace else "no trace")
            status = one.trace.status if one.trace else "unknown"
            table.add([one.event_id or "-", status, "-" if duration is None else str(duration), one_line(what)])
    return shown


def to_objects(tried: Iterable[Tried]) -> list[dict[str, object]]:
    """Return the events of a trial as `--json` prints them."""
    return [
        {
            "id": one.event_id,
            "status": one.trace.status if one.trace else None,
            "problem": one.problem,
            "error": one.trace.error if one.trace else None,
        }
        for one in tried
    ]
