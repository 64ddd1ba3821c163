"""A stage over months: SQS on moto with time that a test passes, Lambda's poller at its harshest, the reconciler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import moto.sqs.models
import pytest
from moto.sqs.models import SQSBackend, sqs_backends
from sluice.pausing.decision import RECEIVING
from sluice.queue import transfer

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.fake_lambda import FakeFunction
from tests.unit.support.fake_stage import FakeStage
from tests.unit.support.function import Context, Function, record

MINUTE = 60.0
DAY = 86_400.0
RETENTION = 14 * DAY
VISIBILITY = 180
"""Seconds. The shortest that the template gives a queue."""


class Metrics:
    """CloudWatch: the hours in which a function was throttled."""

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
    """One handler, its queues, and time."""

    def __init__(
        self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, handle: Callable[[Any], Any] | None = None
    ) -> None:
        self.cloud = cloud
        self.now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
        monkeypatch.setattr(moto.sqs.models, "unix_time_millis", lambda *_: self.now * 1000)
        monkeypatch.setattr(moto.sqs.models, "unix_time", lambda *_: self.now)
        # moto would wait for the clock, which only a test moves.
        monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)
        # `check_ages` does it: moto takes a hundredth of a second for each message.
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
        """What moto holds in a queue."""
        names = self.cloud.names
        queue = names.dead_letter_queue(HANDLER) if dead else names.queue(HANDLER)
        found: list[Any] = sqs_backends["123456789012"]["eu-central-1"].queues[queue]._messages
        return found

    def minute(self) -> None:
        """A minute passes, the poller polls, the reconciler runs."""
        self.now += MINUTE
        self.poll()
        self.reconciler.run({"upkeep": True})
        self.poll()

    def days(self, count: float, *, every: float = MINUTE) -> None:
        """Days pass, and nothing is older than SQS keeps it."""
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
        """The event source mapping: while it is enabled it receives, whether the function may run or not."""
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
                # Throttled. Lambda leaves them to their visibility timeout.
                continue
            response: Any = self.function_code.worker.handle({"Records": records}, Context())  # type: ignore[arg-type]
            self.function_code.delete(records, response)

    def throttled_hour(self) -> None:
        self.metrics.throttled.append(datetime.fromtimestamp(self.now, UTC) - timedelta(minutes=30))


__all__ = ["DAY", "HANDLER", "MINUTE", "STAGE", "VISIBILITY", "Months"]
