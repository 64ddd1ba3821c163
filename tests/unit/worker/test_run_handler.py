"""A run that has ended is the end of it, whatever its output, its result or its exception do when looked at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import click
import pytest
from sluice import emit
from sluice.worker import run_handler
from sluice.worker.output import Output, tee_standard_streams

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import dead_letters, make_visible


class Lazy:
    """Something that asks a server when it is printed."""

    def __repr__(self) -> str:
        time.sleep(60)
        return "rows"


class HangingError(Exception):
    def __str__(self) -> str:
        time.sleep(60)
        return "never"


def refuses_memory(*_: object, **__: object) -> Any:
    raise MemoryError


def run_until_quiet(cloud: Cloud, function: Function) -> None:
    emit(HANDLER, 1)
    for _ in range(6):
        function.poll()
        make_visible(cloud)
    assert dead_letters(cloud) == []


def writes_bytes() -> None:
    sys.stdout.write(b"bytes")  # type: ignore[arg-type]


def writes_bytes_and_goes_on() -> None:
    try:
        writes_bytes()
    except TypeError:
        sys.stdout.write("no bytes, then")


@pytest.mark.parametrize("write", [writes_bytes, writes_bytes_and_goes_on, lambda: click.echo(b"bytes")])
def test_bytes_on_a_stream_of_text(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, write: Callable[[], None]) -> None:
    ran: list[object] = []

    def handle(event: object) -> None:
        ran.append(event)
        sys.stdout.write("before\n")
        write()

    function = Function(cloud, handle)
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, getattr(sys, stream))
    tee_standard_streams(function.capture)
    run_until_quiet(cloud, function)
    (trace,) = function.traces()
    assert (ran, trace.status in {"ok", "error"}) == ([1], True)
    assert trace.logs.startswith("before\n")


@pytest.mark.parametrize("returned", [Lazy(), [Lazy() for _ in range(100)], {"rows": Lazy()}])
def test_a_result_that_hangs_when_it_is_printed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, returned: object
) -> None:
    monkeypatch.setattr(run_handler, "TELLING_SECONDS", 0.05)
    ran: list[object] = []

    def handle(event: object) -> object:
        ran.append(event)
        return returned

    run_until_quiet(cloud, function := Function(cloud, handle))
    (trace,) = function.traces()
    assert (ran, trace.status) == ([1], "ok")
    assert "could not be kept: DeadlinePassed" in trace.result


def test_an_exception_that_hangs_when_it_is_printed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_handler, "TELLING_SECONDS", 0.05)

    def handle(_: object) -> None:
        raise HangingError

    run_until_quiet(cloud, function := Function(cloud, handle))
    (trace,) = function.traces()
    assert (trace.status, trace.attempts) == ("error", 1)
    assert trace.error is not None
    assert trace.error["type"] == "HangingError"
    assert "could not be kept" in trace.error["message"]


@pytest.mark.parametrize("returned", [[1], {1}])
def test_no_memory_for_the_result(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, returned: object) -> None:
    monkeypatch.setattr(run_handler, "_is_deep", refuses_memory)
    run_until_quiet(cloud, function := Function(cloud, lambda _: returned))
    (trace,) = function.traces()
    assert (trace.status, trace.attempts) == ("ok", 1)
    assert trace.result == f"<{type(returned).__name__}, which could not be kept: MemoryError>"


def test_no_memory_for_the_output() -> None:
    output = Output()
    output.write("x")
    output._shorten = refuses_memory  # type: ignore[method-assign]
    assert output.text() == "[the output was not kept: MemoryError]"


@pytest.mark.usefixtures("pythons_recursion_limit")
@pytest.mark.parametrize(
    "depth", [run_handler.MAX_DEPTH, run_handler.MAX_DEPTH + 1, 800, 930, 940, 945, 2_000, 100_000]
)
def test_a_result_however_deep(cloud: Cloud, depth: int) -> None:
    """What is kept of it can be read by every Python; the deepest that this one can write, it could not."""
    result: Any = "]"
    for _ in range(depth):
        result = [result]
    run_until_quiet(cloud, function := Function(cloud, lambda _: result))
    (trace,) = function.traces()
    assert trace.status == "ok"
    assert (trace.result == result) if depth <= run_handler.MAX_DEPTH else isinstance(trace.result, str)


def test_many_brackets_are_not_deep() -> None:
    wide: list[Any] = [[[]] * 5_000, {"text": "[{" * 5_000}, [{"a": ["\\", '"[']}] * 2_000]
    for value in wide:
        assert run_handler.as_json(value) == value
