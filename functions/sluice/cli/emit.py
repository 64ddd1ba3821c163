"""`sluice emit`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ..emitting.delay import parse_delay
from ..emitting.emit import emit_texts
from ..emitting.no_handler import NotKeptError
from ..errors import NotAcceptedError
from ..operate.handlers import closest, handler_names
from ..queue.send import SendInterruptedError
from ..stage import clients
from ..stage.names import Names, check_handler
from .command_error import FAILED, REFUSED, CommandError
from .explain_error import NOT_ALLOWED, explain
from .help_text import examples
from .invocation import Invocation, about_stage
from .parse_time import parse_moment, parse_seconds, utc_text
from .read_events import read_events
from .terminal import echo

_OPTION = re.compile(r"--?[A-Za-z]")


@click.command(
    # Unknown options pass, so that a negative number can be an event.
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        """sluice emit audit-log '{"what": "order placed", "order": 7}'""",
        """sluice emit audit-log '{"what": "nothing", "order": 7}' --delay 60""",
        "sluice emit order-placed --lines \\",
        "    --file functions/sluice/local/demo_orders.jsonl",
    ),
)
@click.argument("handler")
@click.argument("event", metavar="[JSON]", required=False)
@click.option("--lines", is_flag=True, help="Read one event a line, from stdin (-) or --file.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Read the event from this file, or from stdin (-).",
)
@click.option(
    "--delay",
    "given_delay",
    metavar="SECONDS",
    help="Run the event no sooner than in SECONDS, or in a time such as 15m, 2h or 7d.",
)
@click.option(
    "--at",
    "moment",
    metavar="ISO",
    help="Run the event no sooner than at this moment, such as 2030-01-31T09:00:00+01:00. A past moment means now.",
)
@about_stage(deployed=True)
def emit(
    invocation: Invocation,
    handler: str,
    event: str | None,
    *,
    lines: bool,
    file: Path | None,
    given_delay: str | None,
    moment: str | None,
) -> None:
    """Emit an event to HANDLER and print the event's id.

    JSON is the event, which reaches the queue exactly as it is written here. Give - to read it from stdin.
    """
    if event is not None and _OPTION.match(event):
        raise click.NoSuchOption(event.partition("=")[0])
    check_handler(handler)
    delay = None if given_delay is None else parse_seconds("--delay", given_delay)
    at = None if moment is None else parse_moment("--at", moment)
    texts = read_events(event, lines=lines, file=file)
    others = None if _has_queue(invocation.stage, handler) else handler_names(invocation.stage)
    try:
        with _without_log():
            ids = emit_texts(handler, texts, delay=delay, at=at, stage=invocation.stage)
    except NotAcceptedError as error:
        _print_ids(invocation, handler, [error.accepted[index] for index in sorted(error.accepted)])
        raise _not_accepted(invocation, handler, texts, error) from error
    except SendInterruptedError as interrupt:
        _print_ids(invocation, handler, list(interrupt.accepted))
        raise CommandError(
            f"interrupted: {len(interrupt.accepted)} of {len(texts)} events were emitted; their ids are printed",
            code=FAILED,
            then=invocation.command("traces", handler),
        ) from interrupt
    except NotKeptError as error:
        _print_ids(invocation, handler, list(error.kept))
        raise _not_kept(invocation, handler, others or [], error) from error
    _print_ids(invocation, handler, ids)
    if others is not None:
        invocation.say(f"warning: {_no_handler(handler, others)}")
    one = len(ids) == 1
    news = f"emitted {len(ids)} event{'' if one else 's'} to {handler}"
    then = invocation.command("trace", ids[0]) if one else invocation.command("traces", handler)
    until, seconds = parse_delay(delay, at).until, parse_delay(delay, at).seconds
    if seconds and others is None:
        # SQS holds it back, and nothing can take it out of the queue.
        news += f", to start in {seconds} s; an event delayed by up to 15 minutes can't be cancelled"
    if until and others is None:
        news += f", scheduled for {utc_text(until)}"
        then = invocation.command("scheduled", handler)
    invocation.say(news, then=then)


@contextmanager
def _without_log() -> Iterator[None]:
    """Hide the library's lines about a missing handler: the command's own say more."""
    logger = logging.getLogger("sluice")

    def hidden(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(hidden)
    try:
        yield
    finally:
        logger.removeFilter(hidden)


def _print_ids(invocation: Invocation, handler: str, ids: list[str]) -> None:
    if invocation.as_json:
        invocation.print_json({"handler": handler, "ids": ids})
    elif ids:
        echo("\n".join(ids))


def _not_accepted(invocation: Invocation, handler: str, texts: list[str], error: NotAcceptedError) -> CommandError:
    """Return the error for events that SQS refused. It prints them, so that exactly these can be emitted again."""
    first = error.refused[0]
    listed = "\n".join(texts[refused.index] for refused in error.refused)
    return CommandError(
        f"SQS did not accept {len(error.refused)} of {len(texts)} events ({first.reason}). The others"
        f" were emitted; their ids are printed. Emit these again:\n{listed}",
        code=REFUSED if all(refused.code in NOT_ALLOWED for refused in error.refused) else FAILED,
        then=invocation.command("emit", handler, "--lines", "-"),
    )


def _not_kept(invocation: Invocation, handler: str, known: list[str], error: NotKeptError) -> CommandError:
    """Return the error for events to a name without a handler that could not be kept. It prints them."""
    cause = error.__cause__
    why = explain(cause, invocation.stage) if isinstance(cause, Exception) else None
    reason = f": {why.message}" if why else ""
    listed = "\n".join(error.lost)
    return CommandError(
        f"no handler is named {handler!r} ({_hint(handler, known)}), and {len(error.lost)} of the events could not be"
        f" kept{reason}. Nothing has a copy of these:\n{listed}",
        code=why.code if why else FAILED,
        then=invocation.command("status"),
    )


def _has_queue(stage: str, handler: str) -> bool:
    client = clients.sqs(stage)
    try:
        client.get_queue_url(QueueName=Names(stage).queue(handler))
    except client.exceptions.QueueDoesNotExist:
        return False
    return True


def _no_handler(handler: str, known: list[str]) -> str:
    return f"no handler is named {handler!r}, so this event is kept with the status no-handler; {_hint(handler, known)}"


def _hint(handler: str, known: list[str]) -> str:
    similar = closest(handler, known)
    return f"did you mean {similar!r}?" if similar else f"the handlers are: {', '.join(known) or 'none'}"
