"""When an emitted event is to run, and who keeps it until then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..errors import InvalidDelayError

MAX_DELAY = 900
"""Seconds. SQS's limit for DelaySeconds; what is to wait longer waits in EventBridge Scheduler."""


@dataclass(frozen=True)
class Wait:
    """How long an event is to wait.

    Attributes:
        seconds: that SQS is to hold it back.
        until: the moment, to the second, at which Scheduler is to send it; None if SQS can keep it that long.
    """

    seconds: int = 0
    until: datetime | None = None


def wait_of(delay: float | timedelta | None, at: datetime | None, *, now: datetime | None = None) -> Wait:
    """The wait that was asked for, in whole seconds: never less.

    Args:
        delay: as for `emit`.
        at: as for `emit`.
        now: the current time, for tests.

    Raises:
        InvalidDelayError: both are given, or one is not possible.
    """
    if delay is not None and at is not None:
        raise InvalidDelayError("delay and at say the same thing; give one of them")
    now = now or datetime.now(UTC)
    seconds = _seconds_of(delay, at, now)
    if not seconds >= 0:
        raise InvalidDelayError(f"a delay of {seconds:g} s is not possible; it may be 0 or more")
    if seconds <= MAX_DELAY:
        return Wait(seconds=math.ceil(seconds))
    # Here, as few handlers wait that long, and every cold start would wait for the import.
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
    return Wait(until=whole)


def _seconds_of(delay: float | timedelta | None, at: datetime | None, now: datetime) -> float:
    if at is not None:
        if not isinstance(at, datetime):
            raise InvalidDelayError(f"at={at!r}: it is a datetime with a time zone, such as datetime.now(UTC)")
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
        raise InvalidDelayError(f"delay={delay!r}: it is a number of seconds, or a timedelta")
    try:
        return float(delay)
    except OverflowError:
        return math.inf if delay > 0 else -math.inf
