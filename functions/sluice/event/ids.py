"""Event ids: UUIDs of version 7 (RFC 9562), so that sorting by id is sorting by time."""

from __future__ import annotations

import hashlib
import os
import re

from ..clock import clock

_RANDOM_BITS = 74

LAST = "ffffffff-ffff-7fff-bfff-ffffffffffff"
"""The id that sorts after all others."""

_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _uuid7(milliseconds: int, random: int) -> str:
    high, low = random >> 62, random & ((1 << 62) - 1)
    # Not with uuid.UUID, which costs as much as everything else of an emit together.
    digits = f"{milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_id(now: float | None = None) -> str:
    """Return a new id.

    Args:
        now: its time, in seconds since 1970; the current time if left out.
    """
    milliseconds = int((clock.time() if now is None else now) * 1000)
    return _uuid7(milliseconds, int.from_bytes(os.urandom(10), "big") >> (80 - _RANDOM_BITS))


def id_of_message(message_id: str, sent_ms: int) -> str:
    """Return the event id of a message that was sent without one: the same on each delivery.

    Args:
        message_id: SQS's id of the message.
        sent_ms: when SQS accepted it, in milliseconds since 1970 (its `SentTimestamp`).
    """
    digest = hashlib.sha256(message_id.encode()).digest()
    return _uuid7(sent_ms, int.from_bytes(digest[:10], "big") >> (80 - _RANDOM_BITS))


def id_of_tick(cron: str, due_ms: int) -> str:
    """Return the id of a cron's tick: the same however often Scheduler sends it.

    Args:
        cron: the cron's name.
        due_ms: when the tick was due, in milliseconds since 1970.
    """
    digest = hashlib.sha256(f"{cron} {due_ms}".encode()).digest()
    return _uuid7(due_ms, int.from_bytes(digest[:10], "big") >> (80 - _RANDOM_BITS))


def time_of_id(event_id: str) -> float | None:
    """Return when an id was made, in seconds since 1970; None if it is not an event id."""
    return int(event_id[:8] + event_id[9:13], 16) / 1000 if is_id(event_id) else None


def is_id(text: str) -> bool:
    """Return True if `text` is an event id, such as `emit` returns."""
    return _ID.fullmatch(text) is not None


def first_id_at(seconds: float) -> str:
    """Return the id that sorts before all others made at or after a time, in seconds since 1970."""
    return _uuid7(max(0, int(seconds * 1000)), 0)
