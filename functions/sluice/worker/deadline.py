"""Stopping code that does not end: a handler after its timeout, and a result's or an exception's own code.

Code is stopped by an exception in the main thread, at the next bytecode that Python runs there. A call that is busy in
C code goes on until it returns, or until the function's own timeout ends the process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..clock import clock
from .alarm import Alarm

COMPUTING_SECONDS = 1.0
"""Processor time that a result's or an exception's own code may use. Unlike time on the clock it is the same on a small
or busy machine: a function with 128 MB has a fourteenth of a processor."""

WAITING_CHECKS = 10
"""Checks at which such code may be found waiting: a second in all, if the machine is not busy. A check counts as
waiting if the thread has used less than `_IDLE_SECONDS` of a processor since the one before. On a busy machine a thread
that has something to compute isn't found so: a check only happens when the thread has its turn, which goes on after
it."""

CHECK_SECONDS = 0.1
"""Seconds between two checks."""

_IDLE_SECONDS = 0.000_5
"""Processor time that a check itself may use, several times over. A turn is longer: Linux gives 0.7 ms at the least."""

RETRY_SECONDS = 1.0
"""Seconds between further tries to stop a handler that caught the first."""


class DeadlinePassed(BaseException):
    """Raised inside of code whose time is over."""


Result = TypeVar("Result")

_UNSET: Any = object()


def call_within(call: Callable[[], Result], seconds: float) -> Result:
    """Call a function and stop it after a time.

    Args:
        call: the function.
        seconds: time on the clock that it may take.

    Raises:
        DeadlinePassed: it was stopped.
    """
    return _call(call, lambda: True, first=max(seconds, 0.001), then=RETRY_SECONDS)


def call_untrusted(call: Callable[[], Result], until: float) -> Result:
    """Call a function that may hang, and stop it once it has computed or waited for a second.

    Args:
        call: the function.
        until: moment on the clock of `time.monotonic` at which it is stopped whatever it does.

    Raises:
        DeadlinePassed: it was stopped.
    """
    begun = before = clock.thread_time()
    waiting = 0

    def is_over() -> bool:
        nonlocal before, waiting
        used = clock.thread_time()
        waiting += used - before < _IDLE_SECONDS
        before = used
        return used - begun >= COMPUTING_SECONDS or waiting >= WAITING_CHECKS or clock.monotonic() >= until

    return _call(call, is_over, first=CHECK_SECONDS, then=CHECK_SECONDS)


def _call(call: Callable[[], Result], is_over: Callable[[], bool], *, first: float, then: float) -> Result:
    """Call a function, and stop it at an alarm at which its time is over.

    Args:
        call: the function.
        is_over: asked at each alarm.
        first: seconds until the first alarm.
        then: seconds between alarms.
    """

    def on_alarm() -> None:
        if is_over():
            raise DeadlinePassed

    alarm = Alarm(on_alarm, first=first, then=then)
    result: Any = _UNSET
    try:
        try:
            alarm.start()
            result = call()
        finally:
            alarm.stop()
    except BaseException as error:
        alarm.stop()
        # If the alarm came between the call's return and disarming it, the run did end.
        if result is _UNSET or not isinstance(error, DeadlinePassed):
            raise
    ended: Result = result
    return ended
