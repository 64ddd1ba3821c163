"""Delayed events in a schedule: Scheduler sends no attributes, so the envelope is a line before the body."""

from __future__ import annotations

import dataclasses

from .envelope import Envelope, from_text

_MARK = "sluice-scheduled "
"""Start of that line. No JSON begins like this."""

_PLACEHOLDER = "<aws.scheduler."
"""Start of Scheduler's placeholders, which it replaces anywhere in a text, also within an event."""


def wrap(body: str, envelope: Envelope) -> str:
    """Return the text for a schedule to send.

    Args:
        body: the event as JSON, which has `<` only within strings.
        envelope: the event's envelope.
    """
    return f"{_MARK}{envelope.to_text()}\n{body}".replace(_PLACEHOLDER, "\\u003c" + _PLACEHOLDER[1:])


def unwrap(text: str, *, claimant: str) -> tuple[str, Envelope] | None:
    """Return the event's body and its envelope; None if no schedule sent the message.

    Scheduler may send it twice, so the envelope says which message this is.

    Args:
        text: the message's body.
        claimant: distinguishes this message from another one with the same event.
    """
    if not text.startswith(_MARK):
        return None
    first, _, body = text.removeprefix(_MARK).partition("\n")
    envelope = from_text(first)
    return None if envelope is None else (body, dataclasses.replace(envelope, claimant=claimant))
