"""Open a handler's dead letters, and find one."""

from __future__ import annotations

from ...queue.dead_letters import DeadLetters
from ...queue.message import ReceivedMessage
from ...queue.scan import LONGEST_HOLD
from ...stage import clients
from ...stage.names import Names
from ...traces.trace import iso
from ..command_error import FAILED, NOT_FOUND, CommandError
from ..invocation import Invocation
from ..known_handlers import known_handlers
from ..progress import ShownProgress


def open_letters(invocation: Invocation, handler: str, progress: ShownProgress) -> DeadLetters:
    """Open a handler's dead letters.

    Args:
        invocation: the command's.
        handler: the handler's name.
        progress: shows a wait for letters that others hold.

    Raises:
        UnknownHandlerError: no handler has this name.
    """
    known_handlers(invocation.stage, [handler])
    return DeadLetters(
        clients.sqs(invocation.stage),
        Names(invocation.stage),
        handler,
        waiting=lambda hidden: progress.note(f"waiting for about {hidden} dead letters that another command holds"),
    )


def find_letter(invocation: Invocation, handler: str, event_id: str) -> tuple[ReceivedMessage | None, int]:
    """Find an event's dead letter, and show the progress.

    Returns:
        The letter, or None; and about how many letters could not be read, as others hold them.
    """
    progress = ShownProgress()
    letters = open_letters(invocation, handler, progress)
    with progress.step(f"reading {handler}'s dead letters"):
        return letters.find(event_id, lambda seen, about: progress.detail(f"{seen} of about {about}"))


def letter_not_found(invocation: Invocation, handler: str, event_id: str, hidden: int) -> CommandError:
    """Return the error for an event that is not among the dead letters.

    Args:
        invocation: the command's.
        handler: the handler's name.
        event_id: the event's id.
        hidden: about how many letters could not be read.
    """
    if hidden:
        return letters_hidden(invocation, handler, hidden, f"event {event_id} was not found")
    return CommandError(
        f"{handler} has no dead letter with the id {event_id!r}",
        code=NOT_FOUND,
        then=invocation.command("dead", "list", handler),
    )


def letters_hidden(invocation: Invocation, handler: str, hidden: int, done: str, *retry: str) -> CommandError:
    """Return the error for dead letters that could not be read, as others hold them.

    Args:
        invocation: the command's.
        handler: the handler's name.
        hidden: about how many they are.
        done: what the command did with the others.
        retry: the command to run next; the listing if left out.
    """
    return CommandError(
        f"{done}; about {hidden} of {handler}'s dead letters could not be read: another command or the reconciler"
        f" holds them, for {LONGEST_HOLD // 60} minutes at most. Try again then",
        code=FAILED,
        then=invocation.command(*(retry or ("dead", "list", handler))),
    )


def letter_fields(letter: ReceivedMessage) -> dict[str, object]:
    """Return a dead letter's fields as `--json` prints them, without the event."""
    return {
        "id": letter.envelope.id,
        "emitted_at": iso(letter.envelope.emitted_ms),
        "parent": letter.envelope.parent,
        "hops": letter.envelope.hops,
        "message_id": letter.message_id,
    }
