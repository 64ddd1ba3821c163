"""A pace for calls that AWS limits for the whole account."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_WINDOW = 1.0
"""Seconds that a pace counts calls in: AWS states its limits per second."""


class Pace:
    """Keeps calls below a number in any second. Threads may share it.

    Args:
        per_second: number of calls that may begin within a second.
        clock: returns seconds on any scale that only grows.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        per_second: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._begun: deque[float] = deque(maxlen=per_second)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until one more call may begin, and count it."""
        # Held while it sleeps, so that the others wait behind it.
        with self._lock:
            while len(self._begun) == self._begun.maxlen:
                left = self._begun[0] + _WINDOW - self._clock()
                if left <= 0:
                    break
                self._sleep(left)
            self._begun.append(self._clock())
