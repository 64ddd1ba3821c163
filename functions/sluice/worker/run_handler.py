"""One run of a handler for an event, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .cause import place_of
from .deadline import DeadlinePassed, call_within
from .outcome import Outcome, describe, result_of

Handler = Callable[[Any], Any]
"""The function `handle` of a handler's module."""

DESCRIBING_SECONDS = 1.0
"""Least time on the clock for a result's or an exception's own code to say what it is. It has longer if the run left
some of its own time. The worker keeps twice as much for the whole record."""


class NotLoadedError(Exception):
    """The handler's module cannot be imported, or has no `handle`; its cause says why."""

    def __init__(self, module: str) -> None:
        super().__init__(f"{module} could not be imported")


def run_handler(load: Callable[[], Handler], event: object, seconds: float) -> Outcome:
    """Run a handler for an event, to its end or to its deadline.

    Args:
        load: returns the handler; raises `NotLoadedError` if there is none.
        event: what the handler is given.
        seconds: time on the clock that it may take.
    """
    end = time.monotonic() + seconds
    try:
        returned = call_within(lambda: load()(event), seconds)
    except DeadlinePassed as passed:
        reason = f"did not end within {seconds:g} s"
        error = {**describe(passed, _until(end)), "type": "TimedOut", "message": reason}
        return Outcome("timed-out", error=error, reason=reason, place=place_of(passed))
    except NotLoadedError as error:
        cause = error.__cause__ or error
        return Outcome("interrupted", error=describe(cause, _until(end)), reason=str(error), place=place_of(cause))
    except MemoryError as error:
        return Outcome("interrupted", error=describe(error, _until(end)), reason="out of memory", place=place_of(error))
    except BaseException as error:  # noqa: BLE001 - SystemExit and the like end a run, too
        return Outcome("error", error=describe(error, _until(end)), place=place_of(error))
    return Outcome("ok") if returned is None else Outcome("ok", result=result_of(returned, _until(end)))


def _until(end: float) -> float:
    """Return the moment at which a result's or an exception's own code is stopped."""
    return max(end, time.monotonic() + DESCRIBING_SECONDS)
