"""A run can close, wrap or bypass the standard streams: later runs print as ever, and secrets stay out."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sluice import emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function


def stdout() -> Any:
    return sys.stdout


def wrapped() -> None:
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", line_buffering=True)
    print("changed")  # noqa: T201 - it is what this is about


def wrapped_after_detaching() -> None:
    sys.stdout = io.TextIOWrapper(stdout().detach(), encoding="latin-1", write_through=True)
    print("changed")  # noqa: T201


def closed() -> None:
    print("changed")  # noqa: T201
    sys.stdout.close()


def used_up() -> None:
    with sys.stdout as stream:
        stream.write("changed\n")


def closed_below() -> None:
    print("changed")  # noqa: T201
    stdout()._stream.close()


def file_closed() -> None:
    print("changed")  # noqa: T201
    os.close(sys.stdout.fileno())


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.TextIOWrapper]:
    """Standard output, in a file."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", buffering=1) as file:
        monkeypatch.setattr(sys, "stdout", file)
        yield file
        if file.closed:
            return
        try:
            os.fstat(file.fileno())
        except OSError:
            # Else it is closed a second time, when its number may be another file's.
            os.dup2(os.open(os.devnull, os.O_RDWR), file.fileno())


@pytest.mark.parametrize(
    "change", [wrapped, wrapped_after_detaching, closed, used_up, closed_below, file_closed], ids=lambda c: c.__name__
)
def test_later_runs_print_whatever_a_run_does_to_the_stream(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, real: io.TextIOWrapper, change: Callable[[], None]
) -> None:
    def handle(event: str) -> None:
        if event == "changes":
            change()
        else:
            gc.collect()
            print(f"printed {event}")  # noqa: T201

    function = Function(cloud, handle)
    monkeypatch.setattr(sys, "stdout", function.capture.tee(real))
    emit_many(HANDLER, ["changes", "one", "two"])
    function.poll()
    traces = {json.loads(trace.event): trace for trace in function.traces()}
    assert {event: trace.status for event, trace in traces.items()} == dict.fromkeys(("changes", "one", "two"), "ok")
    assert traces["changes"].log_lines[0] == "changed"
    assert traces["one"].log_lines == ["printed one"]
    assert traces["two"].log_lines == ["printed two"]


def test_bytes_lose_their_secrets_and_are_in_the_trace(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, real: io.TextIOWrapper
) -> None:
    def handle(event: dict[str, str]) -> None:
        for byte in f"Straße: {event['password']}\n".encode():
            sys.stdout.buffer.write(bytes([byte]))
        sys.stdout.buffer.writelines([b"no secret\n", b"\xff\n"])

    function = Function(cloud, handle)
    monkeypatch.setattr(sys, "stdout", function.capture.tee(real))
    emit_many(HANDLER, [{"password": "correct horse"}])
    function.poll()
    (trace,) = function.traces()
    assert trace.log_lines == ["Straße: [redacted]", "no secret", "\N{REPLACEMENT CHARACTER}"]
    real.seek(0)
    assert "Straße: [redacted]\nno secret\n" in real.read()
