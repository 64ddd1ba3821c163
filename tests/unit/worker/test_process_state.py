"""A run's changes to its process are undone after it, and its own log says so."""

from __future__ import annotations

import datetime as dt
import gc
import io
import json
import locale
import logging
import logging.config
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sluice import emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function


def closed_stream() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


def freeze_time() -> None:
    vars(time).update(time=lambda: 0.0, monotonic=lambda: 0.0, sleep=lambda _: None)
    vars(dt).update(datetime=object)


CHANGES: dict[str, Callable[[], Any]] = {
    "sys.stdout or sys.stderr": lambda: vars(sys).update(stdout=closed_stream()),
    "the clock": freeze_time,
    "logging's root logger, the logger": lambda: logging.config.dictConfig({"version": 1, "root": {"level": "ERROR"}}),
    "logging's root logger": lambda: logging.getLogger().setLevel(logging.CRITICAL),
    "logging.disable": lambda: logging.disable(logging.CRITICAL),
    "environment variables of AWS or Sluice, or TZ": lambda: os.environ.update(
        SLUICE_STAGE="other", AWS_PROFILE="somebody", TZ="Asia/Kathmandu"
    ),
    "the working directory": lambda: os.chdir("/"),
    "the locale": lambda: locale.setlocale(locale.LC_NUMERIC, "C.UTF-8"),
    "garbage collection": gc.disable,
    "the recursion limit": lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 1),
    "sockets' default timeout": lambda: socket.setdefaulttimeout(0.5),
}


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    clock, clocks = vars(dt).copy(), vars(time).copy()
    out = sys.stdout
    yield
    vars(dt).update(clock)
    vars(time).update(clocks)
    sys.stdout = out
    logging.disable(logging.NOTSET)
    gc.enable()
    socket.setdefaulttimeout(None)


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_run_changes_is_put_back_before_the_next(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    def handle(event: str) -> None:
        if event == "changes":
            CHANGES[change]()
        else:
            print("printed")  # noqa: T201 - it is what this is about
            logging.getLogger("shop").info("logged at %s", time.time() > 0)

    function = Function(cloud, handle, timeout=20)
    monkeypatch.setattr(sys, "stdout", function.capture.tee(sys.stdout))
    limit, surroundings = sys.getrecursionlimit(), (Path.cwd(), dict(os.environ), locale.setlocale(locale.LC_ALL))
    emit_many(HANDLER, ["changes", "other"])
    function.poll()
    traces = {json.loads(trace.event): trace for trace in function.traces()}
    assert {event: trace.status for event, trace in traces.items()} == {"changes": "ok", "other": "ok"}
    assert traces["other"].log_lines == ["printed", "INFO shop: logged at True"]
    assert f"this run changed {change}, which other events use too" in traces["changes"].logs
    assert (Path.cwd(), dict(os.environ), locale.setlocale(locale.LC_ALL)) == surroundings
    assert (gc.isenabled(), sys.getrecursionlimit(), socket.getdefaulttimeout()) == (True, limit, None)
