"""What travels with an event besides its body: one message attribute, so that the body is the event alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .ids import is_id

ATTRIBUTE = "sluice"
"""The message attribute's name."""

LAST_MS = 253_402_300_799_999
"""The end of the year 9999, in milliseconds since 1970: the last moment that Python's calendar knows."""

RESEND_MS = 30_000
"""What is put back is sent within this time, with every try of the call, and cannot be a dead letter again before it is
over: at the least, an attempt's longest delay is to come."""

_LONGEST = 512
"""Characters of a text in it. A key may have 256, and IAM's names for those who call are shorter."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Where an event comes from.

    Attributes:
        id: the event's id, given at emit.
        emitted_ms: when it was first emitted, in milliseconds since 1970.
        emitted_by: who emitted it: the name of a handler, or `None` for a program outside.
        parent: the id of the event whose handler emitted it, if one did.
        hops: how many emits by handlers lie between this event and the first one of its chain.
        receives: how often it had been received when it was put back into its queue as a new message.
        round_ms: if it was put back, when its attempts began to count, in milliseconds since 1970.
        resent_ms: if its attempts are counted from `round_ms` on, when the message was sent that says so.
        redriven: how often it has come back from the dead-letter queue.
        kept: how often it was sent again because it had waited so long that SQS was about to delete it.
        pass_ms: when the reconciler's pass began that sent this message, in milliseconds since 1970.
        key: events to the same handler with the same key run once.
        window: for how many seconds from the first one's start the key counts.
        claimant: of an event that may be sent twice with the same id, by Scheduler, or with a key by anyone, what tells
            the one message from the other.
    """

    id: str
    emitted_ms: int
    emitted_by: str | None = None
    parent: str | None = None
    hops: int = 0
    receives: int = 0
    round_ms: int | None = None
    resent_ms: int | None = None
    redriven: int = 0
    kept: int = 0
    pass_ms: int | None = None
    key: str | None = None
    window: int = 0
    claimant: str | None = None

    def at_send(self, now_ms: int) -> Envelope:
        """What to send it with, in place of the message that it was received in.

        Args:
            now_ms: the current time in milliseconds since 1970.
        """
        return dataclasses.replace(self, resent_ms=None if self.round_ms is None else now_ms)

    def in_message_of(self, sent_ms: int) -> Envelope:
        """What it means in a message that was sent at a moment, in milliseconds since 1970.

        AWS's own redrive sends a dead letter again just as it is. One that had been put back into its queue still says
        from when on its attempts counted then: read so, they would all be used up.
        """
        if self.resent_ms is None or sent_ms - self.resent_ms <= RESEND_MS:
            return self
        return dataclasses.replace(self, receives=0, round_ms=None, resent_ms=None, redriven=self.redriven + 1)

    def sender(self, system: Mapping[str, str]) -> str | None:
        """Who emitted the event: a handler, or the principal that sent its first message; None if nobody knows.

        Args:
            system: SQS's own attributes of the message.
        """
        # Of an event for later, SQS knows only that Scheduler sent it.
        return self.emitted_by or (None if self.claimant else system.get("SenderId"))

    def to_text(self) -> str:
        """The attribute's value."""
        fields: dict[str, Any] = {"id": self.id, "at": self.emitted_ms}
        if self.emitted_by:
            fields["by"] = self.emitted_by
        if self.parent:
            fields["parent"] = self.parent
        if self.hops:
            fields["hops"] = self.hops
        if self.receives:
            fields["receives"] = self.receives
        if self.round_ms:
            fields["round"] = self.round_ms
        if self.resent_ms:
            fields["resent"] = self.resent_ms
        if self.redriven:
            fields["redriven"] = self.redriven
        if self.kept:
            fields["kept"] = self.kept
        if self.pass_ms:
            fields["pass"] = self.pass_ms
        if self.key is not None:
            fields["key"] = self.key
            fields["window"] = self.window
        if self.claimant is not None:
            fields["claimant"] = self.claimant
        return json.dumps(fields, separators=(",", ":"))


def from_text(text: str) -> Envelope | None:
    """The envelope in an attribute's value; None if it is not one of ours, as anybody may send anything."""
    try:
        fields = json.loads(text)
        envelope = Envelope(
            id=fields["id"],
            emitted_ms=fields["at"],
            emitted_by=fields.get("by"),
            parent=fields.get("parent"),
            hops=fields.get("hops", 0),
            receives=fields.get("receives", 0),
            round_ms=fields.get("round"),
            resent_ms=fields.get("resent"),
            redriven=fields.get("redriven", 0),
            kept=fields.get("kept", 0),
            pass_ms=fields.get("pass"),
            key=fields.get("key"),
            window=fields.get("window", 0),
            claimant=fields.get("claimant"),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return envelope if _is_sound(envelope) else None


def _is_sound(envelope: Envelope) -> bool:
    return (
        isinstance(envelope.id, str)
        and is_id(envelope.id)
        and _is_moment(envelope.emitted_ms)
        and _is_whole(envelope.hops)
        and _is_whole(envelope.receives)
        and _is_whole(envelope.redriven)
        and _is_whole(envelope.kept)
        and _is_whole(envelope.window)
        and (envelope.key is None or _is_text(envelope.key))
        and (envelope.claimant is None or _is_text(envelope.claimant))
        and (envelope.round_ms is None or _is_moment(envelope.round_ms))
        and (envelope.pass_ms is None or _is_moment(envelope.pass_ms))
        and (envelope.resent_ms is None or _is_moment(envelope.resent_ms))
        and (envelope.parent is None or (isinstance(envelope.parent, str) and is_id(envelope.parent)))
        and (envelope.emitted_by is None or _is_text(envelope.emitted_by))
    )


def _is_whole(number: object) -> bool:
    """Any count."""
    return type(number) is int and 0 <= number < 1 << 48


def _is_moment(number: object) -> bool:
    return type(number) is int and 0 <= number <= LAST_MS


def _is_text(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _LONGEST
