"""A stage over months: SQS on moto with a clock that a test moves, Lambda's poller at its harshest, the reconciler."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import moto.sqs.models
import pytest
from moto.sqs.models import SQSBackend, sqs_backends
from sluice import emit
from sluice.pausing.state import RECEIVING
from sluice.queue import transfer
from sluice.traces import Attempt, Trace

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.fake_lambda import FakeFunction
from tests.unit.support.fake_stage import FakeStage
from tests.unit.support.function import Context, Function, record

MINUTE = 60.0
DAY = 86_400.0
RETENTION = 14 * DAY
VISIBILITY = 180
"""Seconds of the shortest visibility timeout that the template gives a queue."""


class Metrics:
    """CloudWatch's metrics of one function and its queue.

    Attributes:
        throttled: hours in which the function was throttled.
        oldest: seconds that the queue's oldest event has been waiting.
        calls: calls so far.
    """

    def __init__(self) -> None:
        self.throttled: list[datetime] = []
        self.oldest = 0.0
        self.calls = 0

    def get_metric_statistics(self, *, MetricName: str, **_: Any) -> Any:  # noqa: N803 - boto3's names
        self.calls += 1
        if MetricName == "ApproximateAgeOfOldestMessage":
            return {"Datapoints": [{"Maximum": 60.0}, {"Maximum": self.oldest}]}
        hours = self.throttled
        return {"Datapoints": [{"Timestamp": hour, "Sum": 3.0} for hour in hours]}


class Months:
    """One handler, its queues, and time.

    Attributes:
        now: the time in seconds since 1970.
        runs: runs of the handler by the number `n` in the event.
        receives: messages that the poller has received.
    """

    def __init__(
        self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, handle: Callable[[Any], Any] | None = None
    ) -> None:
        self.cloud = cloud
        self.now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
        monkeypatch.setattr(moto.sqs.models, "unix_time_millis", lambda *_: self.now * 1000)
        monkeypatch.setattr(moto.sqs.models, "unix_time", lambda *_: self.now)
        monkeypatch.setattr(
            "sluice.emitting.emit.clock", SimpleNamespace(time=lambda: self.now, perf_counter_ns=time.perf_counter_ns)
        )
        # moto would wait for the clock, which only the test moves.
        monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)
        # `check_ages` does this.
        monkeypatch.setattr(SQSBackend, "is_message_valid_based_on_retention_period", lambda *_, **__: True)
        # A month has 8,640 of these.
        monkeypatch.setattr(transfer, "count", lambda _, url: len(self.messages(dead=url.endswith("-dead"))))
        self.runs: Counter[Any] = Counter()
        self.function_code = Function(cloud, handle or self._count)
        self.stage = FakeStage(HANDLER, clock=lambda: self.now)
        self.retention = self.stage.retention
        self.metrics = Metrics()
        self.receives = 0
        self.reconciler = self.stage.reconciler(sqs=cloud.sqs, metrics=self.metrics, traces=cloud.store)
        for name in (cloud.names.queue(HANDLER), cloud.names.dead_letter_queue(HANDLER)):
            cloud.sqs.set_queue_attributes(QueueUrl=self.url(name), Attributes={"MessageRetentionPeriod": "1209600"})

    def _count(self, event: Any) -> None:
        self.runs[event["n"]] += 1

    @property
    def function(self) -> FakeFunction:
        return self.stage.function

    def url(self, queue: str) -> str:
        return self.cloud.sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def messages(self, *, dead: bool = False) -> list[Any]:
        """Return moto's messages of a queue."""
        names = self.cloud.names
        queue = names.dead_letter_queue(HANDLER) if dead else names.queue(HANDLER)
        found: list[Any] = sqs_backends["123456789012"]["eu-central-1"].queues[queue]._messages
        return found

    def minute(self) -> None:
        """Pass a minute: the poller polls, and the reconciler runs."""
        self.now += MINUTE
        self.poll()
        self.reconciler.run({"upkeep": True})
        self.poll()

    def end_pause_in_the_console(self) -> None:
        """Remove the limit, and let the reconciler see twice that it is gone."""
        self.function.concurrency = None
        for _ in range(2):
            self.minute()

    def days(self, count: float, *, every: float = MINUTE) -> None:
        """Pass days, and check that no message gets older than SQS keeps it.

        Args:
            count: number of days.
            every: seconds from one run of the reconciler to the next.
        """
        end = self.now + count * DAY
        while self.now < end:
            self.now += every - MINUTE
            self.minute()
            if int(self.now) % 3600 < every:
                self.check_ages()

    def check_ages(self) -> None:
        for message in [*self.messages(), *self.messages(dead=True)]:
            assert self.now - message.sent_timestamp / 1000 < RETENTION, "SQS has deleted an event"

    def poll(self) -> None:
        """Receive like an event source mapping: while it is enabled, whether the function may run or not."""
        while self.function.mapping in RECEIVING and self.messages():
            answer = self.cloud.sqs.receive_message(
                QueueUrl=self.function_code.url,
                MaxNumberOfMessages=10,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
                VisibilityTimeout=VISIBILITY,
            )
            records = [record(message) for message in answer.get("Messages", [])]
            if not records:
                return
            self.receives += len(records)
            if self.function.concurrency == 0:
                # Throttled: the messages stay invisible until their visibility timeout.
                continue
            response: Any = self.function_code.worker.handle({"Records": records}, Context())  # type: ignore[arg-type]
            self.function_code.delete(records, response)

    def kill(self, n: int, *, attempts: int = 0) -> str:
        """Emit an event, and move it to the dead-letter queue as SQS does after five receives; return its id.

        Args:
            n: the number in the event.
            attempts: attempts that its trace has; none for an event without a trace.
        """
        event_id = emit(HANDLER, {"n": n})
        (message,) = self.messages()
        self.messages().remove(message)
        message.approximate_receive_count = 5
        self.messages(dead=True).append(message)
        if attempts:
            started_ms = int(self.now * 1000) + 1
            history = tuple(Attempt(outcome="started", started_ms=started_ms) for _ in range(attempts))
            self.cloud.store.put(Trace(id=event_id, handler=HANDLER, status="dead", event="1", history=history))
        return event_id

    def throttled_hour(self) -> None:
        """Have CloudWatch say that the function was throttled in the last hour."""
        self.metrics.throttled.append(datetime.fromtimestamp(self.now, UTC) - timedelta(minutes=30))


__all__ = ["DAY", "HANDLER", "MINUTE", "STAGE", "VISIBILITY", "Months"]
