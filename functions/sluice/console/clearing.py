"""Dead letters, scheduled events and ticks, from a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..cli.command_error import FAILED, NOT_FOUND, WRONG_USAGE, CommandError
from ..cli.next_command import next_command
from ..cli.parse_time import utc_text
from ..emitting import scheduled_events
from ..emitting.emit import emit_texts
from ..event.ids import is_id
from ..event.ticks import tick_of
from ..operate.handlers import handler_names
from ..pausing.errors import BlockedError
from ..pausing.open import open_handler_states
from ..queue.dead_letters import DeadLetters
from ..stage import clients
from ..stage.names import Names
from .notes import Note
from .paths import Form, trace_path


def redrive(stage: str, handler: str, form: Form) -> Note:  # noqa: ARG001 - as all actions
    """Put a handler's dead letters back into its queue.

    Raises:
        CommandError: some could not be put back.
    """
    redriven = _letters(stage, handler).redrive()
    done = f"{redriven.done:,} dead letter{'' if redriven.done == 1 else 's'} of {handler} put back"
    again = next_command(stage, "dead", "redrive", handler)
    if redriven.refused:
        refused = f"SQS refused {len(redriven.refused)}: {redriven.refused[0]}"
        raise CommandError(f"{done}; {refused}. Redrive again", code=FAILED, then=again)
    if redriven.held_by_others:
        held = f"about {redriven.held_by_others} could not be read, as somebody else holds them"
        raise CommandError(f"{done}; {held}. Redrive again later", code=FAILED, then=again)
    left = f" {redriven.arrived:,} that died meanwhile are left." if redriven.arrived else ""
    return Note(text=f"{done}; each has five more attempts.{left}")


def purge(stage: str, handler: str, form: Form) -> Note:
    """Delete a handler's dead letters, if its name was typed.

    Raises:
        CommandError: another name was typed.
    """
    if form.get("name", "").strip() != handler:
        raise CommandError(f"{form.get('name', '')!r} is not the handler's name; nothing was deleted", code=WRONG_USAGE)
    letters = _letters(stage, handler)
    about = letters.count()
    letters.purge()
    return Note(text=f"About {about:,} dead letter{'' if about == 1 else 's'} of {handler} deleted for good.")


def cancel(stage: str, handler: str, form: Form) -> Note:
    """Cancel a scheduled event.

    Raises:
        CommandError: it is not scheduled any more, or may have been sent.
    """
    event_id = form.get("id", "")
    found = scheduled_events.cancel(stage, event_id, [handler]) if is_id(event_id) else None
    if found is None:
        raise CommandError(
            f"event {event_id} is not scheduled any more; it was sent or cancelled",
            code=NOT_FOUND,
            then=next_command(stage, "scheduled", handler),
        )
    if found.due <= datetime.now(UTC):
        raise CommandError(
            f"{event_id} was due at {utc_text(found.due)}, and may have been sent before it was cancelled", code=FAILED
        )
    return Note(text=f"The event that was due at {utc_text(found.due)} will not run.")


def run(stage: str, handler: str, form: Form) -> Note:  # noqa: ARG001 - as all actions
    """Emit what a cron's schedule would emit now.

    Raises:
        BlockedError: an admin has blocked the cron.
    """
    for found in open_handler_states(stage).read([handler]):
        block = found.decision.desired.block
        if block is not None:
            raise BlockedError(handler, block)
    (event_id,) = emit_texts(handler, [tick_of(handler, utc_text(datetime.now(UTC)))], stage=stage)
    return Note(
        text=f"{handler} got a tick; its schedule stays as it is.",
        link=trace_path(stage, handler, event_id),
        link_text=f"Its trace {event_id[-8:]}",
    )


def _letters(stage: str, handler: str) -> DeadLetters:
    if handler not in handler_names(stage):
        raise CommandError(f"no handler is named {handler!r}", code=NOT_FOUND, then=next_command(stage, "status"))
    sqs: Any = clients.sqs(stage)
    return DeadLetters(sqs, Names(stage), handler)
