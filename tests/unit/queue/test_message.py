from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sluice.event.envelope import Envelope, from_text
from sluice.event.from_message import Read
from sluice.event.ids import id_of_message, new_id
from sluice.queue.message import ReceivedMessage
from sluice.queue.send import MAX_MESSAGE_BYTES, Message

from tests.unit.support.cloud import HANDLER
from tests.unit.support.function import record

ID = new_id(4)
KEPT: dict[str, dict[str, Any]] = {
    "text": {"DataType": "String", "StringValue": "red"},
    "empty": {"DataType": "String", "StringValue": ""},
    "number": {"DataType": "Number.int", "StringValue": "5"},
    "blob": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
}


def received(body: str = "1", envelope: Envelope | None = None, **system: str) -> dict[str, Any]:
    """A message as boto3 returns it, whose attributes have further parts."""
    attributes: dict[str, Any] = {name: {**attribute, "BinaryListValues": []} for name, attribute in KEPT.items()}
    if envelope:
        attributes["sluice"] = {"DataType": "String", "StringValue": envelope.to_text()}
    return {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": body,
        "MessageAttributes": attributes,
        "Attributes": {
            "SentTimestamp": "5000",
            "ApproximateReceiveCount": "2",
            "ApproximateFirstReceiveTimestamp": "6000",
            "SenderId": "AIDAEXAMPLE",
            **system,
        },
    }


def both(message: dict[str, Any]) -> list[ReceivedMessage]:
    """A message as boto3 received it, and as Lambda passes it."""
    return [ReceivedMessage.from_receive(message, HANDLER), ReceivedMessage.from_lambda(record(message), HANDLER)]


PROPERTIES = (
    "handler",
    "message_id",
    "receipt_handle",
    "text",
    "body",
    "event",
    "event_json",
    "envelope",
    "receive_count",
    "sent_ms",
    "first_received_ms",
    "is_first",
    "emitted_by",
    "claimant",
    "due",
    "earliest_attempt_ms",
)


@pytest.mark.parametrize(
    "message",
    [
        received(),
        received("not json"),
        received('{"a": 1}', Envelope(id=ID, emitted_ms=7, emitted_by="audit-log", key="k")),
        received('{"cron": "send-receipt", "scheduled_at": "2025-12-01T02:00:00Z"}'),
        received(ApproximateReceiveCount="1"),
    ],
    ids=["foreign", "text", "emitted", "tick", "first"],
)
def test_lambda_and_boto3_give_the_same_message(message: dict[str, Any]) -> None:
    of_boto3, of_lambda = both(message)
    for name in PROPERTIES:
        assert getattr(of_boto3, name) == getattr(of_lambda, name), name
    assert of_boto3.unchanged() == of_lambda.unchanged()


def test_a_message_says_what_sqs_knows() -> None:
    for message in both(received()):
        assert (message.message_id, message.receipt_handle, message.body, message.event) == ("m", "r", "1", 1)
        assert (message.receive_count, message.sent_ms, message.first_received_ms) == (2, 5_000, 6_000)
        assert (message.envelope.id, message.envelope.emitted_ms) == (id_of_message("m", 5_000), 5_000)
        assert (message.emitted_by, message.claimant, message.due) == ("AIDAEXAMPLE", None, None)
        assert message.earliest_attempt_ms == 4_000


@pytest.mark.parametrize("fields", [{}, {"receives": 1}, {"redrives": 1}, {"resends": 1}], ids=str)
def test_only_an_event_that_was_never_received_before_is_first(fields: dict[str, Any]) -> None:
    envelope = Envelope(id=ID, emitted_ms=7, **fields)
    for message in both(received(envelope=envelope, ApproximateReceiveCount="1")):
        assert message.is_first == (not fields)
    assert not any(message.is_first for message in both(received(envelope=envelope)))


def test_only_an_event_with_a_key_or_of_scheduler_has_a_claimant() -> None:
    for fields, claimant in ({}, None), ({"key": "k"}, id_of_message("m", 5_000)), ({"claimant": "c", "key": "k"}, "c"):
        for message in both(received(envelope=Envelope(id=ID, emitted_ms=7, **fields))):  # type: ignore[arg-type]
            assert message.claimant == claimant


def test_a_message_sent_again_keeps_everything_that_it_has() -> None:
    """Body, attributes, X-Ray's header and the group of a fair queue."""
    envelope = Envelope(id=ID, emitted_ms=7).redriven(sender="AIDAEXAMPLE")
    for message in both(received("x", AWSTraceHeader="Root=1-5759e988-bd862e3f", MessageGroupId="tenant-7")):
        again = message.with_envelope(envelope)
        assert again is not None
        parameters = again.parameters()
        attributes = parameters.pop("MessageAttributes")
        assert from_text(attributes.pop("sluice")["StringValue"]) == envelope
        assert attributes == KEPT
        assert parameters == {
            "MessageBody": "x",
            "MessageGroupId": "tenant-7",
            "MessageSystemAttributes": {
                "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3f"}
            },
        }
        unchanged = message.unchanged().parameters()
        assert unchanged == parameters | {"MessageAttributes": KEPT}


def test_a_delay_stands_beside_what_a_message_keeps() -> None:
    message = Message("x", Envelope(id=ID, emitted_ms=7), {}, {"MessageGroupId": "g"})
    assert message.parameters(5) == {
        "MessageBody": "x",
        "MessageAttributes": {},
        "DelaySeconds": 5,
        "MessageGroupId": "g",
    }
    assert "DelaySeconds" not in message.parameters()


@pytest.mark.parametrize(("attributes", "fits"), [(9, True), (10, False)])
def test_a_message_with_ten_attributes_has_no_room_for_an_envelope(attributes: int, fits: bool) -> None:
    given = received()
    given["MessageAttributes"] = {str(n): {"DataType": "String", "StringValue": "x"} for n in range(attributes)}
    for message in both(given):
        assert (message.with_envelope(message.envelope) is not None) == fits
        assert len(message.unchanged().attributes) == attributes


@pytest.mark.parametrize(("spare", "fits"), [(0, True), (-1, False)])
def test_a_message_of_sqs_s_largest_size_has_no_room_for_an_envelope(spare: int, fits: bool) -> None:
    given = received()
    given["MessageAttributes"] = {"b": {"DataType": "Binary", "BinaryValue": b"\xff" * 100}}
    envelope = Envelope(id=ID, emitted_ms=7)
    others = len("b") + len("Binary") + 100 + len("sluice") + len("String") + len(envelope.to_text())
    given["Body"] = "x" * (MAX_MESSAGE_BYTES - others - spare)
    for message in both(given):
        assert (message.with_envelope(envelope) is not None) == fits


def test_the_event_is_read_once_and_not_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def read(text: str, *_: object, **__: object) -> Read:
        calls.append(text)
        return Read(text, Envelope(id=ID, emitted_ms=7))

    monkeypatch.setattr("sluice.queue.message.read_message", read)
    for message in both(received()):
        calls.clear()
        assert message.receive_count == 2
        assert calls == []
        assert message.envelope is message.envelope
        assert message.event is message.event
        assert calls == ["1"]


def test_a_binary_attribute_of_lambda_s_is_base64() -> None:
    message = record(received())
    assert base64.b64decode(message["messageAttributes"]["blob"]["binaryValue"]) == b"\x00\xff"
    assert json.dumps(message), "Lambda passes records as JSON"
