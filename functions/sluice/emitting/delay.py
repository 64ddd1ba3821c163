"""The delay of an emitted event, and the service that keeps the event until then: SQS, or Scheduler for longer ones."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ..clock import clock
from ..errors import InvalidDelayError

MAX_DELAY = 900
"""Seconds: SQS's limit for DelaySeconds. EventBridge Scheduler keeps events that are delayed for longer."""


class Delay(NamedTuple):
    """A delay as AWS's services take it.

    Attributes:
        seconds: seconds for which SQS holds the event back.
        until: the time, a whole second, at which Scheduler sends the event; None if SQS can hold it back that long.
    """

    seconds: int = 0
    until: datetime | None = None


def parse_delay(delay: float | timedelta | None, at: datetime | None, *, now: datetime | None = None) -> Delay:
    """Return the delay that `emit` was asked for, in whole seconds: rounded up, so that no event runs too early.

    Args:
        delay: as for `emit`.
        at: as for `emit`.
        now: the current time, for tests.

    Raises:
        InvalidDelayError: both are given, or one of them is out of range or of another type.
    """
    if delay is not None and at is not None:
        raise InvalidDelayError("delay and at say the same thing; give one of them")
    now = now or datetime.fromtimestamp(clock.time(), UTC)
    seconds = _seconds_of(delay, at, now)
    if not seconds >= 0:
        raise InvalidDelayError(f"a delay of {seconds:g} s is not possible; it may be 0 or more")
    if seconds <= MAX_DELAY:
        return Delay(seconds=math.ceil(seconds))
    # Imported here, because every cold start would pay for it, and few handlers delay events for that long.
    from ..schedules.expression import LAST_YEAR  # noqa: PLC0415

    try:
        until = now + timedelta(seconds=seconds)
        whole = until.astimezone(UTC).replace(microsecond=0)
        if whole < until:
            whole += timedelta(seconds=1)
    except OverflowError:
        whole = datetime.max.replace(tzinfo=UTC)
    if whole.year > LAST_YEAR:
        raise InvalidDelayError(f"a delay of {seconds:g} s ends after the year {LAST_YEAR}, the last that AWS knows")
    return Delay(until=whole)


def _seconds_of(delay: float | timedelta | None, at: datetime | None, now: datetime) -> float:
    if at is not None:
        if not isinstance(at, datetime):
            raise InvalidDelayError(f"at={at!r}: give a datetime with a time zone, such as datetime.now(UTC)")
        if at.utcoffset() is None:
            raise InvalidDelayError(
                f"at={at.isoformat()} has no time zone; give it one, as in datetime.now(UTC) or"
                " .replace(tzinfo=ZoneInfo('Europe/Berlin'))"
            )
        return max(0.0, (at - now).total_seconds())
    if isinstance(delay, timedelta):
        return delay.total_seconds()
    if delay is None:
        return 0.0
    if not isinstance(delay, int | float) or isinstance(delay, bool):
        raise InvalidDelayError(f"delay={delay!r}: give a number of seconds, or a timedelta")
    try:
        return float(delay)
    except OverflowError:
        return math.inf if delay > 0 else -math.inf
