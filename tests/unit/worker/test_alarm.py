"""A handler's own alarm beside the deadline of its run."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sluice.worker import alarm
from sluice.worker.alarm import share_alarm
from sluice.worker.outcome import Outcome
from sluice.worker.run_handler import run_handler

NEVER = 600.0
SOON = 0.02


@pytest.fixture(autouse=True)
def _shared_alarm() -> Iterator[None]:
    real = {name: value for name, value in vars(signal).items() if callable(value)}
    share_alarm()
    yield
    vars(signal).update(real)
    assert alarm.Alarm.current is None
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


class RangError(Exception):
    pass


def ring(_number: int, _frame: object) -> None:
    raise RangError


def run(handle: Callable[[Any], Any], seconds: float = NEVER) -> Outcome:
    return run_handler(lambda: handle, {}, seconds)


def set_alarm(_: object) -> None:
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SOON)
    time.sleep(NEVER)


def set_alarm_first(_: object) -> None:
    signal.setitimer(signal.ITIMER_REAL, SOON)
    signal.signal(signal.SIGALRM, ring)
    time.sleep(NEVER)


def send_signal(_: object) -> None:
    signal.signal(signal.SIGALRM, ring)
    signal.raise_signal(signal.SIGALRM)


@pytest.mark.parametrize("handle", [set_alarm, set_alarm_first, send_signal])
def test_a_handlers_own_alarm_rings(handle: Callable[[Any], Any]) -> None:
    outcome = run(handle)
    assert (outcome.status, outcome.error and outcome.error["type"]) == ("error", f"{__name__}.RangError")


def cancel(_: object) -> None:
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(100)
    signal.alarm(0)
    time.sleep(NEVER)


def ignore(_: object) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(NEVER)


def block(_: object) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(NEVER)


def set_long_alarm(_: object) -> None:
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(500)
    time.sleep(NEVER)


def swallow_alarms(_: object) -> None:
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
    while True:
        time.sleep(NEVER)


def catch_alarms(_: object) -> None:
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SOON, SOON)
    while True:
        with contextlib.suppress(RangError):
            time.sleep(NEVER)


@pytest.mark.parametrize("handle", [cancel, ignore, block, set_long_alarm, swallow_alarms, catch_alarms])
def test_the_deadline_holds_beside_a_handlers_own_alarm(handle: Callable[[Any], Any]) -> None:
    outcome = run(handle, 0.2)
    assert (outcome.status, outcome.reason) == ("timed-out", "did not end within 0.2 s")


def test_an_alarm_without_a_function_for_it_is_an_error_that_says_so() -> None:
    def handle(_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, SOON)
        time.sleep(NEVER)

    outcome = run(handle)
    assert outcome.status == "error"
    assert outcome.error is not None
    assert "call signal.signal(signal.SIGALRM, function) before signal.alarm" in outcome.error["message"]


def test_an_alarm_ends_with_its_run() -> None:
    assert run(lambda _: signal.signal(signal.SIGALRM, ring) and signal.alarm(1)).status == "ok"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_a_function_that_a_module_sets_for_its_alarms_is_there_in_each_run() -> None:
    signal.signal(signal.SIGALRM, ring)

    def handle(_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, SOON)
        time.sleep(NEVER)

    try:
        for _ in range(2):
            outcome = run(handle)
            assert outcome.error is not None
            assert outcome.error["type"] == f"{__name__}.RangError"
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_the_functions_of_signal_answer_as_they_do_without_sluice() -> None:
    seen: list[Any] = []

    def handle(_: object) -> None:
        seen.append(signal.signal(signal.SIGALRM, ring))
        seen.append(signal.getsignal(signal.SIGALRM))
        seen.append(signal.alarm(100))
        seen.append(signal.alarm(50))
        seen.append(signal.setitimer(signal.ITIMER_REAL, 0))
        seen.append(signal.getitimer(signal.ITIMER_REAL))
        for wrong in (lambda: signal.setitimer(signal.ITIMER_REAL, -1), lambda: signal.signal(signal.SIGALRM, 7)):
            try:
                wrong()
            except (OSError, TypeError, ValueError) as error:
                seen.append(type(error))

    assert run(handle).status == "ok"
    before, now, first, second, left, none, *errors = seen
    assert (before, now, first, second, none) == (signal.SIG_DFL, ring, 0, 100, (0.0, 0.0))
    assert left[0] == pytest.approx(50, abs=20)
    assert errors == [signal.ItimerError, TypeError]
