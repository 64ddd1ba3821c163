"""An attempt's outcome, in values that JSON carries.

A run that has ended must not be tried again because of its result or exception, whose own code may do anything when it
is asked what it is: raise, compute or wait forever. Such code is called with `call_untrusted`. An exception that only
Python's own code is needed to print is described without any limit: a slow machine must not cost its message.
"""

from __future__ import annotations

import builtins
import json
import re
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .deadline import DeadlinePassed, call_untrusted
from .unfinished import NothingRanError, check_part

if TYPE_CHECKING:
    from types import TracebackType

    from .cause import Place

MAX_DEPTH = 500
"""Levels of nesting of a result that is kept as JSON. Python 3.11, which may read it, follows some 900."""

_PLAIN = frozenset({bool, dict, float, int, list, str, tuple})

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKETS = re.compile(r"[][{}]")

_MAX_MESSAGE = 10_000
_MAX_TRACEBACK = 40_000
"""Characters. A traceback loses its beginning: its deepest frames tell most."""

_LOOKED_AT = 100_000
"""Characters of a message or a traceback in which secrets are looked for, before it is cut to its length."""

_ATOMS = frozenset({bool, bytes, float, int, str, type(None)})

_FEW = 1_000
"""Values in a list or tuple that are printed without a limit."""

_BUILTIN_CLASSES = frozenset({object, *(kind for kind in vars(builtins).values() if isinstance(kind, type))})

_OVERRIDES = frozenset(
    {
        "__class__",
        "__cause__",
        "__context__",
        "__dict__",
        "__getattr__",
        "__getattribute__",
        "__notes__",
        "__repr__",
        "__str__",
        "__suppress_context__",
        "args",
        "filename",
        "filename2",
    }
)
"""Attributes of an exception that are read when it is printed. A class that defines one brings code of its own."""

_LOOK_AROUND = (AttributeError, BaseExceptionGroup, ImportError, NameError, SyntaxError)
"""Exceptions whose traceback needs more than their message: it suggests a name, for which Python asks objects of the
handler's for their attributes, or holds other exceptions."""


class Outcome(NamedTuple):
    """The end of an attempt.

    Attributes:
        status: `ok` or `error`: the handler's run reached its end. `timed-out` or `interrupted`: it did not.
        result: what it returned, as far as JSON carries it.
        error: `type`, `message` and `traceback` of what it raised, or of what kept it from ending.
        reason: what kept it from ending, in words.
        place: where in the team's code it was stopped, if it was.
    """

    status: str
    result: Any = None
    error: dict[str, str] | None = None
    reason: str | None = None
    place: Place | None = None


def result_of(returned: object, until: float) -> Any:
    """Return a handler's result as far as JSON carries it.

    Args:
        returned: what the handler returned.
        until: moment on the clock of `time.monotonic` at which the result's own code is stopped.

    Raises:
        NothingRanError: something in it has not run, such as a coroutine.
    """
    if type(returned) in _PLAIN:
        # JSON's own types run nobody's code, as a rule: no deadline is needed, which costs more than all of this.
        try:
            text = json.dumps(returned, allow_nan=False)
            if not _is_deep(text):
                return json.loads(text)
        except Exception:  # noqa: BLE001, S110 - as_json stores the repr of what JSON can't carry
            pass
    try:
        return call_untrusted(lambda: as_json(returned), until)
    except NothingRanError:
        raise
    except BaseException as error:  # noqa: BLE001 - DeadlinePassed and MemoryError among them
        return f"<{type(returned).__qualname__}, which could not be kept: {_reason(error)}>"


def as_json(value: object) -> Any:
    """Return a value as JSON carries it, with the `repr` of the parts that JSON can't carry.

    Raises:
        NothingRanError: one of these parts has not run, such as a coroutine.
    """
    try:
        text = json.dumps(value, default=_repr_of_part, allow_nan=False)
        return safe_repr(value) if _is_deep(text) else json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return safe_repr(value)


def _repr_of_part(value: object) -> str:
    check_part(value)
    return safe_repr(value)


