from __future__ import annotations

from typing import Any

import pytest
from sluice.event.envelope import ATTRIBUTE, Envelope, from_text
from sluice.event.ids import new_id
from sluice.queue import transfer
from sluice.queue.message import ReceivedMessage

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.polling import make_visible

OTHER = f"{HANDLER}-dead"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)


def url_of(cloud: Cloud, queue: str = HANDLER) -> str:
    return cloud.sqs.get_queue_url(QueueName=cloud.names.queue(queue))["QueueUrl"]


def send(cloud: Cloud, *bodies: str, **options: Any) -> None:
    for body in bodies:
        cloud.sqs.send_message(QueueUrl=url_of(cloud), MessageBody=body, **options)


def receive(cloud: Cloud) -> list[ReceivedMessage]:
    return transfer.receive(cloud.sqs, url_of(cloud), HANDLER, hold=60)


def move(cloud: Cloud, messages: list[ReceivedMessage], **options: Any) -> dict[str, str]:
    def redriven(message: ReceivedMessage, _: int) -> Envelope:
        return message.envelope.redriven(sender=message.emitted_by)

    return transfer.move(
        cloud.sqs,
        messages,
        source=url_of(cloud),
        target=url_of(cloud, OTHER),
        **({"envelope_of": redriven} | options),
    )


def test_a_receive_returns_ten_messages_that_are_invisible_to_others_then(cloud: Cloud) -> None:
    send(cloud, *map(str, range(12)))
    first, second, third = (receive(cloud) for _ in range(3))
    assert (len(first), len(second), third) == (10, 2, [])
    assert {message.handler for message in first} == {HANDLER}
    assert sorted(message.event for message in [*first, *second]) == list(range(12))


def test_the_count_of_a_queue_includes_held_messages_and_no_delayed_ones(cloud: Cloud) -> None:
    send(cloud, "1", "2", "3")
    send(cloud, "later", DelaySeconds=60)
    cloud.sqs.receive_message(QueueUrl=url_of(cloud), MaxNumberOfMessages=2)
    assert transfer.count(cloud.sqs, url_of(cloud)) == 3


def test_released_messages_are_visible_at_once(cloud: Cloud) -> None:
    send(cloud, *map(str, range(12)))
    messages = [*receive(cloud), *receive(cloud)]
    transfer.release(cloud.sqs, url_of(cloud), [message.receipt_handle for message in messages])
    assert len([*receive(cloud), *receive(cloud)]) == 12


def test_a_moved_message_has_a_new_envelope_and_everything_else_as_before(cloud: Cloud) -> None:
    old = Envelope(id=new_id(), emitted_ms=7, receives=4)
    attributes = {
        "colour": {"DataType": "String", "StringValue": "red"},
        ATTRIBUTE: {"DataType": "String", "StringValue": old.to_text()},
    }
    send(cloud, "x", MessageAttributes=attributes)
    assert move(cloud, receive(cloud)) == {}
    make_visible(cloud)
    assert cloud.messages(HANDLER) == []
    (moved,) = cloud.messages(OTHER)
    assert moved["Body"] == "x"
    assert moved["MessageAttributes"]["colour"]["StringValue"] == "red"
    envelope = from_text(moved["MessageAttributes"][ATTRIBUTE]["StringValue"])
    assert envelope is not None
    assert (envelope.id, envelope.emitted_ms, envelope.redrives, envelope.receives) == (old.id, 7, 1, 0)


def test_the_envelope_is_made_for_the_time_of_sending(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    send(cloud, "1")
    times: list[int] = []

    def envelope_of(message: ReceivedMessage, now_ms: int) -> Envelope:
        times.append(now_ms)
        return message.envelope

    monkeypatch.setattr("sluice.queue.transfer.time.time", lambda: 1_800_000_000.5)
    move(cloud, receive(cloud), envelope_of=envelope_of)
    assert times == [1_800_000_000_500]


def test_a_message_that_sqs_refuses_stays(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    send(cloud, "1", "2")
    messages = receive(cloud)
    real = cloud.sqs.send_message_batch

    def refuse_first(**arguments: Any) -> Any:
        first, *others = arguments["Entries"]
        answer = real(QueueUrl=arguments["QueueUrl"], Entries=others)
        return {**answer, "Failed": [{"Id": first["Id"], "Code": "Busy", "Message": "later", "SenderFault": False}]}

    monkeypatch.setattr(cloud.sqs, "send_message_batch", refuse_first)
    assert move(cloud, messages) == {messages[0].message_id: "Busy later"}
    make_visible(cloud)
    assert [message["Body"] for message in cloud.messages(HANDLER)] == [messages[0].text]
    assert [message["Body"] for message in cloud.messages(OTHER)] == [messages[1].text]


def test_a_moved_message_can_have_a_delay(cloud: Cloud) -> None:
    send(cloud, "1")
    move(cloud, receive(cloud), delay=60)
    assert cloud.messages(OTHER) == []
    attributes = cloud.sqs.get_queue_attributes(QueueUrl=url_of(cloud, OTHER), AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


def test_deleted_messages_are_gone(cloud: Cloud) -> None:
    send(cloud, "1", "2", "3")
    messages = receive(cloud)
    transfer.delete(cloud.sqs, url_of(cloud), messages[:2])
    make_visible(cloud)
    assert [message["Body"] for message in cloud.messages(HANDLER)] == [messages[2].text]
