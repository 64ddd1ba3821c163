"""A run that has ended is done, whatever its result or its exception does when it is printed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from sluice import emit
from sluice.clock import Clock
from sluice.worker import deadline, outcome
from sluice.worker.deadline import DeadlinePassed
from sluice.worker.outcome import describe
from sluice.worker.run_handler import run_handler

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import dead_letters, make_visible


class Lazy:
    """A result that asks a server when it is printed."""

    def __repr__(self) -> str:
        time.sleep(600)
        return "rows"


class HangingError(Exception):
    def __str__(self) -> str:
        time.sleep(600)
        return "never"


class TalkingError(Exception):
    """An exception that computes its message."""

    def __str__(self) -> str:
        return ", ".join(["its order", str(self.args[0]), "has no price"])


class ShopError(ValueError):
    """An ordinary exception."""

    def __init__(self, order: int) -> None:
        super().__init__(f"order {order} has no price")
        self.order = order


def refuses_memory(*_: object, **__: object) -> Any:
    raise MemoryError


@pytest.fixture
def _short_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find out at once that code hangs."""
    monkeypatch.setattr(deadline, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(deadline, "WAITING_CHECKS", 3)


@pytest.fixture
def _no_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be so slow a machine that every limit has passed before anything was computed."""

    def stop(_call: object, _until: float) -> NoReturn:
        raise DeadlinePassed

    monkeypatch.setattr(outcome, "call_untrusted", stop)


def run_until_quiet(cloud: Cloud, function: Function) -> None:
    emit(HANDLER, 1)
    for _ in range(6):
        function.poll()
        make_visible(cloud)
    assert dead_letters(cloud) == []


# ---- hostile


@pytest.mark.usefixtures("_short_checks")
@pytest.mark.parametrize("returned", [Lazy(), [Lazy() for _ in range(100)], {"rows": Lazy()}])
def test_a_result_that_hangs_when_it_is_printed_is_replaced(cloud: Cloud, returned: object) -> None:
    ran: list[object] = []

    def handle(event: object) -> object:
        ran.append(event)
        return returned

    run_until_quiet(cloud, function := Function(cloud, handle))
    (trace,) = function.traces()
    assert (ran, trace.status) == ([1], "ok")
    assert "could not be kept: its own code did not end" in trace.result


@pytest.mark.usefixtures("_short_checks")
def test_an_exception_that_hangs_when_it_is_printed_keeps_its_type_and_frames(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        raise HangingError

    run_until_quiet(cloud, function := Function(cloud, handle))
    (trace,) = function.traces()
    assert (trace.status, trace.attempts) == ("error", 1)
    assert trace.error is not None
    assert trace.error["type"] == f"{__name__}.HangingError"
    assert trace.error["message"] == "<no message: its own code did not end>"
    assert "raise HangingError" in trace.error["traceback"]


def test_an_exception_whose_file_name_is_a_property_is_not_printed_without_a_limit() -> None:
    class RemoteFileError(OSError):
        @property
        def filename(self) -> str:
            raise AssertionError("read without a limit")

    assert not outcome._prints_plainly(RemoteFileError(2, "no such file"))


@pytest.mark.usefixtures("_short_checks")
@pytest.mark.parametrize(("status", "seconds"), [("timed-out", 0.05), ("interrupted", 600)])
def test_an_unfinished_run_is_described_despite_an_exception_that_hangs(status: str, seconds: float) -> None:
    """The traceback of the exception that stopped the run includes the one that hangs."""

    def handle(_: object) -> None:
        try:
            raise HangingError  # noqa: TRY301 - a handler's code
        except HangingError:
            if status == "timed-out":
                time.sleep(600)
            raise MemoryError  # noqa: B904 - the context is what this is about

    ended = run_handler(lambda: handle, 1, seconds)
    assert ended.status == status
    assert ended.error is not None
    assert "test_outcome.py" in ended.error["traceback"]


def test_a_hanging_exception_is_stopped_when_the_runs_own_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    untils: list[float] = []

    def call_untrusted(_call: object, until: float) -> NoReturn:
        untils.append(until - time.monotonic())
        raise DeadlinePassed

    monkeypatch.setattr(outcome, "call_untrusted", call_untrusted)

    def handle(_: object) -> None:
        raise HangingError

    for seconds in (600, 0):
        run_handler(lambda: handle, 1, seconds)
    of_long, of_short = untils
    assert 500 < of_long <= 600
    assert of_short <= 1


class WrongMetaclass(type):
    def __getattribute__(cls, name: str) -> Any:
        raise ZeroDivisionError


class WrongAttributesError(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise ZeroDivisionError


class WrongText(str):
    __slots__ = ()

    def __getitem__(self, _: object) -> str:
        raise ZeroDivisionError


class WrongTextError(Exception):
    def __str__(self) -> str:
        return WrongText("text")


def test_an_exception_whose_every_attribute_raises_is_described() -> None:
    until = time.monotonic() + 60
    assert describe(WrongAttributesError("x"), until)["type"].endswith("WrongAttributesError")
    assert describe(WrongMetaclass("OddError", (Exception,), {})(), until)["type"].endswith("OddError")
    assert describe(WrongTextError(), until)["message"] == "text"


@pytest.mark.parametrize("returned", [[1], {1}])
def test_a_result_for_which_there_is_no_memory_is_replaced(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, returned: object
) -> None:
    monkeypatch.setattr(outcome, "_is_deep", refuses_memory)
    run_until_quiet(cloud, function := Function(cloud, lambda _: returned))
    (trace,) = function.traces()
    assert (trace.status, trace.attempts) == ("ok", 1)
    assert trace.result == f"<{type(returned).__name__}, which could not be kept: MemoryError>"


# ---- ordinary, on a slow machine


@pytest.mark.parametrize(
    ("handle", "message"),
    [
        (lambda _: int("x"), "invalid literal for int() with base 10: 'x'"),
        (lambda event: event["price"], "'price'"),
        (lambda _: open("/no/such/file"), "[Errno 2] No such file or directory: '/no/such/file'"),  # noqa: PTH123, SIM115
        (lambda _: (_ for _ in ()).throw(ShopError(17)), "order 17 has no price"),
        (lambda _: b"\xff".decode(), "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
@pytest.mark.usefixtures("_no_time_left")
def test_an_ordinary_exception_is_kept_whole_on_any_slow_machine(handle: Callable[[Any], object], message: str) -> None:
    def with_cause(event: object) -> None:
        try:
            handle(event)
        except Exception as error:
            error.add_note("a note")
            raise KeyError("the second") from error

    alone, chained = (run_handler(lambda run=run: run, {}, 600).error for run in (handle, with_cause))  # type: ignore[misc]
    assert alone is not None
    assert alone["message"] == message
    assert alone["traceback"].endswith(f"{alone['type']}: {message}\n")
    assert chained is not None
    assert chained["message"] == "'the second'"
    assert "The above exception was the direct cause of the following exception:" in chained["traceback"]
    assert f": {message}\na note\n" in chained["traceback"]


@pytest.mark.usefixtures("_no_time_left")
def test_an_exception_whose_traceback_asks_objects_keeps_its_message_and_frames() -> None:
    """Python looks for a similar name in an object, which may have code of its own."""
    error = run_handler(lambda: lambda event: event.prise, TalkingError(), 600).error
    assert error is not None
    assert error["message"] == "'TalkingError' object has no attribute 'prise'"
    assert error["traceback"].endswith(f"AttributeError: {error['message']}\n")
    assert "test_outcome.py" in error["traceback"]


def test_an_exception_that_computes_its_message_is_kept_whole_on_a_slow_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred checks are due before the message is there, so a second on the clock has long passed."""
    processor = iter(range(1_000_000))
    monkeypatch.setattr(Clock, "thread_time", lambda _: next(processor) / 1_000)

    class SlowError(TalkingError):
        def __str__(self) -> str:
            for _ in range(100):
                signal.raise_signal(signal.SIGALRM)
            return super().__str__()

    def handle(_: object) -> None:
        raise SlowError(17)

    error = run_handler(lambda: handle, 1, 600).error
    assert error is not None
    assert error["message"] == "its order, 17, has no price"
    assert error["traceback"].endswith("SlowError: its order, 17, has no price\n")


@pytest.mark.parametrize("error", [TalkingError(1), HangingError(), ShopError(1), ExceptionGroup("two", [KeyError(1)])])
def test_only_exceptions_without_their_own_code_are_printed_without_a_limit(error: Exception) -> None:
    assert outcome._chain_prints_plainly(error) is isinstance(error, ShopError)
    beyond = RuntimeError("plain itself")
    beyond.__context__ = error
    assert outcome._chain_prints_plainly(beyond) is isinstance(error, ShopError)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(Lazy()),
        ValueError([Lazy()]),
        ValueError([[1]]),
        ValueError([1] * 1_001),
        OSError(2, "no", Lazy()),
        WrongMetaclass("OddError", (Exception,), {})(),
    ],
)
def test_an_exception_with_arguments_of_other_types_is_printed_with_a_limit(error: Exception) -> None:
    assert not outcome._prints_plainly(error)


# ---- results


@pytest.mark.usefixtures("pythons_recursion_limit")
@pytest.mark.parametrize("depth", [outcome.MAX_DEPTH, outcome.MAX_DEPTH + 1, 800, 930, 940, 945, 2_000, 100_000])
def test_a_result_of_any_depth_can_be_read(cloud: Cloud, depth: int) -> None:
    """Every Python can read what is kept. Python can write deeper values than it can read."""
    result: Any = "]"
    for _ in range(depth):
        result = [result]
    run_until_quiet(cloud, function := Function(cloud, lambda _: result))
    (trace,) = function.traces()
    assert trace.status == "ok"
    assert (trace.result == result) if depth <= outcome.MAX_DEPTH else isinstance(trace.result, str)


def test_many_brackets_are_not_deep() -> None:
    wide: list[Any] = [[[]] * 5_000, {"text": "[{" * 5_000}, [{"a": ["\\", '"[']}] * 2_000]
    for value in wide:
        assert outcome.as_json(value) == value
