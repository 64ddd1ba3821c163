"""Handlers that return unstarted work: a coroutine is run, and anything else is an error."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import itertools
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.worker.outcome import Outcome
from sluice.worker.run_handler import run_handler

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function

EVENT = {"id": 1}


def run(handle: Callable[[Any], Any], timeout: float = 5) -> Outcome:
    return run_handler(lambda: handle, EVENT, timeout)


# ---- coroutines run


async def double(event: dict[str, int]) -> int:
    await asyncio.sleep(0)
    return event["id"] * 2


class AsyncCallable:
    async def __call__(self, event: dict[str, int]) -> int:
        return await double(event)

    async def handle(self, event: dict[str, int]) -> int:
        return await double(event)


class OtherCoroutine(Coroutine[Any, Any, int]):
    """Not Python's own, like those of Cython."""

    def __init__(self, event: dict[str, int]) -> None:
        self._inner = double(event)

    def send(self, value: Any) -> Any:
        return self._inner.send(value)

    def throw(self, *args: Any) -> Any:
        return self._inner.throw(*args)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, int]:
        return self._inner.__await__()


@pytest.mark.parametrize(
    "handle",
    [
        double,
        lambda event: double({**event}),
        AsyncCallable(),
        AsyncCallable().handle,
        functools.partial(double),
        OtherCoroutine,
    ],
)
def test_a_coroutine_is_run_to_its_end(handle: Callable[[Any], Any]) -> None:
    outcome = run(handle)
    assert (outcome.status, outcome.result) == ("ok", 2)


def test_what_a_coroutine_raises_ends_the_run_as_an_error() -> None:
    async def handle(event: dict[str, int]) -> None:
        await asyncio.sleep(0)
        raise ValueError(event["id"])

    outcome = run(handle)
    assert outcome.status == "error"
    assert outcome.error is not None
    assert outcome.error["type"] == "ValueError"
    assert "sluice/worker" not in outcome.error["traceback"]


def test_a_coroutine_has_the_deadline_of_its_run_and_cleans_up() -> None:
    ended: list[str] = []

    async def helper() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("helper")

    async def handle(_: object) -> None:
        task = asyncio.create_task(helper())
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("handle")
            del task

    outcome = run(handle, timeout=0.1)
    assert (outcome.status, sorted(ended)) == ("timed-out", ["handle", "helper"])


def test_a_task_that_computes_is_stopped_too() -> None:
    async def compute() -> None:
        while True:
            pass

    async def handle(_: object) -> None:
        await asyncio.create_task(compute())

    assert run(handle, timeout=0.1).status == "timed-out"


def test_a_coroutine_that_will_not_be_cancelled_is_stopped_too() -> None:
    async def handle(_: object) -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue
        await asyncio.sleep(60)

    assert run(handle, timeout=0.1).status == "timed-out"


def test_tasks_that_a_coroutine_leaves_are_cancelled(cloud: Cloud) -> None:
    cancelled: list[int] = []

    async def left(number: int) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    kept: list[asyncio.Task[None]] = []

    async def handle(event: int) -> None:
        kept.append(asyncio.create_task(left(event)))
        await asyncio.sleep(0)

    function = Function(cloud, handle)
    emit_many(HANDLER, [1, 2])
    function.poll()
    assert sorted(cancelled) == [1, 2]
    assert [trace.status for trace in function.traces()] == ["ok", "ok"]


def test_a_coroutine_emits_and_prints_as_its_event(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")

    async def inner() -> None:
        print("printed", variable.get())  # noqa: T201 - it is what this is about
        emit(HANDLER, "child")

    def handle(event: object) -> object:
        if event == "child":
            return None
        variable.set("set")
        return inner()

    function = Function(cloud, handle, batch_size=1)
    monkeypatch.setattr(sys, "stdout", function.capture.tee(sys.stdout))
    event_id = emit(HANDLER, "parent")
    function.poll()
    (trace,) = function.traces()
    assert (trace.id, trace.log_lines, trace.emitted_count) == (event_id, ["printed set"], 1)


def test_a_handler_that_is_not_asynchronous_does_not_import_asyncio() -> None:
    code = "import sys; import sluice.worker.run_handler; sys.exit('asyncio' in sys.modules)"
    path = str(__import__("sluice").__path__[0]) + "/.."
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, check=False).returncode == 0


# ---- everything else that has not run


def yields(event: object) -> Iterator[object]:
    yield event


async def yields_later(event: object) -> AsyncIterator[object]:
    yield event


async def forgets_to_await(event: dict[str, int]) -> object:
    return double(event)


def submits(_: object) -> object:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(int)


async def shields(event: dict[str, int]) -> object:
    return asyncio.ensure_future(double(event))


def awaitable(_: object) -> object:
    class Later:
        def __await__(self) -> Iterator[None]:
            yield

    return Later()


@pytest.mark.parametrize(
    ("handle", "message"),
    [
        (yields, "handle returned generator yields, which has not run: return a value instead of using yield"),
        (yields_later, "handle returned async_generator yields_later, which has not run: return a value"),
        (forgets_to_await, "handle returned coroutine double, which has not run: await it"),
        (shields, "which has not run: write async def handle(event), and await it there"),
        (awaitable, "Later, which has not run: write async def handle(event), and await it there"),
        (lambda _: double, "handle returned function double, which has not run: call it"),
        (lambda event: functools.partial(double, event), "handle returned functools.partial, which has not run: call"),
        (lambda _: AsyncCallable().handle, "handle returned method AsyncCallable.handle, which has not run: call it"),
        (lambda event: map(print, event), "handle returned map, which has not run: make a list of it"),
        (lambda event: itertools.starmap(print, event), "itertools.starmap, which has not run: make a list of it"),
        (lambda _: threading.Thread(), "handle returned threading.Thread, which has not run: start it, and join it"),
        (lambda _: multiprocessing.Process(), "Process, which has not run: start it, and join it"),
        (submits, "Future, which has not run: return its result()"),
        (lambda event: [double(event), double(event)], "the result of handle has in it coroutine double, which has"),
        (lambda event: {"later": (one for one in event)}, "the result of handle has in it generator"),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_what_has_not_run_ends_the_run_as_an_error_with_the_fix(handle: Callable[[Any], Any], message: str) -> None:
    outcome = run(handle)
    assert (outcome.status, outcome.result) == ("error", None)
    assert outcome.error is not None
    assert message in outcome.error["message"]
    assert outcome.error["type"] == "sluice.worker.unfinished.NothingRanError"


@pytest.mark.parametrize("result", [zip([1], [2], strict=True), iter([1]), object(), time, {"f": print}])
def test_other_values_are_results(result: object) -> None:
    assert run(lambda _: result).status == "ok"
