from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
import time
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.worker import deadline

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function


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
        (raise_unspeakable, f"{__name__}.UnspeakableError", "<no message: __str__ raises ValueError"),
        (
            raise_leaving,
            f"{__name__}.LeavingError",
            "<no message: __str__ raises SystemExit",
        ),
        (raise_group, "BaseExceptionGroup", "two (2 sub-exceptions)"),
    ],
)
def test_any_exception_is_the_outcome_of_a_completed_run(cloud: Cloud, handle: Any, kind: str, message: str) -> None:
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


# ---- stopping


def test_an_event_that_overruns_is_stopped_recorded_and_returned(cloud: Cloud) -> None:
    def handle(event: str) -> str:
        if event == "slow":
            # The alarm that the deadline sets, without the wait: the others need not end in a fraction of a second.
            signal.raise_signal(signal.SIGALRM)
            time.sleep(60)
        return event

    function = Function(cloud, handle, timeout=50)
    emit_many(HANDLER, ["one", "slow", "two"])
    (returned,) = function.poll()["batchItemFailures"]
    traces = {json.loads(trace.event): trace for trace in function.traces()}
    assert {event: trace.status for event, trace in traces.items()} == {"one": "ok", "slow": "timed-out", "two": "ok"}
    slow = traces["slow"]
    assert slow.error is not None
    assert (slow.error["type"], slow.error["message"]) == ("TimedOut", "did not end within 50 s")
    assert "signal.raise_signal" in slow.error["traceback"]
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


def test_a_handler_that_swallows_even_base_exceptions_is_stopped_at_the_next_try(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "RETRY_SECONDS", 0.01)
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


def test_a_run_that_is_out_of_memory_is_interrupted(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        raise MemoryError

    function = Function(cloud, handle)
    emit(HANDLER, {})
    assert len(function.poll()["batchItemFailures"]) == 1
    (trace,) = function.traces()
    assert (trace.status, trace.history[0].reason) == ("interrupted", "out of memory")
