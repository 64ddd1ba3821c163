from __future__ import annotations

import json
from typing import Any

import pytest
from sluice import emit, emit_many

from tests.unit.support.cloud import HANDLER, Cloud, calls_of
from tests.unit.support.function import Context, Function
from tests.unit.support.polling import make_visible


def send(cloud: Cloud, body: str, **attributes: Any) -> None:
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    cloud.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)


def test_an_emitted_event_runs_and_leaves_a_trace(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: {"got": event})
    event_id = emit(HANDLER, {"id": "1", "price": 9.9})

    assert function.poll()["batchItemFailures"] == []

    (trace,) = function.traces()
    assert trace.id == event_id
    assert (trace.status, trace.attempts, trace.hops, trace.parent) == ("ok", 1, 0, None)
    assert trace.result == {"got": {"id": "1", "price": 9.9}}
    assert trace.emitted_ms is not None
    assert trace.started_ms is not None
    assert trace.finished_ms is not None
    assert trace.emitted_ms <= trace.started_ms <= trace.finished_ms
    assert trace.wait_ms == trace.started_ms - trace.emitted_ms
    assert trace.emitted_by  # the AWS principal that sent the message
    assert json.loads(trace.to_json())["event"] == {"id": "1", "price": 9.9}
    assert cloud.messages(HANDLER) == []


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ('{"a": 1}', {"a": 1}),
        ("hello", "hello"),
        ('""', ""),
        ("NaN", "NaN"),
        ("null", None),
        ("9" * 400, int("9" * 400)),
        ("9" * 5000, "9" * 5000),
        ('{"a":1,"a":2.50}', {"a": 2.5}),
        ('"\\ud800"', "\ud800"),
        (" [1,  2]\n", [1, 2]),
        ("[" * 500 + "]" * 500, json.loads("[" * 500 + "]" * 500)),
        ("[" * 100_000, "[" * 100_000),
        ("x" * 1_000_000, "x" * 1_000_000),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else None,
)
def test_a_message_from_anywhere_is_an_event(cloud: Cloud, body: str, event: object) -> None:
    seen: list[object] = []
    function = Function(cloud, seen.append)
    send(cloud, body)
    function.poll()
    assert seen == [event]
    (trace,) = function.traces()
    assert trace.event == body
    printed = dict(exact(trace.to_json()))["event"]
    assert printed == (exact(body) if not isinstance(event, str) or body.startswith('"') else body)


@pytest.mark.parametrize(
    "envelope",
    ["", "{}", "[]", "null", '{"id": 1, "at": 2}', '{"id": "x", "at": 1}', "[" * 10_000, '{"id": "../", "at": "now"}'],
)
def test_a_message_attribute_that_is_not_ours_does_no_harm(cloud: Cloud, envelope: str) -> None:
    function = Function(cloud, lambda event: event)
    send(cloud, "1", sluice={"DataType": "String", "StringValue": envelope or " "})
    send(cloud, "2", other={"DataType": "Binary", "BinaryValue": b"\x00"})
    function.poll()
    assert sorted((trace.status, trace.event) for trace in function.traces()) == [("ok", "1"), ("ok", "2")]


def exact(text: str) -> Any:
    """Return JSON with its numbers as they are written, and every key of its objects."""
    return json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=list)


# ---- calls to AWS


def test_a_first_delivery_costs_one_write_and_no_read(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: event)
    emit_many(HANDLER, range(10))
    records = function.receive()
    of_traces, of_queue = calls_of(cloud.dynamodb), calls_of(cloud.sqs)
    function.worker.handle({"Records": records}, Context())  # type: ignore[arg-type]
    assert of_traces == ["PutItem"] * 10
    assert of_queue == []


def test_a_completion_is_written_before_the_next_event_starts(cloud: Cloud) -> None:
    seen: list[int] = []

    def handle(_: object) -> None:
        seen.append(len(cloud.store.recent(HANDLER, limit=100)))

    function = Function(cloud, handle)
    emit_many(HANDLER, range(4))
    function.poll()
    assert seen == [0, 1, 2, 3]


def test_a_redelivered_event_that_completed_is_acknowledged_with_one_read(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    emit(HANDLER, 1)
    records = function.receive()
    function.worker.handle({"Records": records}, Context())  # type: ignore[arg-type]
    make_visible(cloud)
    calls = calls_of(cloud.dynamodb)
    assert function.poll()["batchItemFailures"] == []
    assert (ran, calls) == ([1], ["GetItem"])
    assert cloud.messages(HANDLER) == []
