"""How one attempt ended, told in what JSON carries."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .deadline import DeadlinePassed, call_within

Handler = Callable[[Any], Any]
"""What a handler's module calls `handle`."""

TELLING_SECONDS = 1.0
"""For a result's or an exception's own code to say what it is. The worker keeps twice as much for the whole record."""

MAX_DEPTH = 500
"""Of a result that is kept as JSON. Python 3.11, which may read it, follows some 900."""

_PLAIN = frozenset({bool, dict, float, int, list, str, tuple})

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKETS = re.compile(r"[][{}]")

_MAX_MESSAGE = 10_000
_MAX_TRACEBACK = 40_000
"""Characters. The deepest frames are the telling ones, so a traceback loses its beginning."""


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        status: `ok` or `error`: the handler's run reached its end. `timed-out` or `interrupted`: it did not.
        result: what it returned, as far as JSON carries it.
        error: `type`, `message` and `traceback` of what it raised, or of what kept it from ending.
        reason: what kept it from ending, in words.
    """

    status: str
    result: Any = None
    error: dict[str, str] | None = None
    reason: str | None = None


class NotLoadedError(Exception):
    """The handler's module cannot be imported, or has no `handle`; its cause says why."""

    def __init__(self, module: str) -> None:
        super().__init__(f"{module} could not be imported")


def run_handler(load: Callable[[], Handler], event: object, seconds: float) -> Outcome:
    """Run a handler for an event, to its end or to its deadline.

    Args:
        load: gives the handler; raises `NotLoadedError` if there is none to be had.
        event: what it is given.
        seconds: how long it may take.
    """
    try:
        returned = call_within(lambda: load()(event), seconds)
    except DeadlinePassed as passed:
        reason = f"did not end within {seconds:g} s"
        return Outcome("timed-out", error={**describe(passed), "type": "TimedOut", "message": reason}, reason=reason)
    except NotLoadedError as error:
        return Outcome("interrupted", error=describe(error.__cause__ or error), reason=str(error))
    except MemoryError as error:
        return Outcome("interrupted", error=describe(error), reason="out of memory")
    except BaseException as error:  # noqa: BLE001 - SystemExit and the like end a run, too
        told = {"type": type(error).__qualname__, "message": "", "traceback": ""}
        raised = error
        return Outcome("error", error=_told(lambda: describe(raised), lambda why: told | {"message": why}))
    if returned is None:
        return Outcome("ok")
    return Outcome("ok", result=_result_of(returned))


def _result_of(returned: object) -> Any:
    if type(returned) in _PLAIN:
        # JSON's own types run nobody's code, as a rule: no deadline is needed, which costs more than all of this.
        try:
            text = json.dumps(returned, allow_nan=False)
            if not _is_deep(text):
                return json.loads(text)
        except Exception:  # noqa: BLE001, S110 - what does not go as it is goes as well as it can
            pass
    return _told(lambda: as_json(returned), lambda why: f"<{type(returned).__qualname__}{why}>")


def _told(tell: Callable[[], Any], otherwise: Callable[[str], Any]) -> Any:
    """What a run ended with, in what JSON carries.

    The run has ended: it must not be tried again because of what its result or exception does when it is looked at.
    """
    try:
        return call_within(tell, TELLING_SECONDS)
    except BaseException as error:  # noqa: BLE001 - DeadlinePassed and MemoryError among them
        return otherwise(f", which could not be kept: {type(error).__qualname__}")


def as_json(value: object) -> Any:
    """The value if JSON carries it, with `repr` in place of the parts that it doesn't."""
    try:
        text = json.dumps(value, default=safe_repr, allow_nan=False)
        return safe_repr(value) if _is_deep(text) else json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return safe_repr(value)


def _is_deep(text: str) -> bool:
    """Whether values are nested deeper than every Python that may read the trace can follow."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def safe_repr(value: object) -> str:
    """`repr(value)`, or what can be said of a value whose repr fails."""
    try:
        return repr(value)
    except DeadlinePassed:
        raise
    except BaseException as error:  # noqa: BLE001 - any class may do anything in __repr__
        return f"<{type(value).__qualname__}, whose repr raises {type(error).__qualname__}>"


def describe(error: BaseException) -> dict[str, str]:
    """An exception's type, message and traceback, without the frames of this package."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        message = str(error)
    except DeadlinePassed:
        raise
    except BaseException as second:  # noqa: BLE001 - as for repr
        message = f"<its message cannot be had: __str__ raises {type(second).__qualname__}>"
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_globals.get("__package__") == __package__:
        frames = frames.tb_next
    try:
        trace = "".join(traceback.format_exception(kind, error, frames))
    except DeadlinePassed:
        raise
    except BaseException as second:  # noqa: BLE001 - formatting reads attributes of the exception
        trace = f"<no traceback: formatting it raises {type(second).__qualname__}>"
    return {"type": name, "message": message[:_MAX_MESSAGE], "traceback": trace[-_MAX_TRACEBACK:]}
