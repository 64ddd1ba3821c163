"""A handler's function and its event source mapping, as far as the worker sees them."""

from __future__ import annotations

import base64
import io
import logging
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sluice.stage.names import partitions_of
from sluice.worker.output import Capture
from sluice.worker.overlap import CronLock
from sluice.worker.queue import HandlerQueue
from sluice.worker.settings import Settings
from sluice.worker.telemetry import Telemetry
from sluice.worker.worker import Worker

from tests.unit.support.cloud import HANDLER, STAGE, Cloud, partitions_used

if TYPE_CHECKING:
    from sluice.recording.recorder import Recorder
    from sluice.traces import Trace


@dataclass
class Context:
    """Lambda's context, with as much time left as the test says."""

    remaining_ms: int = 60_000
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    log_stream_name: str = "2026/11/23/[$LATEST]0123456789abcdef"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass
class Function:
    """One function with its event source mapping.

    Messages that the worker returns can be received again at once, so that no test waits.
    """

    cloud: Cloud
    handle: Callable[[Any], Any]
    handler: str = HANDLER
    timeout: float = 50
    batch_size: int = 10
    dynamodb: Any = None
    cron_lock: CronLock | None = None
    sqs: Any = None
    recorder: Recorder | None = None
    trace: str = "calls"

    def __post_init__(self) -> None:
        self.log = io.StringIO()
        self.capture = Capture()
        self.settings = Settings(
            stage=STAGE, handler=self.handler, timeout=self.timeout, trace_days=7, trace=self.trace
        )
        self.url = self.cloud.sqs.get_queue_url(QueueName=self.cloud.names.queue(self.handler))["QueueUrl"]
        self.worker = self.new_process()

    def new_process(self) -> Worker:
        # Powertools keeps loggers by name for as long as a process lives.
        logging.Logger.manager.loggerDict.pop(self.handler, None)
        store = (
            self.cloud.store
            if self.dynamodb is None
            else type(self.cloud.store)(self.dynamodb, self.cloud.names.trace_table)
        )
        return Worker(
            self.settings,
            load=lambda: self.handle,
            store=store,
            queue=HandlerQueue(self.sqs or self.cloud.sqs, self.url),
            telemetry=Telemetry(self.settings, self.capture, self.log),
            capture=self.capture,
            cron_lock=self.cron_lock,
            recorder=self.recorder,
            jitter=random.Random(1),
        )

    def receive(self) -> list[dict[str, Any]]:
        """Receive a batch, and return its records in Lambda's form."""
        answer = self.cloud.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=self.batch_size,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            VisibilityTimeout=300,
        )
        return [record(message) for message in answer.get("Messages", [])]

    def poll(self, context: Context | None = None) -> dict[str, Any]:
        """Run one batch, and delete the messages that the worker does not return."""
        records = self.receive()
        if not records:
            return {"records": [], "batchItemFailures": []}
        with self._own_rows_only():
            response: Any = self.worker.handle({"Records": records}, context or Context())  # type: ignore[arg-type]
        self.delete(records, response)
        return {"records": records, **response}

    @contextmanager
    def _own_rows_only(self) -> Iterator[None]:
        """Check that the worker uses no rows but the handler's own: its role allows no others."""
        with partitions_used(self.cloud.dynamodb) as used:
            yield
        for call, partition in used:
            assert any(fnmatchcase(partition, pattern) for pattern in partitions_of(self.handler)), (call, partition)

    def delete(self, records: list[dict[str, Any]], response: Any) -> None:
        returned = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        for one in records:
            if one["messageId"] not in returned:
                self.cloud.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=one["receiptHandle"])

    def traces(self) -> list[Trace]:
        """Return the handler's traces, newest first."""
        return self.cloud.traces(self.handler)


def record(message: Any) -> dict[str, Any]:
    """Return a received message in Lambda's form."""
    attributes = {
        name: {
            "dataType": value["DataType"],
            **({"stringValue": value["StringValue"]} if "StringValue" in value else {}),
            **({"binaryValue": base64.b64encode(value["BinaryValue"]).decode()} if "BinaryValue" in value else {}),
        }
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
        "awsRegion": "eu-central-1",
    }


def no_memory(_: object) -> None:
    """A handler whose runs are interrupted: they never reach their end."""
    raise MemoryError
