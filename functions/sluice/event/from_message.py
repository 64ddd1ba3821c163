"""The event in a message: its text and its envelope, from wherever the message was sent."""

from __future__ import annotations

from . import scheduled_envelope, ticks
from .envelope import Envelope, from_text
from .ids import id_of_message, id_of_tick


def read_message(text: str, attribute: object, *, handler: str, message_id: str, sent_ms: int) -> tuple[str, Envelope]:
    """Return the event's text and its envelope, which is made from the message if that was sent without one.

    Args:
        text: the message's body.
        attribute: the value of its attribute `sluice`, if it has one.
        handler: the handler whose queue it is in.
        message_id: SQS's id of the message.
        sent_ms: when SQS accepted it, in milliseconds since 1970.
    """
    envelope = from_text(attribute) if isinstance(attribute, str) else None
    if envelope:
        return text, envelope.read_from_message(sent_ms)
    own_id = id_of_message(message_id, sent_ms)
    unwrapped = scheduled_envelope.unwrap(text, claimant=own_id)
    if unwrapped:
        return unwrapped
    due_ms = ticks.due_ms(text, handler)
    if due_ms is not None:
        tick = Envelope(
            id=id_of_tick(handler, due_ms),
            emitted_ms=sent_ms,
            emitted_by=ticks.EMITTED_BY,
            claimant=own_id,
        )
        return text, tick
    return text, Envelope(id=own_id, emitted_ms=sent_ms)