def _is_deep(text: str) -> bool:
    """Return True if values are nested deeper than every Python that may read the trace can follow."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def safe_repr(value: object) -> str:
    """Return `repr(value)`, or a text that says why it fails."""
    try:
        return repr(value)
    except DeadlinePassed:
        raise
    except BaseException as error:  # noqa: BLE001 - any class may do anything in __repr__
        return f"<{type(value).__qualname__}, whose repr raises {_name_of(type(error))}>"


def describe(error: BaseException, until: float, redact: Callable[[str], str] = str) -> dict[str, str]:
    """Return an exception's type, message and traceback, without the frames of this package.

    Args:
        error: the exception.
        until: moment on the clock of `time.monotonic` at which the exception's own code is stopped.
        redact: removes secrets from the message and the traceback, before these are cut.
    """
    name = _name_of(type(error))
    frames = _frames_of_handler(error)
    texts: dict[str, str] = {}

    def print_all() -> None:
        if "message" not in texts:
            texts["message"] = _message_of(error, redact)
        texts["traceback"] = _traceback_of(error, frames, redact)

    try:
        if _prints_plainly(error):
            texts["message"] = _message_of(error, redact)
        if _chain_prints_plainly(error):
            print_all()
        else:
            call_untrusted(print_all, until)
    except BaseException as stop:  # noqa: BLE001 - DeadlinePassed and MemoryError among them
        texts.setdefault("message", f"<no message: {_reason(stop)}>")
        texts.setdefault("traceback", _frames_only(frames, name, texts["message"]))
    return {"type": name, **texts}


def _reason(error: BaseException) -> str:
    return "its own code did not end" if type(error) is DeadlinePassed else _name_of(type(error))


def _name_of(kind: type) -> str:
    """Return a class's name, with its module unless it is Python's own. No metaclass is asked for it."""
    qualname: str = vars(type)["__qualname__"].__get__(kind)
    module = vars(type)["__module__"].__get__(kind)
    return f"{module}.{qualname}" if type(module) is str and module != "builtins" else qualname


def _frames_of_handler(error: BaseException) -> TracebackType | None:
    # As BaseException has it, whatever the exception's own class does.
    frames: TracebackType | None = vars(BaseException)["__traceback__"].__get__(error)
    while frames is not None and frames.tb_frame.f_globals.get("__package__") == __package__:
        frames = frames.tb_next
    return frames


def _message_of(error: BaseException, redact: Callable[[str], str]) -> str:
    try:
        # Of a text that is a class's own, only what str has is kept.
        return redact(str.__getitem__(str(error), slice(_LOOKED_AT)))[:_MAX_MESSAGE]
    except DeadlinePassed:
        raise
    except BaseException as second:  # noqa: BLE001 - any class may do anything in __str__
        return f"<no message: __str__ raises {_name_of(type(second))}>"


def _traceback_of(error: BaseException, frames: TracebackType | None, redact: Callable[[str], str]) -> str:
    try:
        text = "".join(traceback.format_exception(type(error), error, frames))
        return redact(text[-_LOOKED_AT:])[-_MAX_TRACEBACK:]
    except DeadlinePassed:
        raise
    except BaseException as second:  # noqa: BLE001 - formatting reads attributes of the exception
        return f"<no traceback: formatting it raises {_name_of(type(second))}>"


def _frames_only(frames: TracebackType | None, name: str, message: str) -> str:
    """Return a traceback without what needs the exception's own code."""
    try:
        return ("".join(traceback.format_tb(frames)) + f"{name}: {message}\n")[-_MAX_TRACEBACK:]
    except BaseException:  # noqa: BLE001 - out of memory, say
        return ""


def _chain_prints_plainly(error: BaseException) -> bool:
    """Return True if only Python's own code runs when an exception's traceback is printed."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if not _prints_plainly(one) or isinstance(one, _LOOK_AROUND):
            return False
        left += one.__cause__, one.__context__
    return True


def _prints_plainly(error: BaseException) -> bool:
    """Return True if only Python's own code runs when an exception's message is printed."""
    kind = type(error)
    # A class of a metaclass, or one that defines what is read, may do anything.
    if type(kind) is not type or any(
        not _OVERRIDES.isdisjoint(vars(base)) for base in kind.__mro__ if base not in _BUILTIN_CLASSES
    ):
        return False
    shown = [*error.args, vars(error).get("__notes__")]
    if isinstance(error, OSError):
        shown += error.filename, error.filename2
    return all(map(_is_plain, shown))


def _is_plain(value: object) -> bool:
    if type(value) in _ATOMS:
        return True
    return type(value) in (list, tuple) and len(value) <= _FEW and all(type(one) in _ATOMS for one in value)  # type: ignore[arg-type, attr-defined]
