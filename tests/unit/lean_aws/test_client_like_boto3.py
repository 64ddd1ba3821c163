"""The lean client on moto's server, beside boto3's clients."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sluice.traces import Attempt, Trace, TraceStore

NewClient = Callable[..., Any]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


def boto(service: Any, endpoint: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1")


@pytest.fixture
def table(server: str, request: pytest.FixtureRequest) -> str:
    name = f"sluice-{abs(hash(request.node.name))}-traces"
    boto("dynamodb", server).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_traces_and_locks_are_the_same_with_either_client(server: str, table: str, new_client: NewClient) -> None:
    ours = TraceStore(new_client("dynamodb", server), table)
    theirs = TraceStore(boto("dynamodb", server), table)
    large = Trace(
        id="01a209b6-0d1a-772d-bd41-515cef36eaaf", handler="a", status="interrupted", event='"' + "ä" * 5_000 + '"'
    )
    assert ours.put_start(large, None)
    other = dataclasses.replace(large, history=(Attempt(outcome="started", started_ms=1),))
    assert not ours.put_start(other, None)
    assert ours.get("a", large.id) == theirs.get("a", large.id) == large
    done = large.ended(status="ok", result={"x": 1})
    assert ours.put(done)
    assert not ours.put(large)
    assert not theirs.put(large)
    assert ours.get("a", "01a209b6-0d1a-772d-bd41-515cef36eaae") is None
    assert ours.locks.take_key("a", "key", "1", 60) == "1"
    assert ours.locks.take_key("a", "key", "2", 60) == theirs.locks.take_key("a", "key", "2", 60) == "1"
    ours.unhandled.put([Trace(id=large.id, handler="nobody", status="no-handler", event="1")])
    assert theirs.unhandled.counts() == {"nobody": 1}


def test_messages_are_the_same_with_either_client(server: str, new_client: NewClient) -> None:
    ours, theirs = new_client("sqs", server), boto("sqs", server)
    url = theirs.create_queue(QueueName="sluice-test-q")["QueueUrl"]
    attributes = {
        "text": {"DataType": "String", "StringValue": "ü"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    ours.send_message(QueueUrl=url, MessageBody="ö", MessageAttributes=attributes)
    (message,) = theirs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "ö"
    assert message["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\xff"
    entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
    ours.change_message_visibility_batch(QueueUrl=url, Entries=[entry])
    (redelivered,) = theirs.receive_message(QueueUrl=url)["Messages"]
    ours.delete_message(QueueUrl=url, ReceiptHandle=redelivered["ReceiptHandle"])
    answer = ours.send_message_batch(QueueUrl=url, Entries=[{"Id": "7", "MessageBody": "x"}])
    assert answer["Successful"][0]["Id"] == "7"
    with pytest.raises(ours.exceptions.QueueDoesNotExist):
        ours.send_message(QueueUrl=url + "-not", MessageBody="x")
