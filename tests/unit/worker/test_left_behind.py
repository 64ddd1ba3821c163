"""A run's trace tells of the processes that it leaves running."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from sluice import emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function

WAITS = [sys.executable, "-c", "import time; time.sleep(600)"]

MARK = "this run left processes running"


@pytest.fixture(autouse=True)
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes to end after the test."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def traces_of(cloud: Cloud, handle: Callable[[Any], Any], events: list[str]) -> dict[str, str]:
    """Run events one after the other in one process, and return the logs of their traces."""
    function = Function(cloud, handle, batch_size=1)
    for event in events:
        emit_many(HANDLER, [event])
        function.poll()
    traces = function.traces()
    assert {trace.status for trace in traces} == {"ok"}
    return {json.loads(trace.event): trace.logs for trace in traces}


def test_only_the_run_that_left_a_process_tells_of_it(cloud: Cloud, started: list[subprocess.Popen[bytes]]) -> None:
    def handle(event: str) -> None:
        if event == "leaves":
            started.append(subprocess.Popen(WAITS))

    logs = traces_of(cloud, handle, ["before", "leaves", "after"])
    assert f"{MARK}: {started[0].pid} ({' '.join(WAITS)})" in logs["leaves"]
    assert MARK not in logs["before"] + logs["after"]


def test_a_process_that_ended_is_not_told(cloud: Cloud, started: list[subprocess.Popen[bytes]]) -> None:
    def handle(_: str) -> None:
        waited_for = subprocess.Popen([sys.executable, "-c", ""])
        waited_for.wait()
        # Ended, and nobody has asked for its exit code: a zombie.
        forgotten = subprocess.Popen([sys.executable, "-c", ""])
        started.append(forgotten)
        psutil.Process(forgotten.pid).cpu_times()
        while psutil.Process(forgotten.pid).status() != psutil.STATUS_ZOMBIE:
            pass

    assert MARK not in traces_of(cloud, handle, ["event"])["event"]


def test_a_process_of_the_handlers_module_is_not_told(cloud: Cloud, started: list[subprocess.Popen[bytes]]) -> None:
    started.append(subprocess.Popen(WAITS))
    assert MARK not in traces_of(cloud, lambda _: None, ["event"])["event"]
