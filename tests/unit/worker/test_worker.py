from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import time
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from sluice import emit, emit_many
from sluice.emitting import current_run

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function


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
def test_an_attribute_that_is_not_ours_does_no_harm(cloud: Cloud, envelope: str) -> None:
    function = Function(cloud, lambda event: event)
    send(cloud, "1", sluice={"DataType": "String", "StringValue": envelope or " "})
    send(cloud, "2", other={"DataType": "Binary", "BinaryValue": b"\x00"})
    function.poll()
    assert sorted((trace.status, trace.event) for trace in function.traces()) == [("ok", "1"), ("ok", "2")]


def exact(text: str) -> Any:
    """JSON with its numbers as they are written, and every key of its objects."""
    return json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=list)


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ValueError

    def __repr__(self) -> str:
        raise ValueError


class LeavingError(Exception):
    def __str__(self) -> str:
        raise SystemExit

    __repr__ = __str__


def raise_leaving(_: object) -> None:
    raise LeavingError


def raise_system_exit(_: object) -> None:
    sys.exit("bye")


def recurse(event: object) -> None:
    recurse(event)


def raise_unspeakable(_: object) -> None:
    raise UnspeakableError


def raise_group(_: object) -> None:
    raise BaseExceptionGroup("two", [ValueError("one"), KeyboardInterrupt()])


@pytest.mark.parametrize(
    ("handle", "kind", "message"),
    [
        (lambda event: event["missing"], "KeyError", "'missing'"),
        (raise_system_exit, "SystemExit", "bye"),
        (recurse, "RecursionError", "maximum recursion depth exceeded"),
        (raise_unspeakable, "tests.unit.worker.test_worker.UnspeakableError", "<no message: __str__ raises ValueError"),
        (
            raise_leaving,
            "tests.unit.worker.test_worker.LeavingError",
            "<no message: __str__ raises SystemExit",
        ),
        (raise_group, "BaseExceptionGroup", "two (2 sub-exceptions)"),
    ],
)
def test_whatever_a_handler_raises_is_its_outcome(cloud: Cloud, handle: Any, kind: str, message: str) -> None:
    function = Function(cloud, handle)
    emit(HANDLER, {})
    assert function.poll()["batchItemFailures"] == []
    (trace,) = function.traces()
    assert (trace.status, trace.attempts, trace.result) == ("error", 1, None)
    assert trace.error is not None
    assert trace.error["type"] == kind
    assert trace.error["message"].startswith(message)
    assert "sluice/worker" not in trace.error["traceback"]
    assert cloud.messages(HANDLER) == []


