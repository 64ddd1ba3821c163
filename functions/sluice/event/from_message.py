"""A message as an event: its text and its envelope, wherever it was sent from."""

from __future__ import annotations

from dataclasses import dataclass

from . import scheduled_envelope, ticks
from .envelope import Envelope, from_text
from .ids import id_of_message, id_of_tick


@dataclass(frozen=True)
class Incoming:
    """What a message holds.

    Attributes:
        body: the event's text.
        envelope: where it comes from; made up from the message if it was sent without one.
    """

    body: str
    envelope: Envelope


def read_message(body: str, attribute: object, *, handler: str, message_id: str, sent_ms: int) -> Incoming:
    """The event in a message.

    Args:
        body: the message's text.
        attribute: what its attribute `sluice` says, if it has one.
        handler: the handler whose queue it is in.
        message_id: SQS's id of the message.
        sent_ms: when SQS accepted it, in milliseconds since 1970.
    """
    envelope = from_text(attribute) if isinstance(attribute, str) else None
    if envelope:
        return Incoming(body, envelope.in_message_of(sent_ms))
    own_id = id_of_message(message_id, sent_ms)
    unwrapped = scheduled_envelope.unwrap(body, claimant=own_id)
    if unwrapped:
        return Incoming(*unwrapped)
    due_ms = ticks.due_ms(body, handler)
    if due_ms is not None:
        tick = Envelope(
            id=id_of_tick(handler, due_ms),
            emitted_ms=sent_ms,
            emitted_by=ticks.EMITTED_BY,
            claimant=own_id,
        )
        return Incoming(body, tick)
    return Incoming(body, Envelope(id=own_id, emitted_ms=sent_ms))
