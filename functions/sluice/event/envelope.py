"""The envelope of an event: one message attribute beside the body, so that the body is the event alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .ids import is_id

ATTRIBUTE = "sluice"
"""The message attribute's name."""

LAST_MS = 253_402_300_799_999
"""The end of the year 9999, in milliseconds since 1970: the last moment that Python's calendar knows."""

RESEND_MS = 30_000
"""Within this time a message that is put back is sent, all tries of the call included. It can't be a dead letter again
before this time is over, as it waits for at least the longest delay of an attempt first."""

MAX_KEY_WINDOW = 366 * 86_400
"""The longest window of a key, in seconds."""

_LONGEST = 512
"""Characters of a text in an envelope. A key may have 256, and IAM's names for principals are shorter."""

_to_json = json.JSONEncoder(separators=(",", ":")).encode
"""The same as `json.dumps`, which would make such an encoder for every envelope."""


def _is_id(value: object) -> bool:
    return isinstance(value, str) and is_id(value)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


def _is_moment(value: object) -> bool:
    return type(value) is int and 0 <= value <= LAST_MS


def _is_window(value: object) -> bool:
    return _is_count(value) and isinstance(value, int) and value <= MAX_KEY_WINDOW


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _or_none(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or check(value)


def _wire(name: str, check: Callable[[object], bool], *, omit: tuple[object, ...] = (None, 0, "")) -> dict[str, Any]:
    """Describe how a field stands in the attribute's JSON.

    Args:
        name: its name there. A stored contract, as messages wait for months.
        check: returns True for a value that one of our envelopes can have.
        omit: values that are left out.
    """
    return {"name": name, "check": check, "omit": omit}


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """An event's origin, and how often its message was received and sent again.

    Attributes:
        id: the event's id, given at emit.
        emitted_ms: time of the first emit, in milliseconds since 1970.
        emitted_by: name of the handler that emitted it, or the principal that sent its first message; `None` if SQS
            names that principal, or nobody knows.
        parent: id of the event whose handler emitted it, if one did.
        hops: emits by handlers between this event and the first one of its chain.
        receives: receives of the event's earlier messages, each of which was replaced by a new one.
        attempts_since_ms: if it was put back or resent, the time from which on its attempts count, in milliseconds
            since 1970.
        resent_ms: if `attempts_since_ms` is set, when this message was sent.
        redrives: times that it came back from the dead-letter queue.
        resends: times that it was sent again because it had waited so long that SQS was about to delete it.
        sweep_ms: start of the reconciler's sweep that sent this message, in milliseconds since 1970.
        key: of all events to the same handler with the same key, one runs.
        window: seconds from the first one's start for which the key counts.
        claimant: distinguishes this message from another one with the same event id. Scheduler may send an event
            twice, and any sender may send one with a key twice.
        replay_of: id of the event that this one replays, if it is a replay.
    """

    id: str = field(metadata=_wire("id", _is_id, omit=()))
    emitted_ms: int = field(metadata=_wire("at", _is_moment, omit=()))
    emitted_by: str | None = field(default=None, metadata=_wire("by", _or_none(_is_text)))
    parent: str | None = field(default=None, metadata=_wire("parent", _or_none(_is_id)))
    hops: int = field(default=0, metadata=_wire("hops", _is_count))
    receives: int = field(default=0, metadata=_wire("receives", _is_count))
    attempts_since_ms: int | None = field(default=None, metadata=_wire("round", _or_none(_is_moment)))
    resent_ms: int | None = field(default=None, metadata=_wire("resent", _or_none(_is_moment)))
    redrives: int = field(default=0, metadata=_wire("redriven", _is_count))
    resends: int = field(default=0, metadata=_wire("kept", _is_count))
    sweep_ms: int | None = field(default=None, metadata=_wire("pass", _or_none(_is_moment)))
    key: str | None = field(default=None, metadata=_wire("key", _or_none(_is_text), omit=(None,)))
    window: int = field(default=0, metadata=_wire("window", _is_window, omit=()))
    claimant: str | None = field(default=None, metadata=_wire("claimant", _or_none(_is_text), omit=(None,)))
    replay_of: str | None = field(default=None, metadata=_wire("replay_of", _or_none(_is_id)))

    def put_back(
        self, *, sender: str | None, receives: int, sent_ms: int, now_ms: int, claimant: str | None = None
    ) -> Envelope:
        """Return the envelope for sending an event back to its handler's queue. Its attempts so far still count.

        Args:
            sender: who emitted the event: see `sender`.
            receives: receives of the message that this one replaces.
            sent_ms: when SQS accepted that message, in milliseconds since 1970.
            now_ms: the current time in milliseconds since 1970.
            claimant: distinguishes that message from others with the same event, for an envelope that does not say it.
        """
        return self._sent_again(
            sender,
            receives=self.receives + receives,
            attempts_since_ms=self.attempts_since_ms or sent_ms,
            resent_ms=now_ms,
            claimant=claimant if self.claimant is None else self.claimant,
        )

    def resent(self, *, sender: str | None, receives: int, sent_ms: int, now_ms: int, sweep_ms: int | None) -> Envelope:
        """Return the envelope for sending a message again to the end of its queue, before SQS deletes it.

        Args:
            sender: who emitted the event: see `sender`.
            receives: receives of the message that this one replaces, as far as they may have been attempts.
            sent_ms: when SQS accepted that message, in milliseconds since 1970.
            now_ms: the current time in milliseconds since 1970.
            sweep_ms: when the reconciler's sweep began, in milliseconds since 1970.
        """
        return self._sent_again(
            sender,
            receives=self.receives + receives,
            attempts_since_ms=self.attempts_since_ms or sent_ms,
            resent_ms=now_ms,
            resends=self.resends + 1,
            sweep_ms=sweep_ms,
        )

    def redriven(self, *, sender: str | None) -> Envelope:
        """Return the envelope for sending a dead letter back to its handler's queue, with five new attempts.

        Args:
            sender: who emitted the event: see `sender`.
        """
        return self._sent_again(sender, **self._new_attempts())

    def read_from_message(self, sent_ms: int) -> Envelope:
        """Return the envelope as it counts in the message that it was received in.

        AWS's own redrive sends a dead letter again unchanged. If that had been put back before, its envelope still says
        from when on its attempts counted then, and all of them would be used up. So a message that was sent long after
        its envelope was written gets five new attempts.

        Args:
            sent_ms: when SQS accepted the message, in milliseconds since 1970.
        """
        if self.resent_ms is None or sent_ms - self.resent_ms <= RESEND_MS:
            return self
        return dataclasses.replace(self, **self._new_attempts())

    def sender(self, system: Mapping[str, str]) -> str | None:
        """Return who emitted the event: a handler, or the principal that sent its first message; None if nobody knows.

        Args:
            system: SQS's own attributes of the message.
        """
        # For a delayed event, SQS knows only that Scheduler sent it.
        by_scheduler = self.claimant is not None and self.replay_of is None
        return self.emitted_by or (None if by_scheduler else system.get("SenderId"))

    def to_text(self) -> str:
        """Return the attribute's value."""
        values = vars(self)
        sent = {wire: values[name] for name, wire, omit in _WRITTEN if values[name] not in omit}
        if self.key is None:
            del sent["window"]
        return _to_json(sent)

    def _sent_again(self, sender: str | None, **changes: Any) -> Envelope:
        """Return the envelope for a new message with the same event. Id, first emit time, parent and key stay.

        SQS names the new message's sender, which is whoever sends it again, so the envelope says who emitted the event.
        """
        return dataclasses.replace(self, emitted_by=sender, **changes)

    def _new_attempts(self) -> dict[str, Any]:
        return {"receives": 0, "attempts_since_ms": None, "resent_ms": None, "redrives": self.redrives + 1}


_WRITTEN = tuple((one.name, one.metadata["name"], one.metadata["omit"]) for one in dataclasses.fields(Envelope))
_READ = {one.metadata["name"]: (one.name, one.metadata["check"]) for one in dataclasses.fields(Envelope)}


def from_text(text: str) -> Envelope | None:
    """Return the envelope in an attribute's value; None if it is not one of ours, as anybody may send anything."""
    try:
        values: dict[str, Any] = {}
        for wire, value in json.loads(text).items():
            known = _READ.get(wire)
            if known is None:
                continue
            name, check = known
            if not check(value):
                return None
            values[name] = value
        return Envelope(**values)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
