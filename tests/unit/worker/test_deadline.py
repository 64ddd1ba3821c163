from __future__ import annotations

import signal
import time
from types import SimpleNamespace

import pytest
from sluice.worker import deadline
from sluice.worker.alarm import Alarm
from sluice.worker.deadline import DeadlinePassed, call_untrusted, call_within

NEVER = 2.0**40


class Clocks:
    """A thread's processor time and the time on the clock, as a test says.

    Each alarm stands for a check that is due; the real timer is too slow to ring in these tests.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.processor = 0.0
        self.now = 0.0
        fake = SimpleNamespace(thread_time=lambda: self.processor, monotonic=lambda: self.now)
        monkeypatch.setattr(deadline, "clock", fake)
        monkeypatch.setattr(deadline, "CHECK_SECONDS", 3_600.0)

    def alarm(self, *, computed: float, passed: float) -> None:
        self.processor += computed
        self.now += passed
        signal.raise_signal(signal.SIGALRM)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@pytest.mark.parametrize("result", [7, None])
def test_a_result_is_not_lost_to_an_alarm_that_comes_after_the_return(
    monkeypatch: pytest.MonkeyPatch, result: object
) -> None:
    late = [DeadlinePassed()]
    real = signal.setitimer

    def setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        if seconds == 0 and late:
            raise late.pop()
        return real(which, seconds, interval)

    monkeypatch.setattr(Alarm, "_setitimer", staticmethod(setitimer))
    before = signal.getsignal(signal.SIGALRM)
    assert call_within(lambda: result, 5) is result
    assert real(signal.ITIMER_REAL, 0) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_untrusted_code_may_take_any_time_on_a_slow_machine(clocks: Clocks) -> None:
    """It has a hundredth of a processor, so what computes for half a second takes nearly a minute."""

    def compute() -> str:
        for _ in range(500):
            clocks.alarm(computed=0.001, passed=0.1)
        return "done"

    assert call_untrusted(compute, NEVER) == "done"
    assert clocks.now > 49


def test_untrusted_code_that_computes_for_a_second_is_stopped(clocks: Clocks) -> None:
    def compute() -> None:
        while True:
            clocks.alarm(computed=0.09, passed=0.1)

    with pytest.raises(DeadlinePassed):
        call_untrusted(compute, NEVER)
    assert clocks.processor == pytest.approx(1.08)


def test_untrusted_code_that_waits_for_a_second_is_stopped(clocks: Clocks) -> None:
    def wait() -> None:
        while True:
            clocks.alarm(computed=0.000_05, passed=0.1)

    with pytest.raises(DeadlinePassed):
        call_untrusted(wait, NEVER)
    assert clocks.now == pytest.approx(1.0)


def test_untrusted_code_is_stopped_when_there_is_no_time_left(clocks: Clocks) -> None:
    def compute() -> None:
        while True:
            clocks.alarm(computed=0.001, passed=0.1)

    with pytest.raises(DeadlinePassed):
        call_untrusted(compute, 5.0)
    assert clocks.now == pytest.approx(5.0, abs=0.11)


def test_untrusted_code_that_catches_the_first_exception_is_stopped_by_the_next(clocks: Clocks) -> None:
    caught: list[DeadlinePassed] = []

    def wait() -> None:
        while True:
            try:
                clocks.alarm(computed=0, passed=0.1)
            except DeadlinePassed as passed:
                caught.append(passed)
                if len(caught) == 3:
                    raise

    with pytest.raises(DeadlinePassed):
        call_untrusted(wait, NEVER)
    assert len(caught) == 3


def test_untrusted_code_that_sleeps_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real clocks and the real timer."""
    monkeypatch.setattr(deadline, "CHECK_SECONDS", 0.01)
    with pytest.raises(DeadlinePassed):
        call_untrusted(lambda: time.sleep(600), time.monotonic() + 600)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
