"""Stopping a run that does not end."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any, TypeVar

_AGAIN_EVERY = 1.0
"""Seconds between further tries to stop a run that caught the first."""


class DeadlinePassed(BaseException):
    """Raised inside of a handler whose time is over."""


Result = TypeVar("Result")

_UNSET: Any = object()


def call_within(call: Callable[[], Result], seconds: float) -> Result:
    """Call a function and stop it once its time is over.

    It is stopped by an exception in the main thread, at the next bytecode that Python runs there; a call that is
    busy in C code goes on until it returns, or until the function's own timeout ends the process.

    Args:
        call: the function.
        seconds: how long it may take.

    Raises:
        DeadlinePassed: it was stopped.
    """
    armed = True

    def on_alarm(_signal: int, _frame: object) -> None:
        if armed:
            raise DeadlinePassed

    previous = signal.signal(signal.SIGALRM, on_alarm)
    result: Any = _UNSET
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), _AGAIN_EVERY)
            result = call()
        finally:
            armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
    except DeadlinePassed:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        # The alarm may come between the call's return and disarming it: then the run did end.
        if result is _UNSET:
            raise
    ended: Result = result
    return ended
