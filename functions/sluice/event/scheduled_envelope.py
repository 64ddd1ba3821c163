"""An event as a schedule keeps it: Scheduler sends a queue a text alone, so the envelope stands in a line before it."""

from __future__ import annotations

import dataclasses

from .envelope import Envelope, from_text

_MARK = "sluice-scheduled "
"""What no JSON begins with."""

_PLACEHOLDER = "<aws.scheduler."
"""What Scheduler looks for in order to put something else in its place, whoever wrote it."""


def wrap(body: str, envelope: Envelope) -> str:
    """The text that a schedule is to send.

    Args:
        body: the event as JSON, in which no `<` stands but in a string.
        envelope: the event's.
    """
    return f"{_MARK}{envelope.to_text()}\n{body}".replace(_PLACEHOLDER, "\\u003c" + _PLACEHOLDER[1:])


def unwrap(text: str, *, claimant: str) -> tuple[str, Envelope] | None:
    """The event and the envelope in a message's text; None if no schedule sent it.

    Scheduler may send it twice, so the envelope says which message this is.

    Args:
        text: the message's.
        claimant: what tells this message from another with the same event.
    """
    if not text.startswith(_MARK):
        return None
    first, _, body = text.removeprefix(_MARK).partition("\n")
    envelope = from_text(first)
    return None if envelope is None else (body, dataclasses.replace(envelope, claimant=claimant))
