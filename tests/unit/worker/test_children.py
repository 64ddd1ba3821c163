"""Forked processes: none leaves `handle` as a second worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sluice import emit_many
from sluice.lean_aws import Credentials, LeanClient
from sluice.stage import clients
from sluice.worker.children import in_this_process_only
from sluice.worker.run_handler import run_handler

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function

MINE = os.getpid()
ESCAPED = 99


@pytest.fixture(autouse=True)
def _no_child_goes_on() -> Iterator[None]:
    """A child that comes out of a test would run the tests after it, too."""
    try:
        yield
    finally:
        if os.getpid() != MINE:
            os._exit(ESCAPED)


def leaves_by(way: Callable[[], Any]) -> Callable[[Any], int]:
    def handle(_: object) -> int:
        child = os.fork()
        if child == 0:
            return int(bool(way()))
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)

    return handle


def fail() -> None:
    raise ValueError("in the child")


async def asynchronous(_: object) -> int:
    return leaves_by(lambda: sys.exit(6))(None)


@pytest.mark.parametrize(
    ("handle", "status"),
    [
        (leaves_by(lambda: None), 0),
        (leaves_by(fail), 1),
        (leaves_by(sys.exit), 0),
        (leaves_by(lambda: sys.exit(7)), 7),
        (leaves_by(lambda: sys.exit("a reason")), 1),
        (leaves_by(lambda: sys.exit(256)), 0),
        (asynchronous, 6),
    ],
)
def test_a_child_ends_when_it_leaves_handle(handle: Callable[[Any], Any], status: int) -> None:
    outcome = run_handler(lambda: handle, {}, 60)
    if os.getpid() != MINE:
        os._exit(ESCAPED)
    assert (outcome.status, outcome.result) == ("ok", status)


def test_a_child_that_an_import_forks_ends_with_the_import() -> None:
    status = in_this_process_only(lambda: leaves_by(lambda: sys.exit(5))({}))
    if os.getpid() != MINE:
        os._exit(ESCAPED)
    assert status == 5


def test_each_event_of_a_batch_runs_once_and_has_one_trace(cloud: Cloud, tmp_path: Any) -> None:
    runs = tmp_path / "runs"

    def handle(event: int) -> int:
        with runs.open("a") as file:
            file.write(f"{event}\n")
        child = os.fork()
        if child == 0:
            sys.exit(0)
        os.waitpid(child, 0)
        return event

    function = Function(cloud, handle, timeout=30)
    emit_many(HANDLER, [1, 2, 3])
    answer = function.poll()
    if os.getpid() != MINE:
        os._exit(ESCAPED)
    assert answer["batchItemFailures"] == []
    assert sorted(runs.read_text().split()) == ["1", "2", "3"]
    assert sorted(trace.result for trace in function.traces()) == [1, 2, 3]


def test_a_child_uses_no_connection_of_its_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    lean = LeanClient("sqs", region="eu-central-1", endpoint="http://127.0.0.1:9", credentials=Credentials("k", "s"))
    idle: Any = object()
    lean._idle.append(idle)
    monkeypatch.setattr(clients, "_lean_clients", {"sqs": lean})
    monkeypatch.setattr(clients, "_clients", {("sqs", "test", False): object()})
    with lean._lock, clients._lock:
        clients.forget_clients_in_child()
    assert lean._idle == []
    assert not clients._lean_clients
    assert not clients._clients
    assert not lean._lock.locked()
    assert not clients._lock.locked()