class NoRepr:
    def __repr__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("value", "recorded"),
    [
        (None, None),
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ({"when": 1 + 2j}, {"when": "(1+2j)"}),
        (float("nan"), "nan"),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        (NoRepr(), "<NoRepr, whose repr raises ValueError>"),
        (10**5000, "<int, whose repr raises ValueError>"),
        ("\ud800", "\ud800"),
        (0, 0),
        ("", ""),
        (False, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_return_value_is_recorded(cloud: Cloud, value: object, recorded: object) -> None:
    function = Function(cloud, lambda _: value)
    emit(HANDLER, {})
    function.poll()
    (trace,) = function.traces()
    assert (trace.status, trace.result) == ("ok", recorded)
    assert json.loads(trace.to_json())["result"] == recorded


def test_output_and_logs_are_in_the_trace_of_their_own_run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(event: str) -> None:
        print(f"printed {event}")  # noqa: T201 - it is what this is about
        sys.stderr.write(f"complained {event}\n")
        logging.getLogger("shop").info("logged %s", event)
        logging.getLogger("shop").debug("too much detail")
        Logger(service=HANDLER).info(f"powertools {event}")
        thread = threading.Thread(target=lambda: print(f"threaded {event}"))  # noqa: T201
        thread.start()
        thread.join()

    function = Function(cloud, say)
    monkeypatch.setattr(sys, "stdout", function.capture.tee(sys.stdout))
    monkeypatch.setattr(sys, "stderr", function.capture.tee(sys.stderr))
    emit_many(HANDLER, ["one", "two"])
    function.poll()
    print("between runs")  # noqa: T201
    for trace in function.traces():
        event = json.loads(trace.event)
        assert trace.log_lines == [
            f"printed {event}",
            f"complained {event}",
            f"INFO shop: logged {event}",
            f"INFO {HANDLER}: powertools {event}",
            f"threaded {event}",
        ]


def test_every_logged_line_is_json_with_handler_event_and_attempt(cloud: Cloud) -> None:
    def handle(event: object) -> None:
        logging.getLogger("shop").info("hello %s", event)
        raise ValueError

    function = Function(cloud, handle)
    event_id = emit(HANDLER, 1)
    function.poll()
    lines = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["hello 1", "error"]
    for line in lines:
        assert (line["handler"], line["event_id"], line["attempt"]) == (HANDLER, event_id, 1)


def test_metrics_are_written_in_embedded_metric_format(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    function = Function(cloud, lambda event: 1 / event)
    emit_many(HANDLER, [0, 1, 2])
    function.poll()
    written = json.loads(capsys.readouterr().out)
    assert (written["Ok"], written["Error"]) == ([1.0, 1.0], [1.0])
    assert (written["service"], written["stage"]) == (HANDLER, "test")
    assert written["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Sluice"
    assert len(written["Duration"]) == len(written["Wait"]) == 3


def test_long_output_keeps_its_two_ends(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        logging.getLogger("shop").info("first")
        logging.getLogger("shop").info("x" * 1_000_000)
        logging.getLogger("shop").info("last")

    function = Function(cloud, handle)
    emit(HANDLER, {})
    function.poll()
    (trace,) = function.traces()
    assert trace.log_lines[0] == "INFO shop: first"
    assert trace.log_lines[-1] == "INFO shop: last"
    assert any("characters left out" in line for line in trace.log_lines)
    assert trace.cut == ("logs",)


def test_what_a_run_emits_names_it_as_parent(cloud: Cloud) -> None:
    cloud.create_queue("audit-log")

    def handle(event: int) -> None:
        emit("audit-log", event)
        thread = threading.Thread(target=lambda: emit_many("audit-log", [event, event]))
        thread.start()
        thread.join()

    function = Function(cloud, handle)
    parent = emit(HANDLER, 7)
    function.poll()
    (trace,) = function.traces()
    assert len(trace.emitted) == trace.emitted_count == 3
    children = Function(cloud, lambda _: None, handler="audit-log")
    children.poll()
    for child in children.traces():
        assert (child.parent, child.hops, child.emitted_by) == (parent, 1, HANDLER)
        assert {"handler": "audit-log", "id": child.id} in trace.emitted


def test_a_trace_lists_a_bounded_number_of_emitted_events(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_run, "MAX_EMITTED_IN_TRACE", 15)
    cloud.create_queue("audit-log")
    function = Function(cloud, lambda _: len(emit_many("audit-log", range(20))))
    emit(HANDLER, {})
    function.poll()
    (trace,) = function.traces()
    assert trace.result == trace.emitted_count == 20
    assert len(trace.emitted) == 15


def test_an_event_that_overruns_is_stopped_recorded_and_given_back(cloud: Cloud) -> None:
    def handle(event: str) -> str:
        if event == "slow":
            time.sleep(60)
        return event

    function = Function(cloud, handle, timeout=0.2)
    emit_many(HANDLER, ["one", "slow", "two"])
    (returned,) = function.poll()["batchItemFailures"]
    traces = {json.loads(trace.event): trace for trace in function.traces()}
    assert {event: trace.status for event, trace in traces.items()} == {"one": "ok", "slow": "timed-out", "two": "ok"}
    slow = traces["slow"]
    assert slow.error is not None
    assert (slow.error["type"], slow.error["message"]) == ("TimedOut", "did not end within 0.2 s")
    assert "time.sleep(60)" in slow.error["traceback"]
    assert returned["itemIdentifier"]


def test_a_handler_that_swallows_exceptions_is_stopped_too(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        while True:
            with contextlib.suppress(Exception):
                time.sleep(60)

    function = Function(cloud, handle, timeout=0.1)
    emit(HANDLER, {})
    assert len(function.poll()["batchItemFailures"]) == 1
    assert function.traces()[0].status == "timed-out"


def test_a_handler_that_swallows_even_base_exceptions_is_stopped_at_the_next_try(cloud: Cloud) -> None:
    caught: list[BaseException] = []

    def handle(_: object) -> None:
        while len(caught) < 2:
            try:
                time.sleep(60)
            except BaseException as error:  # noqa: BLE001 - it is what this is about
                caught.append(error)
        time.sleep(60)

    function = Function(cloud, handle, timeout=0.1)
    emit(HANDLER, {})
    function.poll()
    assert len(caught) == 2
    assert function.traces()[0].status == "timed-out"


def test_a_handler_that_waits_for_a_thread_is_stopped_too(cloud: Cloud) -> None:
    never = threading.Event()
    function = Function(cloud, lambda _: never.wait(60), timeout=0.1)
    emit(HANDLER, {})
    function.poll()
    assert function.traces()[0].status == "timed-out"


def test_running_out_of_memory_is_no_outcome(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        raise MemoryError

    function = Function(cloud, handle)
    emit(HANDLER, {})
    assert len(function.poll()["batchItemFailures"]) == 1
    (trace,) = function.traces()
    assert (trace.status, trace.history[0].reason) == ("interrupted", "out of memory")
