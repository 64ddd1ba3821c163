"""Values that a handler returns in place of the work itself: something that has to be run, awaited or called first.

A coroutine is run to its end, so a handler may be `async`. Everything else of the kind ends the run as an error. The
event would count as done otherwise, although nothing was done.
"""

from __future__ import annotations

import functools
import itertools
import sys
import types
from collections.abc import Awaitable, Coroutine
from typing import Any

_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)

_PLAIN = frozenset({bool, dict, float, int, list, str, type(None)})
"""Types of nearly all results, for which the rest is not asked."""

_LAZY = (
    map,
    filter,
    itertools.accumulate,
    itertools.dropwhile,
    itertools.filterfalse,
    itertools.groupby,
    itertools.starmap,
    itertools.takewhile,
)
"""Python's own iterators that call a function, but not before something asks for their next value."""

_ADVICE: tuple[tuple[Any, str], ...] = (
    (Coroutine, "await it, and return what that gives"),
    (types.GeneratorType, "return a value instead of using yield, or loop over the generator"),
    (types.AsyncGeneratorType, "return a value instead of using yield, or loop over the generator with async for"),
    (Awaitable, "write async def handle(event), and await it there"),
    (_FUNCTIONS, "call it, and return what that gives"),
    (_LAZY, "make a list of it"),
)
"""The kinds of value that have not run, and how to run each; the first that fits counts."""


class NothingRanError(Exception):
    """A handler returned something that has not run; the message says how to run it."""


def finished(returned: object) -> Any:
    """Return a handler's result: what it returned or, for a coroutine, the value at the coroutine's end.

    Args:
        returned: what the handler returned.

    Raises:
        NothingRanError: it is something that has not run, and that nothing will run.
    """
    if type(returned) in _PLAIN:
        return returned
    if isinstance(returned, Coroutine):
        returned = _run(returned)
    advice = _advice_on(returned)
    if advice:
        raise _error("handle returned", returned, advice)
    return returned


def check_part(value: object) -> None:
    """Refuse something that has not run as a part of a result, such as one of a list of coroutines.

    Args:
        value: a part of a result that JSON can't carry.

    Raises:
        NothingRanError: it has not run, and nothing will run it.
    """
    # A function in a result is a value like any other.
    advice = None if isinstance(value, _FUNCTIONS) else _advice_on(value)
    if advice:
        raise _error("the result of handle has in it", value, advice)


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end, and cancel the tasks that it leaves, as `asyncio.run` does.

    A deadline's exception is raised wherever the event loop is at that moment. The coroutine and its tasks are
    cancelled then, so that their cleanup runs.
    """
    # Imported here, because every cold start would pay for it, and few handlers are asynchronous.
    import asyncio  # noqa: PLC0415

    with asyncio.Runner() as runner:
        return runner.run(coroutine)


def _advice_on(value: object) -> str | None:
    """Return how to run a value that has not run; None for any other value."""
    return next((advice for kinds, advice in _ADVICE if isinstance(value, kinds)), None) or _advice_on_worker(value)


def _advice_on_worker(value: object) -> str | None:
    """Return how to run a thread or process that was not started, or a call in a pool that nobody waits for."""
    threads, processes, futures = map(sys.modules.get, ("threading", "multiprocessing.process", "concurrent.futures"))
    if threads and isinstance(value, threads.Thread):
        return "start it, and join it" if value.ident is None else None
    if processes and isinstance(value, processes.BaseProcess):
        return "start it, and join it" if value.ident is None else None
    if futures and isinstance(value, futures.Future):
        return "return its result()"
    return None


def _error(where: str, value: object, advice: str) -> NothingRanError:
    if isinstance(value, Coroutine):
        # Or Python warns that it was never awaited, which the error says already.
        value.close()
    kind = type(value)
    name = (
        kind.__qualname__
        if kind.__module__ in {"builtins", "collections.abc"}
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    of = getattr(value, "__qualname__", None)
    named = f"{name} {of}" if isinstance(of, str) else name
    return NothingRanError(f"{where} {named}, which has not run: {advice}")
