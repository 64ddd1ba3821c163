"""Threads that a run starts: what they print, log and emit belongs to that run, also once it has ended.

Python's threads start with an empty context. So the worker hands its own context variables on: to a thread as it is
started, and to a call as it is given to a thread pool, whose threads may serve many runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

from ..emitting.current_run import RUN
from .output import OUTPUT
from .telemetry import KEYS

_HANDED_ON: tuple[ContextVar[Any], ...] = (RUN, OUTPUT, KEYS)

_start = threading.Thread.start
_submit = ThreadPoolExecutor.submit


def hand_on_context() -> None:
    """Hand the run's context variables on to threads and to calls in thread pools from now on."""
    thread: Any = threading.Thread
    pool: Any = ThreadPoolExecutor
    # Not again: a package may have replaced them since.
    if not getattr(pool, "sluice_hands_on", False):
        thread.start = _start_in_context
        pool.submit = _submit_in_context
        pool.sluice_hands_on = True


def _start_in_context(thread: Any) -> None:
    if RUN.get() is not None:
        thread.run = _in_this_context(thread.run)
    _start(thread)


def _submit_in_context(pool: ThreadPoolExecutor, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    run = RUN.get()
    if run is None:
        return _submit(pool, call, *args, **kwargs)
    in_context = _in_this_context(call)
    # A thread that the pool starts now belongs to no run: it may serve others.
    token = RUN.set(None)
    try:
        return _submit(pool, in_context, *args, **kwargs)
    finally:
        RUN.reset(token)


def _in_this_context(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes a call with the context variables as they are now."""
    values = [(variable, variable.get()) for variable in _HANDED_ON]

    def call_in_context(*args: Any, **kwargs: Any) -> Any:
        tokens = [(variable, variable.set(value)) for variable, value in values]
        try:
            return call(*args, **kwargs)
        finally:
            for variable, token in tokens:
                variable.reset(token)

    return call_in_context
