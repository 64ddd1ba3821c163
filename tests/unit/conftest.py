"""moto in place of AWS, with one handler's queue and the trace table."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from sluice.emitting.emit import forget_queues
from sluice.stage import clients
from sluice.stage.names import Names
from sluice.traces import TraceStore

from .moto_threads import serialise

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

    def create_table(self) -> None:
        self.dynamodb.create_table(
            TableName=self.names.trace_table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
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


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture(scope="session", autouse=True)
def _moto_with_threads() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        serialise(monkeypatch)
        yield


@pytest.fixture
def pythons_recursion_limit() -> Iterator[None]:
    """As it is in a command line and on Lambda. Some package of the emulator's raises it when it is imported."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Each test's workers set up logging anew, as a new process does."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name in (HANDLER, "audit-log"):
        logging.Logger.manager.loggerDict.pop(name, None)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setenv("SLUICE_STAGE", STAGE)
    with new_cloud() as cloud:
        yield cloud


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
