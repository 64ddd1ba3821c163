"""Threads that outlive their run: what they do is no other event's."""

from __future__ import annotations

import concurrent.futures
import contextvars
import json
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from sluice import emit, emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import poll_until_quiet


class Late:
    """A handler whose first event starts a thread that acts in the run of its second."""

    def __init__(self, start: Callable[[Callable[[], None]], Any]) -> None:
        self._start = start
        self._go, self._gone = threading.Event(), threading.Event()

    def __call__(self, event: object) -> None:
        if event == 1:
            print("first")  # noqa: T201 - it is what this is about
            self._start(self._act)
        elif event == 2:
            print("second")  # noqa: T201
            self._go.set()
            assert self._gone.wait(60)

    def _act(self) -> None:
        assert self._go.wait(60)
        try:
            print("late")  # noqa: T201
            logging.getLogger("shop").warning("late")
            emit(HANDLER, "child")
        finally:
            self._gone.set()


def in_thread(act: Callable[[], None]) -> None:
    threading.Thread(target=act).start()


def in_timer(act: Callable[[], None]) -> None:
    threading.Timer(0, act).start()


def in_pool(act: Callable[[], None]) -> None:
    concurrent.futures.ThreadPoolExecutor(1).submit(act)


def in_threads_thread(act: Callable[[], None]) -> None:
    threading.Thread(target=in_thread, args=(act,)).start()


@pytest.mark.parametrize("start", [in_thread, in_timer, in_pool, in_threads_thread])
def test_a_thread_that_outlives_its_run_is_in_no_other_events_trace(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, start: Callable[[Callable[[], None]], Any]
) -> None:
    function = Function(cloud, Late(start), timeout=30, batch_size=1)
    monkeypatch.setattr(sys, "stdout", function.capture.tee(sys.stdout))
    first = emit(HANDLER, 1)
    function.poll()
    emit(HANDLER, 2)
    poll_until_quiet(cloud, function)
    traces = {json.loads(trace.event): trace for trace in function.traces()}
    assert traces[1].log_lines == ["first"]
    assert traces[2].log_lines == ["second"]
    assert (traces[2].emitted_count, traces["child"].parent, traces["child"].hops) == (0, first, 1)
    lines = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert [line["event_id"] for line in lines if line["message"] == "late"] == [first]
    assert any(str(line["message"]).startswith(f"a thread of event {first} emitted to") for line in lines)


def test_a_pool_that_outlives_its_run_works_for_each_event(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    pools: list[concurrent.futures.ThreadPoolExecutor] = []

    def act(event: int) -> None:
        print(f"event {event}")  # noqa: T201
        emit(HANDLER, None)

    def handle(event: int | None) -> None:
        if event is not None:
            pools[:] = pools or [concurrent.futures.ThreadPoolExecutor(1)]
            pools[0].submit(act, event).result(60)

    function = Function(cloud, handle, timeout=15)
    monkeypatch.setattr(sys, "stdout", function.capture.tee(sys.stdout))
    emit_many(HANDLER, [1, 2, 3])
    function.poll()
    pools[0].shutdown()
    traces = {json.loads(trace.event): trace for trace in function.traces()}
    assert {event: (trace.log_lines, trace.emitted_count) for event, trace in traces.items()} == {
        number: ([f"event {number}"], 1) for number in (1, 2, 3)
    }


def test_what_a_run_sets_in_its_context_and_its_logger_ends_with_it(cloud: Cloud) -> None:
    customer: contextvars.ContextVar[str] = contextvars.ContextVar("customer", default="nobody")
    seen: list[str] = []

    def handle(event: str) -> None:
        seen.append(customer.get())
        customer.set(event)
        logging.getLogger("shop").info("before")
        Logger(service=HANDLER).append_keys(customer=event)
        logging.getLogger("shop").info("after")

    function = Function(cloud, handle, timeout=20)
    emit_many(HANDLER, ["a", "b"])
    function.poll()
    assert seen == ["nobody", "nobody"]
    lines = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert [(line["message"], "customer" in line) for line in lines] == [("before", False), ("after", True)] * 2
