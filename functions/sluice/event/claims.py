"""Bounds on what a message claims of itself, as anyone who may send to a queue can claim anything.

An envelope that claims what none of ours can is not believed: the event then counts as one that was sent without an
envelope. It runs, under an id of its own, and its trace says what was not believed. So a false claim keeps no other
event from running, hides none, and does not stay at the top of a list.
"""

from __future__ import annotations

from . import ticks
from .envelope import Envelope
from .ids import id_of_tick, time_of_id

SKEW_MS = 900_000
"""Milliseconds by which a sender's clock may be ahead: AWS refuses calls that are signed further in the future."""

TICK_SKEW_MS = 60_000
"""Milliseconds by which a tick may be early. Scheduler sends it when it is due or up to a minute later."""


def false_claim(envelope: Envelope, text: str, *, handler: str, sent_ms: int) -> str | None:
    """Return what can't be true of an envelope, in words; None if all of it can be.

    Args:
        envelope: the envelope.
        text: the event's text.
        handler: the handler whose queue it was in.
        sent_ms: when SQS accepted the message, in milliseconds since 1970.
    """
    id_ms = round((time_of_id(envelope.id) or 0) * 1000)
    moments = (id_ms, envelope.emitted_ms, envelope.attempts_since_ms)
    if max(moment or 0 for moment in moments) > sent_ms + SKEW_MS:
        return f"the message claimed the id {envelope.id} and a time after it was sent"
    # Ticks are due at whole seconds: for nearly all other ids, nothing is computed.
    if id_ms % 1000 == 0 and envelope.id == id_of_tick(handler, id_ms):
        due_ms = ticks.due_ms(text, handler)
        if due_ms != id_ms or is_early(due_ms, sent_ms):
            return f"the message claimed the id {envelope.id}, which is another tick's"
    return None


def is_early(due_ms: int, sent_ms: int) -> bool:
    """Return True if Scheduler can't have sent a tick, as it was not due yet.

    Args:
        due_ms: when the tick is due, in milliseconds since 1970.
        sent_ms: when SQS accepted the message, in milliseconds since 1970.
    """
    return due_ms > sent_ms + TICK_SKEW_MS
