"""DynamoDB or SQS not answering: what happens to an event, step by step, and how much time is kept for it.

| step | if DynamoDB does not answer | because |
| --- | --- | --- |
| read a redelivered event's trace | the event is postponed | it may have completed: better late than twice |
| take the event's, its key's or its cron's lock | the event is postponed | another message or event may be running |
| record a redelivered event's start | the event is postponed | a start that is not on record would not count |
| note a first delivery's start (a `timeout` of 60 s or more) | it starts | nothing depends on it |
| run the handler | (needs no call) | |
| write the trace | the whole trace is logged, and counted as the metric `TraceNotWritten` | there is no other copy |
| | an event that completed is acknowledged at once | a redelivery could not know that it ran |
| release the cron's lock | that is logged | the lock ends with the invocation's time |

A first delivery without a key is started without any call before it, so it runs also while DynamoDB is down.
Postponed means sent back to its queue without an attempt, and without the dead-letter queue (`Retries.postpone`).

If SQS does not answer, a message that should go back soon comes back after the queue's visibility timeout, and one that
should be acknowledged is left to the batch response (queue.py).

Calls to AWS end in time for what comes after them. Before the end of the invocation, this much time is kept:

    |<------------- RECORDING_SECONDS ------------->|
    | DynamoDB's calls      |<-- LOGGING_SECONDS -->|
    |                       | log, SQS's calls | <- ANSWERING_SECONDS
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..clock import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ..queue.message import ReceivedMessage
    from ..traces import Trace, TraceStore
    from .attempts import Retries, Verdict
    from .queue import HandlerQueue
    from .telemetry import Telemetry

RECORDING_SECONDS = 2.0
"""Seconds that are kept at the end of an invocation, to record what happened before Lambda ends it. No event is started
that could need them."""

NOTING_SECONDS = 1.0
"""Seconds that the record of a first delivery's start may take, of a handler whose runs are long."""

LOGGING_SECONDS = 1.0
"""Seconds of these without calls to DynamoDB: if it does not answer, the trace is still to be logged, and the event to
be acknowledged."""

ANSWERING_SECONDS = 0.3
"""Seconds of these without calls to SQS: if it does not answer either, the batch response still tells Lambda."""


def remaining_seconds(context: LambdaContext) -> float:
    """Return the seconds until the invocation must be over."""
    return context.get_remaining_time_in_millis() / 1000


def end_calls_in_time(store: TraceStore, queue: HandlerQueue, remaining: float | None) -> None:
    """Have calls to AWS end before the invocation does.

    Args:
        store: its calls to DynamoDB.
        queue: its calls to SQS.
        remaining: seconds until the invocation must be over; None between invocations, when time stands still for the
            function, but not for the clock by which calls end.
    """
    end = None if remaining is None else clock.monotonic() + remaining
    store.end_calls_by(None if end is None else end - LOGGING_SECONDS)
    queue.end_calls_by(None if end is None else end - ANSWERING_SECONDS)


def leaves_time(remaining: float, timeout: float) -> bool:
    """Return True if an event that is started now can have its whole time, and be recorded.

    Args:
        remaining: seconds until the invocation must be over.
        timeout: seconds that the event may run.
    """
    return remaining - RECORDING_SECONDS >= timeout


def note_start(
    store: TraceStore, queue: HandlerQueue, started: Trace, timeout: float, now: Callable[[], float]
) -> None:
    """Record the start of a first delivery, for those who look. It starts, whatever becomes of this.

    Args:
        store: the traces.
        queue: the handler's queue.
        started: the trace of the event that is about to start.
        timeout: seconds that the event may run.
        now: returns seconds since 1970.
    """
    over = (started.over_ms or 0) / 1000
    if leaves_time(over - now() - NOTING_SECONDS, timeout):
        store.end_calls_by(clock.monotonic() + NOTING_SECONDS)
        with contextlib.suppress(Exception):
            store.put_start(started, None)
        end_calls_in_time(store, queue, over - now())


class Unreachable:
    """Does what the table above says.

    Args:
        retries: postpones events.
        queue: the handler's queue.
        telemetry: the function's log.
    """

    def __init__(self, retries: Retries, queue: HandlerQueue, telemetry: Telemetry) -> None:
        self._retries = retries
        self._queue = queue
        self._telemetry = telemetry

    def trace_not_read(self, message: ReceivedMessage, error: Exception) -> Verdict:
        """Postpone a redelivered event. It has had no more attempts than receives."""
        self._log("trace not read", error)
        return self._retries.postpone(message, message.receive_count, error)

    def lock_not_taken(self, message: ReceivedMessage, used: int, error: Exception) -> Verdict:
        """Postpone an event that has had `used` attempts."""
        self._log("lock not taken", error)
        return self._retries.postpone(message, used, error)

    def cron_lock_not_taken(self, message: ReceivedMessage, used: int, error: Exception) -> Verdict:
        """Postpone a tick that has had `used` attempts, of a cron that never overlaps."""
        self._log("cron's lock not taken", error)
        return self._retries.postpone(message, used, error)

    def start_not_recorded(self, message: ReceivedMessage, used: int, error: Exception) -> Verdict:
        """Postpone a redelivered event that has had `used` attempts."""
        self._log("start not recorded", error)
        return self._retries.postpone(message, used, error)

    def trace_not_written(self, trace: Trace, message: ReceivedMessage, error: Exception) -> None:
        """Log the trace of an event that ran, and acknowledge the event if it completed.

        The batch response may never come: an event after it may take the process down.
        """
        self._telemetry.trace_not_written(trace, error)
        if trace.completed:
            self._queue.acknowledge(message)

    def cron_lock_not_released(self, error: Exception) -> None:
        """Leave a cron's lock to its end: the event has run."""
        self._log("cron's lock not released", error)

    def _log(self, what: str, error: Exception) -> None:
        self._telemetry.logger.warning(what, extra={"reason": repr(error)})
