from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click
import pytest
from sluice import emit
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


def test_no_memory_for_the_output() -> None:
    output = Output()
    output.write("x")
    output._shorten = refuses_memory  # type: ignore[method-assign]
    assert output.text() == "[the output was not kept: MemoryError]"
