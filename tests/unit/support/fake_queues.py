"""SQS in memory, in any order: standard queues promise none, and moto's keep the strictest one."""

from __future__ import annotations

import heapq
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from operator import attrgetter
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.support.fake_stage import FakeStage

DAY = 86_400.0
RETENTION = 14 * DAY


@dataclass(eq=False)
class FakeMessage:
    """A message in a queue. Times are seconds since 1970."""

    body: str
    attributes: Any
    sent: float
    visible: float
    number: int
    receives: int = 0
    alive: bool = True


@dataclass
class FakeQueue:
    """A queue.

    Attributes:
        shown: a heap of visible messages, deleted ones among them.
        hidden: a heap of messages by the time at which they become visible; those that became so before stay in it.
        alive: the messages that are not deleted, in the order in which they were sent.
        delayed: those sent with a delay that may not be over.
    """

    shown: list[Any] = field(default_factory=list)
    hidden: list[Any] = field(default_factory=list)
    alive: dict[FakeMessage, None] = field(default_factory=dict)
    delayed: list[FakeMessage] = field(default_factory=list)

    def count(self, now: float) -> int:
        """Return how many messages are visible or held by somebody, as SQS counts them."""
        self.delayed = [message for message in self.delayed if message.alive and message.visible > now]
        return len(self.alive) - sum(message.receives == 0 for message in self.delayed)


class FakeSqs:
    """SQS with its own clock.

    Args:
        order: `oldest` first, or `random`.
        latency: seconds that a call takes.
        seed: of the random order.
    """

    def __init__(self, order: str = "oldest", latency: float = 0.0, seed: int = 1) -> None:
        # In the past: envelopes say when they were sent by the real clock.
        self.now = 1_699_920_000.0
        self.calls: Counter[str] = Counter()
        self.sent_to: Counter[str] = Counter()
        self.threads: set[int] = set()
        self.dead: list[FakeMessage] = []
        self.refuses: Callable[[str], bool] = lambda body: False
        self._random = order == "random"
        self._latency = latency
        self._chance = random.Random(seed)
        self._queues: dict[str, FakeQueue] = defaultdict(FakeQueue)
        self._numbers = count(1)
        self._held: dict[str, FakeMessage] = {}
        self._lock = threading.RLock()

    def put(self, queue: str, body: str = "1", *, age: float = 0.0, receives: int = 0, delay: float = 0.0) -> None:
        with self._lock:
            self._put(queue, body, {}, age, receives, delay)

    def _put(self, queue: str, body: str, attributes: Any, age: float, receives: int, delay: float) -> None:
        message = FakeMessage(body, attributes, self.now - age, self.now + delay, next(self._numbers), receives)
        self._queues[queue].alive[message] = None
        if delay:
            self._queues[queue].delayed.append(message)
        self._hide(queue, message)

    def _hide(self, queue: str, message: FakeMessage) -> None:
        heapq.heappush(self._queues[queue].hidden, (message.visible, next(self._numbers), message))

    def messages(self, queue: str) -> list[FakeMessage]:
        """Return the messages of a queue, in the order in which they were sent."""
        return list(self._queues[queue].alive)

    def oldest(self, queue: str) -> float:
        """Return the age of a queue's oldest message in seconds; 0 if it has none."""
        return self.now - min(map(attrgetter("sent"), self._queues[queue].alive), default=self.now)

    def _delete(self, queue: str, message: FakeMessage) -> None:
        message.alive = False
        self._queues[queue].alive.pop(message, None)

    def _take(self, queue: FakeQueue) -> FakeMessage | None:
        while queue.hidden and queue.hidden[0][0] <= self.now:
            visible, _, message = heapq.heappop(queue.hidden)
            if visible == message.visible:
                heapq.heappush(queue.shown, (message.sent, message.number, message))
        while queue.shown:
            if self._random:
                index = self._chance.randrange(len(queue.shown))
                queue.shown[index], queue.shown[-1] = queue.shown[-1], queue.shown[index]
                message = queue.shown.pop()[-1]
            else:
                message = heapq.heappop(queue.shown)[-1]
            if message.alive:
                assert self.now - message.sent < RETENTION, "SQS has deleted an event"
                return message  # type: ignore[no-any-return]
        return None

    def _called(self, name: str) -> None:
        self.calls[name] += 1
        self.now += self._latency

    def get_queue_url(self, *, QueueName: str) -> Any:  # noqa: N803 - boto3's names
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, *, QueueUrl: str, **_: Any) -> Any:  # noqa: N803
        with self._lock:
            return {"Attributes": {"ApproximateNumberOfMessages": str(self._queues[QueueUrl].count(self.now))}}

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
        WaitTimeSeconds: int,  # noqa: N803
        **_: Any,
    ) -> Any:
        with self._lock:
            self._called("receive")
            self.threads.add(threading.get_ident())
            found: list[Any] = []
            while len(found) < MaxNumberOfMessages and (message := self._take(self._queues[QueueUrl])):
                message.receives += 1
                if message.receives > 5 and not QueueUrl.endswith("-dead"):
                    self._delete(QueueUrl, message)
                    self.dead.append(message)
                    continue
                message.visible = self.now + VisibilityTimeout
                self._hide(QueueUrl, message)
                handle = str(next(self._numbers))
                self._held[handle] = message
                found.append(self._shown(message, handle))
            if not found and self._latency:
                self.now += WaitTimeSeconds
            return {"Messages": found} if found else {}

    def _shown(self, message: FakeMessage, handle: str) -> Any:
        return {
            "MessageId": f"00000000-0000-4000-8000-{message.number:012d}",
            "ReceiptHandle": handle,
            "Body": message.body,
            "MessageAttributes": message.attributes,
            "Attributes": {
                "SentTimestamp": str(int(message.sent * 1000)),
                "ApproximateReceiveCount": str(message.receives),
                "ApproximateFirstReceiveTimestamp": str(int(message.sent * 1000)),
                "SenderId": "AIDAEXAMPLE",
            },
        }

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803
        with self._lock:
            self._called("send")
            if any(self.refuses(entry["MessageBody"]) for entry in Entries):
                raise ClientError({"Error": {"Code": "InvalidMessageContents", "Message": "no"}}, "SendMessageBatch")
            for entry in Entries:
                delay = entry.get("DelaySeconds", 0)
                self._put(QueueUrl, entry["MessageBody"], entry["MessageAttributes"], 0.0, 0, delay)
            self.sent_to[QueueUrl] += len(Entries)
            return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def delete_message_batch(self, *, QueueUrl: str, Entries: Any) -> None:  # noqa: N803
        with self._lock:
            self._called("delete")
            for entry in Entries:
                self._delete(QueueUrl, self._held[entry["ReceiptHandle"]])

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Any) -> None:  # noqa: N803
        with self._lock:
            self._called("change")
            for entry in Entries:
                message = self._held[entry["ReceiptHandle"]]
                message.visible = self.now
                self._hide(QueueUrl, message)


