"""One stage of Sluice on moto: a handler's queue with its dead-letter queue, and the trace table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from sluice.emitting.emit import forget_queues
from sluice.stage import clients
from sluice.stage.names import Names
from sluice.traces import Trace, TraceStore
from sluice.traces.failure import INDEX_ATTRIBUTES
from sluice.traces.item import from_item, shard_keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

STAGE = "test"
HANDLER = "send-receipt"


@dataclass
class Cloud:
    """One stage of Sluice on moto."""

    sqs: SQSClient
    dynamodb: DynamoDBClient
    names: Names = field(default_factory=lambda: Names(STAGE))

    @property
    def store(self) -> TraceStore:
        return TraceStore(self.dynamodb, self.names.trace_table)

    def traces(self, handler: str) -> list[Trace]:
        """Return all traces of a handler, newest first, in one read: `TraceStore.recent` reads each shard."""
        shards = set(shard_keys(handler))
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.names.trace_table)
        stored = [from_item(item) for page in pages for item in page["Items"] if item["pk"].get("S") in shards]
        now_ms = int(time.time() * 1000)
        return sorted((trace.as_of(now_ms) for trace in stored), key=lambda trace: trace.id, reverse=True)

    def create_table(self) -> None:
        self.dynamodb.create_table(
            TableName=self.names.trace_table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
                {"AttributeName": "failed_shard", "AttributeType": "S"},
                {"AttributeName": "failed_ms", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "failures",
                    "KeySchema": [
                        {"AttributeName": "failed_shard", "KeyType": "HASH"},
                        {"AttributeName": "failed_ms", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(INDEX_ATTRIBUTES)},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )

    def create_queue(self, handler: str) -> str:
        dead = self.sqs.create_queue(QueueName=self.names.dead_letter_queue(handler))["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return self.sqs.create_queue(
            QueueName=self.names.queue(handler),
            Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})},
        )["QueueUrl"]

    def messages(self, handler: str) -> list[dict[str, Any]]:
        """Take everything out of a handler's queue."""
        url = self.sqs.get_queue_url(QueueName=self.names.queue(handler))["QueueUrl"]
        found: list[Any] = []
        while batch := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in batch:
                found.append(message)
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


def calls_of(client: Any) -> list[str]:
    """Return a list to which each call of a boto3 client adds its name from now on."""
    calls: list[str] = []
    client.meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    return calls


@contextmanager
def partitions_used(client: Any) -> Iterator[list[tuple[str, str]]]:
    """Collect the calls of a DynamoDB client to single items: the call's name and the partition."""
    used: list[tuple[str, str]] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        item = params.get("Item") or params.get("Key")
        if item:
            used.append((model.name, str(item["pk"]["S"])))

    client.meta.events.register("provide-client-params.dynamodb", note)
    try:
        yield used
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb", note)


@contextmanager
def new_cloud() -> Iterator[Cloud]:
    """An empty stage, with one handler's queues and the trace table."""
    clients.forget_clients()
    forget_queues()
    with mock_aws():
        cloud = Cloud(boto3.client("sqs"), boto3.client("dynamodb"))
        cloud.create_table()
        cloud.create_queue(HANDLER)
        yield cloud
    clients.forget_clients()
    forget_queues()
