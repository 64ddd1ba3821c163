"""One alarm clock for two: Sluice stops code at a deadline by SIGALRM, and a handler may use SIGALRM itself.

A process has one timer and one handler of this signal. While Sluice uses them, the functions of `signal` that set them
keep a handler's own alarm apart: it rings when the handler said, and the deadline holds all the same.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

OnAlarm = Callable[[], None]

_signal, _getsignal = signal.signal, signal.getsignal
_setitimer, _getitimer = signal.setitimer, signal.getitimer
_alarm, _pthread_sigmask = signal.alarm, signal.pthread_sigmask

_OFF = 0.0
_SOON = 1e-6
"""Seconds. To a timer, 0 means never."""

_EARLY = 0.001
"""Seconds by which a timer and the clock may differ."""


class UnhandledAlarmError(Exception):
    """A handler's own alarm rang, and no function was there to handle it. It would have ended the process."""


class Alarm:
    """Sluice's alarm, for the length of one call, and the alarm of the code that is called.

    Args:
        on_alarm: called whenever Sluice's alarm rings.
        first: seconds until it rings first.
        then: seconds between further rings.
    """

    # Kept here, as a handler may replace them in their modules.
    _now = staticmethod(time.monotonic)
    _setitimer = staticmethod(_setitimer)
    # Without the conversion to enumerations, which takes longer than the call itself.
    _signal = staticmethod(getattr(_signal, "__wrapped__", _signal))
    current: Alarm | None = None
    handler: Any = signal.SIG_DFL
    _shared = False
    _due = _own_due = math.inf
    _own_interval = _OFF

    def __init__(self, on_alarm: OnAlarm, *, first: float, then: float) -> None:
        self._on_alarm = on_alarm
        self._first = first
        self._then = then
        # Clocks are only read once code has an alarm of its own.
        self._started = self._now()

    def start(self) -> None:
        """Ring from now on."""
        self._live = True
        self._outer = Alarm.current
        self._previous = self._signal(signal.SIGALRM, self._ring)
        self.handler = self._previous or signal.SIG_DFL
        Alarm.current = self
        self._setitimer(signal.ITIMER_REAL, self._first, self._then)

    def stop(self) -> None:
        """Ring no more, and put back the handler of the signal that was there before. May be called again."""
        self._live = False
        self._setitimer(signal.ITIMER_REAL, _OFF)
        self._signal(signal.SIGALRM, self._previous)
        Alarm.current = self._outer

    # ---- what the called code sets

    def set_own(self, seconds: float, interval: float = _OFF) -> tuple[float, float]:
        """Set the called code's own alarm, and return what it was: seconds until it rings, and between its rings."""
        if seconds < 0 or interval < 0:
            raise signal.ItimerError(22, "Invalid argument")
        now = self._now()
        if not self._shared:
            self._shared = True
            passed = now - self._started
            rung = max(0, math.ceil((passed - self._first) / self._then))
            self._due = self._started + self._first + rung * self._then
        before = self.own(now)
        self._own_due = now + seconds if seconds else math.inf
        self._own_interval = interval
        self._set_next(now)
        return before

    def own(self, now: float | None = None) -> tuple[float, float]:
        """Return the seconds until the called code's own alarm rings, and between its rings."""
        if self._own_due == math.inf:
            return _OFF, _OFF
        return max(self._own_due - (self._now() if now is None else now), _SOON), self._own_interval

    def _set_next(self, now: float) -> None:
        self._setitimer(signal.ITIMER_REAL, max(min(self._due, self._own_due) - now, _SOON))

    # ---- the signal

    def _ring(self, number: int, frame: Any) -> None:
        if not self._live:
            return
        now = self._now() + _EARLY
        if not self._shared:
            is_due, is_own = now >= self._started + self._first, False
        else:
            is_due, is_own = now >= self._due, now >= self._own_due
            if is_due:
                self._due = now + self._then
            if is_own:
                self._own_due = now + self._own_interval if self._own_interval else math.inf
            self._set_next(now)
        if is_due or not (is_own or callable(self.handler)):
            self._on_alarm()
        # A signal that is nobody's alarm was sent by the code itself.
        if is_own or not is_due:
            self._ring_own(number, frame, is_own=is_own)

    def _ring_own(self, number: int, frame: Any, *, is_own: bool) -> None:
        if callable(self.handler):
            self.handler(number, frame)
        elif is_own and self.handler != signal.SIG_IGN:
            raise UnhandledAlarmError(
                "an alarm rang that handle has set, without a function for it: call"
                " signal.signal(signal.SIGALRM, function) before signal.alarm or signal.setitimer"
            )


# ---- the functions of `signal` that share it


def share_alarm() -> None:
    """Have the functions of `signal` keep a handler's own alarm apart from Sluice's, for as long as a run lasts."""
    vars(signal).update(
        signal=_shared_signal,
        getsignal=_shared_getsignal,
        setitimer=_shared_setitimer,
        getitimer=_shared_getitimer,
        alarm=_shared_alarm,
        pthread_sigmask=_shared_pthread_sigmask,
    )


def _of_this_thread() -> Alarm | None:
    return Alarm.current if threading.current_thread() is threading.main_thread() else None


def _shared_signal(signalnum: Any, handler: Any, /) -> Any:
    alarm = _of_this_thread() if signalnum == signal.SIGALRM else None
    if alarm is None:
        return _signal(signalnum, handler)
    if not callable(handler) and handler not in (signal.SIG_DFL, signal.SIG_IGN):
        raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
    before, alarm.handler = alarm.handler, handler
    return before


def _shared_getsignal(signalnum: Any, /) -> Any:
    alarm = Alarm.current if signalnum == signal.SIGALRM else None
    return _getsignal(signalnum) if alarm is None else alarm.handler


def _shared_setitimer(which: int, seconds: float, interval: float = _OFF, /) -> tuple[float, float]:
    alarm = Alarm.current if which == signal.ITIMER_REAL else None
    return _setitimer(which, seconds, interval) if alarm is None else alarm.set_own(seconds, interval)


def _shared_getitimer(which: int, /) -> tuple[float, float]:
    alarm = Alarm.current if which == signal.ITIMER_REAL else None
    return _getitimer(which) if alarm is None else alarm.own()


def _shared_alarm(seconds: int, /) -> int:
    alarm = Alarm.current
    return _alarm(seconds) if alarm is None else math.ceil(alarm.set_own(seconds)[0])


def _shared_pthread_sigmask(how: int, mask: Any, /) -> Any:
    if Alarm.current is not None and how != signal.SIG_UNBLOCK:
        mask = set(mask) - {signal.SIGALRM}
    return _pthread_sigmask(how, mask)
