"""One run of a handler for an event, and how it ended."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ..clock import clock
from ..stage.names import module_of
from .cause import place_of
from .children import in_this_process_only
from .deadline import DeadlinePassed, call_within
from .outcome import Outcome, describe, result_of
from .unfinished import NothingRanError, finished

if TYPE_CHECKING:
    from ..recording.recorder import Recording
    from ..recording.redaction import Secrets

Handler = Callable[[Any], Any]
"""The function `handle` of a handler's module."""

DESCRIBING_SECONDS = 1.0
"""Least time on the clock for a result's or an exception's own code to say what it is. It has longer if the run left
some of its own time. The worker keeps twice as much for the whole record."""


class NotLoadedError(Exception):
    """The handler's module cannot be imported, or has no `handle`; its cause says why."""

    def __init__(self, module: str) -> None:
        super().__init__(f"{module} could not be imported")


def load_handler(name: str) -> Handler:
    """Import a handler's module, the first time, and return its function `handle`.

    Args:
        name: the handler's name.

    Raises:
        NotLoadedError: the module cannot be imported, or has no `handle`.
    """
    module = f"handlers.{module_of(name)}"
    try:
        handle: Handler = in_this_process_only(lambda: importlib.import_module(module)).handle
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:
        raise NotLoadedError(module) from error
    return handle


def run_handler(
    load: Callable[[], Handler],
    event: object,
    seconds: float,
    recording: Recording | None = None,
    secrets: Secrets | None = None,
) -> Outcome:
    """Run a handler for an event, to its end or to its deadline. A coroutine that it returns is part of the run.

    Args:
        load: returns the handler; raises `NotLoadedError` if there is none.
        event: what the handler is given.
        seconds: time on the clock that it may take.
        recording: keeps the local variables of a run that fails.
        secrets: those of the run. They are removed from an exception's message and traceback, before these are cut.
    """
    end = clock.monotonic() + seconds
    redact = secrets.text if secrets is not None else str
    try:
        # What the run sets in its context ends with it.
        returned = copy_context().run(
            call_within, lambda: in_this_process_only(lambda: finished(load()(event))), seconds
        )
    except BaseException as error:  # noqa: BLE001 - SystemExit and the like end a run, too
        cause = (error.__cause__ or error) if isinstance(error, NotLoadedError) else error
        if recording is not None:
            recording.failed(cause)
            if secrets is not None:
                recording.note_secrets(secrets)
        return _outcome_of(error, cause, seconds, _until(end), redact)
    if returned is None:
        return Outcome("ok")
    try:
        return Outcome("ok", result=result_of(returned, _until(end)))
    except NothingRanError as error:
        return _outcome_of(error, error, seconds, _until(end), redact)


def _outcome_of(
    error: BaseException, cause: BaseException, seconds: float, until: float, redact: Callable[[str], str]
) -> Outcome:
    """Return the outcome of a run that an exception ended.

    Args:
        error: the exception.
        cause: the exception to describe.
        seconds: time that the run might take.
        until: moment on the clock of `time.monotonic` at which the exception's own code is stopped.
        redact: removes secrets from a text.
    """
    described, place = describe(cause, until, redact), place_of(cause)
    match error:
        case DeadlinePassed():
            reason = f"did not end within {seconds:g} s"
            described = {**described, "type": "TimedOut", "message": reason}
            return Outcome("timed-out", error=described, reason=reason, place=place)
        case NotLoadedError():
            return Outcome("interrupted", error=described, reason=str(error), place=place)
        case MemoryError():
            return Outcome("interrupted", error=described, reason="out of memory", place=place)
    return Outcome("error", error=described, place=place)


def _until(end: float) -> float:
    """Return the moment at which a result's or an exception's own code is stopped."""
    return max(end, clock.monotonic() + DESCRIBING_SECONDS)
