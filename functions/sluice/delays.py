"""How long SQS is to hold an event back."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from .errors import InvalidDelayError

MAX_DELAY = 900
"""Seconds. SQS's limit for DelaySeconds."""


def delay_seconds(delay: float | timedelta | None, at: datetime | None, *, now: datetime | None = None) -> int:
    """The whole seconds that SQS is to hold a message back: never less than asked for.

    Args:
        delay: as for `emit`.
        at: as for `emit`.
        now: the current time, for tests.

    Raises:
        InvalidDelayError: both are given, or one is not possible.
    """
    if delay is not None and at is not None:
        raise InvalidDelayError("delay and at say the same thing; give one of them")
    if at is not None:
        if at.utcoffset() is None:
            raise InvalidDelayError(
                f"at={at.isoformat()} has no time zone; give it one, as in datetime.now(UTC) or"
                " .replace(tzinfo=ZoneInfo('Europe/Berlin'))"
            )
        seconds = max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
    elif isinstance(delay, timedelta):
        seconds = delay.total_seconds()
    else:
        seconds = delay or 0
    if not 0 <= seconds <= MAX_DELAY:
        raise InvalidDelayError(f"a delay of {seconds:g} s is not possible; it may be 0 to {MAX_DELAY} s")
    return math.ceil(seconds)
