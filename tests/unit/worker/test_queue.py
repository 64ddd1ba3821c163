from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from sluice.queue.message import ReceivedMessage
from sluice.worker.queue import HandlerQueue

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import make_visible


def test_a_foreign_message_that_is_put_back_keeps_its_id_time_and_attributes(cloud: Cloud) -> None:
    function = Function(cloud, lambda _: None, batch_size=1)
    cloud.sqs.send_message(
        QueueUrl=function.url,
        MessageBody="hello",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "x"},
            "blob": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            "n": {"DataType": "Number", "StringValue": "7"},
        },
    )
    first = function.receive()[0]
    for _ in range(2):
        make_visible(cloud)
        function.receive()
    make_visible(cloud)
    function.poll()
    make_visible(cloud)
    (copy,) = cloud.messages(HANDLER)
    assert copy["Body"] == "hello"
    assert copy["MessageAttributes"]["kind"]["StringValue"] == "x"
    assert copy["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\x01"
    assert copy["MessageAttributes"]["n"] == {"DataType": "Number", "StringValue": "7"}
    envelope = json.loads(copy["MessageAttributes"]["sluice"]["StringValue"])
    assert envelope["at"] == int(first["attributes"]["SentTimestamp"])
    assert envelope["receives"] == 4


def test_an_event_that_is_put_back_keeps_its_sender(cloud: Cloud) -> None:
    function = Function(cloud, str, batch_size=1)
    cloud.sqs.send_message(QueueUrl=function.url, MessageBody="hello")
    (first,) = function.receive()
    for _ in range(2):
        make_visible(cloud)
        function.receive()
    make_visible(cloud)
    function.poll()
    make_visible(cloud)
    (copy,) = cloud.messages(HANDLER)
    assert json.loads(copy["MessageAttributes"]["sluice"]["StringValue"])["by"] == first["attributes"]["SenderId"]


def test_an_event_without_a_free_message_attribute_is_started_instead_of_put_back(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    cloud.sqs.send_message(
        QueueUrl=function.url,
        MessageBody="full",
        MessageAttributes={f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(10)},
    )
    for _ in range(4):
        function.receive()
        make_visible(cloud)
    function.poll()
    assert ran == ["full"]


def test_an_event_that_is_put_back_keeps_its_trace_header_and_its_message_group() -> None:
    sent: list[dict[str, Any]] = []
    client: Any = SimpleNamespace(send_message=lambda **parameters: sent.append(parameters))
    attributes = {
        "ApproximateReceiveCount": "4",
        "SentTimestamp": "5000",
        "SenderId": "AIDAEXAMPLE",
        "AWSTraceHeader": "Root=1-5759e988-bd862e3f",
        "MessageGroupId": "tenant-7",
    }
    record = {"messageId": "m", "receiptHandle": "r", "body": "1", "attributes": attributes}
    assert HandlerQueue(client, "url").put_back(ReceivedMessage.from_lambda(record, HANDLER), 2.5)
    (parameters,) = sent
    assert (parameters["QueueUrl"], parameters["MessageBody"], parameters["DelaySeconds"]) == ("url", "1", 3)
    assert parameters["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"] == "Root=1-5759e988-bd862e3f"
    assert parameters["MessageGroupId"] == "tenant-7"
