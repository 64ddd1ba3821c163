"""Dead letters that never had their five attempts, because their function was throttled: back into their queue."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..event.envelope import Envelope
from ..queue import transfer
from ..queue.message import ReceivedMessage
from ..traces import DamagedTraceError
from ..worker.attempts import MAX_ATTEMPTS, may_be_put_back, plan
from .progress import Pass
from .queue_pass import Queue, Room, Treated, carry_on
from .resend import again, move, seen_to

if TYPE_CHECKING:
    from ..traces import TraceStore

EVERY_MINUTES = 5
"""Between looks at how many dead letters there are. A request each for every handler."""

_CLOCKS_MS = 60_000
_HOUR = 3_600
_WINDOW = timedelta(days=14)
"""As far back as a dead letter can have been sent."""


def last_throttled_ms(metrics: Any, function: str, now: datetime) -> int | None:
    """When Lambda last throttled a function, to the end of that hour, in milliseconds since 1970; None if never.

    Args:
        metrics: a boto3 CloudWatch client.
        function: the function's name.
        now: the current time.
    """
    points = metrics.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Throttles",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - _WINDOW,
        EndTime=now,
        Period=_HOUR,
        Statistics=["Sum"],
    )["Datapoints"]
    hours = [point["Timestamp"] for point in points if point["Sum"] > 0]
    return int((max(hours).astimezone(UTC).timestamp() + _HOUR) * 1000) if hours else None


def oldest_seconds(metrics: Any, queue: str, now: datetime) -> int:
    """How long the oldest event of a queue has been waiting when CloudWatch measured last; 0 if it hasn't.

    Args:
        metrics: a boto3 CloudWatch client.
        queue: the queue's name.
        now: the current time.
    """
    points = metrics.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=now - timedelta(seconds=_HOUR),
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return int(max((point["Maximum"] for point in points), default=0))


class Sweep:
    """A look through a dead-letter queue, to put events back that are there for no fault of theirs.

    Args:
        dead: the dead-letter queue.
        alive: the URL of the handler's queue.
        store: the traces.
        throttled_ms: when the function was last throttled. What was sent since then cannot have been.

    Attributes:
        done: how many were put back.
    """

    def __init__(self, dead: Queue, *, alive: str, store: TraceStore, throttled_ms: int) -> None:
        self._dead = dead
        self._alive = alive
        self._store = store
        self._throttled_ms = throttled_ms
        self._lock = threading.Lock()
        self.done = 0

    def carry_on(self, state: Pass, room: Room) -> Pass:
        """Put events back as far as there is room.

        Args:
            state: the look, which has begun.
            room: what this run may do.

        Returns:
            What is to be remembered of it.
        """

        def treat(batch: list[ReceivedMessage]) -> Treated:
            new = [one for one in batch if one.envelope.sweep_ms != state.began_ms]
            wronged = [one for one in new if _was_wronged(one, self._dead.handler, self._store, self._throttled_ms)]
            back = 0
            if wronged:
                refused = transfer.move(
                    self._dead.client, wronged, source=self._dead.url, target=self._alive, envelope_of=_put_back
                )
                back = len(wronged) - len(refused)
                with self._lock:
                    self.done += back
            stay = [one for one in batch if one not in wronged]
            judged = [one for one in stay if again(state) and not seen_to(one, state)]
            treated = move(stay, judged, self._dead, state, new=len(judged), dead=True)
            return dataclasses.replace(treated, moves=treated.moves + back, found=treated.found + back)

        return carry_on(self._dead, state, room, treat)


def _was_wronged(held: ReceivedMessage, handler: str, store: TraceStore, throttled_ms: int) -> bool:
    # Sent again since then, it may have been throttled before.
    first_ms = held.envelope.attempts_since_ms or held.sent_ms
    if first_ms > throttled_ms + _CLOCKS_MS or not may_be_put_back(held):
        return False
    try:
        prior = store.get(handler, held.envelope.id)
    except DamagedTraceError:
        # It may have had its five; whoever looks at it is told.
        return False
    if prior is not None and prior.completed:
        return False
    return plan(held, prior).used < MAX_ATTEMPTS


def _put_back(message: ReceivedMessage, now_ms: int) -> Envelope:
    """Its receives so far make the worker read its trace."""
    return message.envelope.put_back(
        sender=message.emitted_by, receives=message.receive_count, sent_ms=message.sent_ms, now_ms=now_ms
    )
