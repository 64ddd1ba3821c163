from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

import click
import pytest
from aws_lambda_powertools import Logger
from sluice import emit, emit_many
from sluice.worker.output import Output, tee_standard_streams

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import dead_letters, make_visible


def writes_bytes() -> None:
    sys.stdout.write(b"bytes")  # type: ignore[arg-type]


def writes_bytes_and_goes_on() -> None:
    try:
        writes_bytes()
    except TypeError:
        sys.stdout.write("no bytes, then")


@pytest.mark.parametrize("write", [writes_bytes, writes_bytes_and_goes_on, lambda: click.echo(b"bytes")])
def test_writing_bytes_to_a_text_stream_does_not_make_an_event_run_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, write: Callable[[], None]
) -> None:
    ran: list[object] = []

    def handle(event: object) -> None:
        ran.append(event)
        sys.stdout.write("before\n")
        write()

    function = Function(cloud, handle)
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, getattr(sys, stream))
    tee_standard_streams(function.capture)
    emit(HANDLER, 1)
    for _ in range(6):
        function.poll()
        make_visible(cloud)
    assert dead_letters(cloud) == []
    (trace,) = function.traces()
    assert (ran, trace.status in {"ok", "error"}) == ([1], True)
    assert trace.logs.startswith("before\n")


def refuses_memory(*_: object, **__: object) -> Any:
    raise MemoryError


def test_output_for_which_there_is_no_memory_is_replaced() -> None:
    output = Output()
    output.write("x")
    output._shorten = refuses_memory  # type: ignore[method-assign]
    assert output.text() == "[the output was not kept: MemoryError]"


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


def test_long_output_keeps_its_start_and_its_end(cloud: Cloud) -> None:
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
