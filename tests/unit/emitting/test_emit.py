"""Emits of one event and of many, as messages in SQS."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

import pytest
from sluice import (
    EventNotSerializableError,
    EventTooLargeError,
    InvalidKeyError,
    InvalidNameError,
    StageNotSetError,
    emit,
    emit_many,
)
from sluice.event.envelope import from_text
from sluice.event.ids import is_id
from sluice.queue import send
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud, partitions_used


def test_an_emit_is_one_message_whose_body_is_the_event(cloud: Cloud) -> None:
    event_id = emit(HANDLER, {"id": "1", "name": "Zoë"})
    (message,) = cloud.messages(HANDLER)
    assert message["Body"] == '{"id":"1","name":"Zoë"}'
    envelope = from_text(message["MessageAttributes"]["sluice"]["StringValue"])
    assert envelope is not None
    assert envelope.id == event_id
    assert (envelope.parent, envelope.hops, envelope.emitted_by) == (None, 0, None)


def test_many_events_keep_their_order_of_ids(cloud: Cloud) -> None:
    event_ids = emit_many(HANDLER, range(25))
    sent = {
        json.loads(message["Body"]): from_text(message["MessageAttributes"]["sluice"]["StringValue"])
        for message in cloud.messages(HANDLER)
    }
    assert [envelope.id for _, envelope in sorted(sent.items()) if envelope] == event_ids
    assert all(map(is_id, event_ids))
    assert emit_many(HANDLER, []) == []


def sent_batches(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> list[list[Any]]:
    batches: list[list[Any]] = []
    client = clients.sqs("test")
    real = client.send_message_batch

    def spy(**arguments: Any) -> Any:
        batches.append(arguments["Entries"])
        return real(**arguments)

    monkeypatch.setattr(client, "send_message_batch", spy)
    return batches


def test_batches_are_full_by_count(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    batches = sent_batches(monkeypatch, cloud)
    emit_many(HANDLER, range(23))
    assert sorted(len(batch) for batch in batches) == [3, 10, 10]


def test_batches_are_full_by_bytes(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    batches = sent_batches(monkeypatch, cloud)
    emit_many(HANDLER, ["x" * 400_000] * 5)
    assert sorted(len(batch) for batch in batches) == [1, 2, 2]


def test_the_largest_event_is_accepted_and_a_larger_one_refused_before_anything_is_sent(cloud: Cloud) -> None:
    with pytest.raises(EventTooLargeError, match="1,048,576"):
        emit(HANDLER, "x" * 1_048_576)
    overhead = send.size_of(
        send.Message("", None, {"sluice": {"DataType": "String", "StringValue": ""}})  # type: ignore[arg-type]
    )
    envelope_size = 64
    # The rest is room for more attributes, if it is sent again.
    largest = 1_048_576 - 1_024 - overhead - envelope_size - 2
    emit(HANDLER, "x" * largest)
    (message,) = cloud.messages(HANDLER)
    assert len(message["MessageAttributes"]["sluice"]["StringValue"]) == envelope_size
    with pytest.raises(EventTooLargeError, match="event 1 "):
        emit_many(HANDLER, ["small", "ü" * (largest // 2 + 1)])
    assert cloud.messages(HANDLER) == []


def test_if_json_cannot_carry_one_event_none_is_sent(cloud: Cloud) -> None:
    with pytest.raises(EventNotSerializableError):
        emit_many(HANDLER, [1, 2, {3}])
    assert cloud.messages(HANDLER) == []


@pytest.mark.parametrize("name", ["", "Nope", "a b", "a_b", "a--b", "-a", "a-", "x-dead", "ä", 7, None])
def test_a_name_that_no_handler_can_have_is_refused(name: Any) -> None:
    with pytest.raises(InvalidNameError, match="handler"):
        emit(name, 1)


def test_outside_of_a_handler_the_stage_must_be_named(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_STAGE")
    with pytest.raises(StageNotSetError, match="SLUICE_STAGE"):
        emit(HANDLER, 1)
    with pytest.raises(InvalidNameError, match="stage"):
        emit(HANDLER, 1, stage="no-hyphens")
    emit(HANDLER, 1, stage="test")
    assert len(cloud.messages(HANDLER)) == 1


def test_in_a_handler_an_emit_is_one_call(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", "https://sqs.eu-central-1.amazonaws.com/123456789012/")
    calls: list[str] = []
    clients.sqs("test").meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    emit(HANDLER, 1)
    assert calls == ["SendMessage"]
    calls.clear()
    emit_many(HANDLER, range(20))
    assert calls == ["SendMessageBatch"] * 2


# ---- keys


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"key": ""}, "1 to 256"),
        ({"key": "x" * 257}, "1 to 256"),
        ({"key": "a\nb"}, "printable"),
        ({"key": 7}, "printable"),
        ({"key": "k", "key_window": timedelta(0)}, "key_window"),
        ({"key": "k", "key_window": timedelta(days=400)}, "key_window"),
        ({"key": "k", "key_window": 60}, "key_window=60: give a timedelta"),
    ],
)
def test_a_key_or_window_that_no_event_can_have_is_refused(cloud: Cloud, arguments: Any, why: str) -> None:
    with pytest.raises(InvalidKeyError, match=why):
        emit(HANDLER, 1, **arguments)
    assert cloud.messages(HANDLER) == []


def test_an_event_without_a_handler_is_kept_with_the_calls_that_a_handlers_role_allows(cloud: Cloud) -> None:
    with partitions_used(clients.dynamodb(STAGE)) as used:
        emit("not-there", secrets.token_hex(450_000))
    calls = {(call, "not-there" if partition.startswith("not-there#") else partition[:7]) for call, partition in used}
    assert calls == {("PutItem", "not-there"), ("PutItem", "#event#"), ("UpdateItem", "#no-han")}
