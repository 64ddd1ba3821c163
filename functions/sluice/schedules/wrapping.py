"""An event as a schedule keeps it: Scheduler sends a queue a text alone, so the envelope stands in a line before it."""

from __future__ import annotations

import dataclasses

from ..envelope import Envelope, from_text

_MARK = "sluice-scheduled "
"""What no JSON begins with."""

_PLACEHOLDER = "<aws.scheduler."
"""What Scheduler looks for in order to put something else in its place, whoever wrote it."""

_CLAIM_SECONDS = 15 * 86_400
"""For how long an event that Scheduler sent keeps the same one from running again: longer than SQS keeps it."""


def wrap(body: str, envelope: Envelope) -> str:
    """The text that a schedule is to send.

    Args:
        body: the event as JSON, in which no `<` stands but in a string.
        envelope: the event's.
    """
    return f"{_MARK}{envelope.to_text()}\n{body}".replace(_PLACEHOLDER, "\\u003c" + _PLACEHOLDER[1:])


def unwrap(text: str, *, claimant: str) -> tuple[str, Envelope] | None:
    """The event and the envelope in a message's text; None if no schedule sent it.

    Scheduler may send it twice, so the envelope is given a key, unless it has one.

    Args:
        text: the message's.
        claimant: what tells this message from another with the same event.
    """
    if not text.startswith(_MARK):
        return None
    first, _, body = text.removeprefix(_MARK).partition("\n")
    envelope = from_text(first)
    if envelope is None:
        return None
    if envelope.key is None:
        envelope = dataclasses.replace(
            envelope, key=f"scheduled {envelope.id}", window=_CLAIM_SECONDS, claimant=claimant
        )
    return body, envelope
