"""The event in a message: its text and its envelope, from wherever the message was sent."""

from __future__ import annotations

from typing import NamedTuple

from . import scheduled_envelope, ticks
from .claims import false_claim, is_early
from .envelope import Envelope, from_text
from .ids import id_of_message, id_of_tick


class Read(NamedTuple):
    """An event as it was read from a message.

    Attributes:
        text: its text.
        envelope: its envelope, which is made from the message if that has none that can be believed.
        claim: what the message claimed and was not believed, in words; None if there is nothing.
    """

    text: str
    envelope: Envelope
    claim: str | None = None


def read_message(text: str, attribute: object, *, handler: str, message_id: str, sent_ms: int) -> Read:
    """Return the event in a message.

    Args:
        text: the message's body.
        attribute: the value of its attribute `sluice`, if it has one.
        handler: the handler whose queue it is in.
        message_id: SQS's id of the message.
        sent_ms: when SQS accepted it, in milliseconds since 1970.
    """
    envelope = from_text(attribute) if isinstance(attribute, str) else None
    doubt = false_claim(envelope, text, handler=handler, sent_ms=sent_ms) if envelope else None
    if envelope and doubt is None:
        return Read(text, envelope.read_from_message(sent_ms))
    own_id = id_of_message(message_id, sent_ms)
    unwrapped = scheduled_envelope.unwrap(text, claimant=own_id)
    if unwrapped:
        text, scheduled = unwrapped
        doubt = false_claim(scheduled, text, handler=handler, sent_ms=sent_ms)
        if doubt is None:
            return Read(text, scheduled)
    due_ms = ticks.due_ms(text, handler)
    if due_ms is not None and is_early(due_ms, sent_ms):
        doubt = "the message claimed to be a tick that is not due yet"
    elif due_ms is not None and doubt is None:
        tick = Envelope(
            id=id_of_tick(handler, due_ms),
            emitted_ms=sent_ms,
            emitted_by=ticks.EMITTED_BY,
            claimant=own_id,
        )
        return Read(text, tick)
    return Read(text, Envelope(id=own_id, emitted_ms=sent_ms), doubt)