class NoTraces:
    """Traces of events that were never started: there are none."""

    def get(self, *_: Any) -> None:
        return None

    def completed(self, *_: Any) -> set[str]:
        return set()


class NoMetrics:
    """CloudWatch's metrics of a function that was throttled in one hour, or never."""

    def __init__(self) -> None:
        self.throttled: Any = None

    def get_metric_statistics(self, *, MetricName: str, **_: Any) -> Any:  # noqa: N803
        there = MetricName == "Throttles" and self.throttled is not None
        return {"Datapoints": [{"Timestamp": self.throttled, "Sum": 1.0}] if there else []}


class Queues:
    """A stage's handlers, their queues and the reconciler.

    Args:
        sqs: the queues.
        handlers: the handlers' names, all of them paused.
        traces: stands for the `TraceStore`; without traces if left out.
    """

    def __init__(self, sqs: FakeSqs, *handlers: str, traces: Any = None) -> None:
        client: Any = sqs
        self.sqs = client
        self.metrics = NoMetrics()
        stage = FakeStage(*handlers, clock=lambda: float(self.sqs.now))
        self.aws, self.table, self.retention = stage.aws, stage.table, stage.retention
        for function in self.aws.functions.values():
            function.concurrency, function.mapping = 0, "Disabled"
        self.reconciler = stage.reconciler(sqs=client, metrics=self.metrics, traces=traces or NoTraces())
        self.queue = self.aws.names.queue
        self.dead = self.aws.names.dead_letter_queue

    def run(self, step: float = 60.0) -> dict[str, int]:
        """Run the reconciler once, and return what it moved.

        Args:
            step: seconds from its start to the next run.
        """
        began = self.sqs.now
        try:
            moved: dict[str, int] = self.reconciler.run({"upkeep": True})["moved"]
        finally:
            self.sqs.now = max(self.sqs.now, began + step)
        return moved
