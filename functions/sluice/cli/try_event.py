"""`sluice try`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from ..event.ids import is_id, new_id
from ..event.ticks import tick_of
from ..lean_aws.errors import aws_errors, error_message
from ..local.environment import local_aws
from ..local.errors import NothingRunningError
from ..local.files import Files
from ..local.port import local_port
from ..local.project import find_project
from ..stage.names import LOCAL_STAGE, check_handler, module_of
from ..traces import Trace, open_store
from ..trying.compare import Comparison, compare
from ..trying.function import Function, function_of, interpreter_for, undeployed_function
from ..trying.process import TryRun, run_event
from .command_error import FAILED, NOT_FOUND, CommandError
from .find_event import find_event
from .find_trace import find_trace
from .help_text import examples
from .invocation import Invocation, about_stage
from .local_stage import use_local_cloud
from .parse_time import utc_text
from .read_events import read_events
from .try_page import print_try, try_json

_MAX_EMITTED = 50
"""Events that a traced run emitted up to which they are read from their traces, to be compared."""


@dataclass(frozen=True, kw_only=True)
class _Given:
    """The event to run, and the trace to compare its run with."""

    handler: str
    event_id: str
    body: str
    then: Trace | None = None
    emitted_then: Mapping[str, str | None]


@click.command(
    "try",
    # Unknown options pass, so that a negative number can be an event.
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "sluice try 01909a3e-7c5b-7d1e-8f3a-0123456789ab",
        "sluice try 01909a3e-7c5b-7d1e-8f3a-0123456789ab --watch",
        "sluice try send-receipt --file receipt.json --pdb",
    ),
)
@click.argument("what", metavar="ID|HANDLER")
@click.argument("event", metavar="[JSON]", required=False)
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Run the event in a file.")
@click.option("--watch", is_flag=True, help="Run again after each saved change, until Ctrl-C.")
@click.option("--pdb", is_flag=True, help="Enter Python's debugger where the handler raises, and at breakpoint().")
@click.option("--allow-writes", is_flag=True, help="Let calls to AWS through that may change something.")
@click.option("--full", is_flag=True, help="Show all calls and whole values, however long a line gets.")
@about_stage()
def try_event(
    invocation: Invocation,
    what: str,
    event: str | None,
    *,
    file: Path | None,
    watch: bool,
    pdb: bool,
    allow_writes: bool,
    full: bool,
) -> int:
    """Run one event here, on the working copy's code.

    ID is the event of a trace: its run here is compared with the trace. HANDLER with JSON, or with --file, runs
    another event; a cron alone gets a tick.

    What the handler emits is shown and not sent. Calls to AWS that may change something are refused. The exit code is 0
    if the run ends as the trace says, or without an error.
    """
    if event is not None and event.startswith("--"):
        raise click.NoSuchOption(event.partition("=")[0])
    if invocation.as_json and (watch or pdb):
        raise click.UsageError("--json prints one run; leave out --watch and --pdb")
    root = find_project()
    if invocation.stage == LOCAL_STAGE and is_id(what):
        use_local_cloud(must_run=True)
    if is_id(what):
        given = _from_trace(invocation, what, event, file)
        function = _function(invocation, given.handler)
    else:
        function = _function(invocation, check_handler(what))
        given = _from_words(what, event, file, function)
    code_of_handler = root / "functions" / "handlers" / f"{module_of(given.handler)}.py"
    if not code_of_handler.is_file():
        raise CommandError(
            f"there is no {code_of_handler.relative_to(root)} here; write it, or change to the project that has it",
            code=NOT_FOUND,
            then="sluice check",
        )
    assembly = Files(root, local_port()).assembly

    def run_once() -> int:
        run = run_event(
            given.handler,
            given.event_id,
            given.body,
            function=function,
            interpreter=interpreter_for(function, assembly),
            functions=root / "functions",
            aws=_aws(invocation.stage),
            hops=given.then.hops if given.then else 0,
            allow_writes=allow_writes,
            pdb=pdb,
        )
        return _show(invocation, given, run, full=full)

    if not watch:
        return run_once()
    return _watch(invocation, root / "functions", run_once)


def _watch(invocation: Invocation, functions: Path, run_once: Callable[[], int]) -> int:
    """Run now and after each save, and return the last exit code."""
    from ..trying.watching import saves  # noqa: PLC0415 - only --watch needs the package

    code = 0
    try:
        for _ in saves(functions):
            code = run_once()
            invocation.say("waiting for the next save; Ctrl-C ends it")
    except KeyboardInterrupt:
        pass
    return code


def _from_trace(invocation: Invocation, event_id: str, event: str | None, file: Path | None) -> _Given:
    if event is not None or file is not None:
        raise click.UsageError("give the id of an event, or a handler and the event, but not both")
    found = find_trace(invocation, event_id)
    store = open_store(invocation.stage)
    body = store.unhandled.whole_event(found) if "event" not in found.redacted else None
    if body is None:
        body = _whole_event(invocation, found)
    emitted: dict[str, str | None] = {}
    for one in found.emitted[:_MAX_EMITTED]:
        other = store.get(one["handler"], one["id"])
        whole = other is not None and "event" not in other.cut
        emitted[one["id"]] = other.event if other is not None and whole else None
    return _Given(handler=found.handler, event_id=event_id, body=body, then=found, emitted_then=emitted)


def _whole_event(invocation: Invocation, found: Trace) -> str:
    """Return an event that its trace has not the whole of, from its dead letter."""
    try:
        return find_event(invocation, found.handler, found.id)
    except CommandError as error:
        then = invocation.command("try", found.handler, "--file", "event.json")
        raise CommandError(error.message, code=error.code, then=then) from error


def _from_words(handler: str, event: str | None, file: Path | None, function: Function) -> _Given:
    if event is None and file is None and function.is_cron:
        body = tick_of(handler, utc_text(datetime.now(UTC)))
    else:
        body = read_events(event, lines=False, file=file)[0]
    return _Given(handler=handler, event_id=new_id(), body=body, emitted_then={})


def _function(invocation: Invocation, handler: str) -> Function:
    """Return the handler's function, or default settings if there is none, and say so."""
    reason = f"{handler} is not deployed in stage {invocation.stage}"
    try:
        if invocation.stage == LOCAL_STAGE:
            use_local_cloud(must_run=True)
        found = function_of(invocation.stage, handler)
        if found is not None:
            return found
    except NothingRunningError:
        reason = "the local cloud is not running"
    except aws_errors() as error:
        reason = f"its function could not be read: {error_message(error)}"
    invocation.say(f"{reason}, so this run has app.py's default settings and no variables of its own")
    return undeployed_function(invocation.stage, handler)


def _aws(stage: str) -> dict[str, str]:
    """Return the variables by which the run finds AWS; none where the caller's own serve."""
    if stage != LOCAL_STAGE:
        return {}
    port = local_port()
    return local_aws(port) | {"SLUICE_PORT": str(port)}


def _show(invocation: Invocation, given: _Given, run: TryRun, *, full: bool) -> int:
    comparison: Comparison | None = None
    if given.then is not None:
        comparison = compare(given.then, run.trace, emitted_then=given.emitted_then, emitted_now=run.emitted)
    passes = comparison.passes if comparison else run.trace.status == "ok"
    if invocation.as_json:
        invocation.print_text(try_json(run, given.then, comparison))
    else:
        print_try(run, comparison, full=full)
        invocation.say(then=invocation.command("trace", given.event_id) if given.then else "sluice up")
    return 0 if passes else FAILED
