"""The clock, as it was when this process started.

A handler may freeze or replace Python's, as test tools do: `time.time`, `time.monotonic`, `datetime.datetime`. Sluice's
own work goes by this one: or its calls to AWS would be signed for another day, and its deadlines would never come.
"""

from __future__ import annotations

import time as python


class Clock:
    """Functions of `time`: attributes of a class, as tools replace those of modules wherever they find them."""

    time = staticmethod(python.time)
    monotonic = staticmethod(python.monotonic)
    perf_counter_ns = staticmethod(python.perf_counter_ns)
    thread_time = staticmethod(python.thread_time)
    sleep = staticmethod(python.sleep)


clock = Clock()
