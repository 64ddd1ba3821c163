"""Dead letters that never had five attempts, because their function was throttled: sent back to their queue."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..queue import transfer
from ..traces import DamagedTraceError
from ..worker.attempts import MAX_ATTEMPTS, may_be_put_back, plan
from .resend import is_done, resend, resends_everything
from .sweep import BatchResult, Queue, sweep

if TYPE_CHECKING:
    from ..event.envelope import Envelope
    from ..queue.message import ReceivedMessage
    from ..traces import TraceStore
    from .budget import Budget
    from .state import SweepState

EVERY_MINUTES = 5
"""Minutes between counts of the dead letters. Each is a request for every handler."""

_CLOCKS_MS = 60_000
"""Milliseconds by which CloudWatch's and SQS's clocks may differ."""

_HOUR = 3_600

_OLDEST = timedelta(days=14)
"""Age of the oldest dead letter that SQS can have."""


def last_throttled_ms(metrics: Any, function: str, now: datetime) -> int | None:
    """Return the end of the last hour in which Lambda throttled a function, in milliseconds since 1970; None if never.

    Args:
        metrics: a boto3 CloudWatch client.
        function: the function's name.
        now: the current time.
    """
    points = metrics.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Throttles",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - _OLDEST,
        EndTime=now,
        Period=_HOUR,
        Statistics=["Sum"],
    )["Datapoints"]
    hours = [point["Timestamp"] for point in points if point["Sum"] > 0]
    return int((max(hours).astimezone(UTC).timestamp() + _HOUR) * 1000) if hours else None


def oldest_seconds(metrics: Any, queue: str, now: datetime) -> int:
    """Return the age in seconds of a queue's oldest event in the last hour; 0 if CloudWatch has not measured it.

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


class Rescue:
    """A sweep through a dead-letter queue that sends throttled events back to the handler's queue.

    Args:
        dead: the dead-letter queue.
        alive: the URL of the handler's queue.
        store: the traces.
        throttled_ms: when the function was last throttled. A message that was sent after that was not throttled.

    Attributes:
        rescued: events that were sent back.
    """

    def __init__(self, dead: Queue, *, alive: str, store: TraceStore, throttled_ms: int) -> None:
        self._dead = dead
        self._alive = alive
        self._store = store
        self._throttled_ms = throttled_ms
        self._lock = threading.Lock()
        self.rescued = 0

    def run(self, state: SweepState, budget: Budget) -> SweepState:
        """Send events back as far as the budget goes.

        Args:
            state: the sweep, which has begun.
            budget: the messages that this run may receive and move.

        Returns:
            The state to store.
        """

        def process(batch: list[ReceivedMessage]) -> BatchResult:
            new = [message for message in batch if message.envelope.sweep_ms != state.began_ms]
            throttled = [message for message in new if is_rescuable(message, self._store, self._throttled_ms)]
            moves = self._put_back(throttled)
            others = [message for message in batch if message not in throttled]
            judged = [message for message in others if resends_everything(state) and not is_done(message, state)]
            result = resend(others, judged, self._dead, state, new=len(judged), dead=True)
            return dataclasses.replace(result, moves=result.moves + moves, new_moves=result.new_moves + moves)

        return sweep(self._dead, state, budget, process)

    def _put_back(self, throttled: list[ReceivedMessage]) -> int:
        if not throttled:
            return 0
        refused = transfer.move(
            self._dead.client, throttled, source=self._dead.url, target=self._alive, envelope_of=_put_back
        )
        moves = len(throttled) - len(refused)
        with self._lock:
            self.rescued += moves
        return moves


def is_rescuable(letter: ReceivedMessage, store: TraceStore, throttled_ms: int) -> bool:
    """Return True if a dead letter may have been throttled, and has had fewer than five attempts.

    Args:
        letter: the dead letter.
        store: the traces.
        throttled_ms: when the function was last throttled, in milliseconds since 1970.
    """
    # A message that was sent again after that may have been throttled before.
    first_ms = letter.envelope.attempts_since_ms or letter.sent_ms
    if first_ms > throttled_ms + _CLOCKS_MS or not may_be_put_back(letter):
        return False
    try:
        prior = store.get(letter.handler, letter.envelope.id)
    except DamagedTraceError:
        # It may have had its five attempts; `sluice dead show` says that its trace is damaged.
        return False
    if prior is not None and prior.completed:
        return False
    return plan(letter, prior).used < MAX_ATTEMPTS


def _put_back(letter: ReceivedMessage, now_ms: int) -> Envelope:
    # With its receives so far, the worker reads its trace before it starts it, and its attempts so far count.
    return letter.envelope.put_back(
        sender=letter.emitted_by, receives=letter.receive_count, sent_ms=letter.sent_ms, now_ms=now_ms
    )
