"""The calls of a trace, out of the form in which they are stored.

The form is that of recording/call_log.py. It is read with care: anyone who may write to the table may write anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

STATES = ("returned", "raised", "open", "lost")
"""States of a call. open: it had not ended when the run did. lost: its end was not seen."""

_SHORTEST, _ARGUMENTS, _RESULT, _STATE, _RAISED_LINE = 5, 5, 6, 7, 8


class TracedCall(NamedTuple):
    """A call of one of the team's functions.

    Attributes:
        function: the function's qualified name.
        file: its file, such as `handlers/send_receipt.py`.
        line: the line on which it starts.
        parent: the index of the call that made it; None for none.
        start_us: microseconds from the run's start to the call's.
        us: microseconds that it took; None if its end is not known.
        caller_line: the line that called it; None if that is not the team's own code.
        arguments: its arguments by name; None if they are not kept.
        result: what it returned, or the exception that it raised.
        state: one of `STATES`.
        raised_line: the line at which an exception left it.
    """

    function: str
    file: str
    line: int
    parent: int | None
    start_us: int
    us: int | None
    caller_line: int | None
    arguments: dict[str, Any] | None
    result: Any
    state: str
    raised_line: int | None

    def printed(self) -> dict[str, Any]:
        """Return the call as `--json` prints it."""
        return self._asdict()


def calls_of(stored: Mapping[str, Any] | None) -> list[TracedCall]:
    """Return the calls in the order in which they started.

    Raises:
        TypeError, ValueError: they are not in the form of a trace's calls.
    """
    stored = stored or {}
    functions = _list(stored.get("fns", []))
    try:
        found = [_call(_list(row), functions) for row in _list(stored.get("calls", []))]
    except LookupError as error:
        raise ValueError(f"no such place: {error}") from error
    for index, call in enumerate(found):
        # A call is made by an earlier one, so that a tree has no circles.
        if call.parent is not None and call.parent >= index:
            raise ValueError(f"call {index} has the parent {call.parent}")
    return found


def functions_with_more(stored: Mapping[str, Any] | None) -> list[str]:
    """Return the names of the functions of which not every call is recorded."""
    stored = stored or {}
    functions = _list(stored.get("fns", []))
    try:
        return [_text(functions[_number(index)][0]) for index in _list(stored.get("more", []))]
    except LookupError as error:
        raise ValueError(f"no such function: {error}") from error


def reason_for_none(stored: Mapping[str, Any] | None) -> str | None:
    """Return the reason why no calls were recorded; None if they were, or if the trace does not keep them."""
    note = (stored or {}).get("note")
    return None if note is None else _text(note)


def _call(row: list[Any], functions: list[Any]) -> TracedCall:
    name, file, line, parameters = _list(functions[_number(row[0])])
    _, parent, start, us, caller = map(_number, row[:_SHORTEST])
    arguments = _at(row, _ARGUMENTS)
    state = _at(row, _STATE) or STATES[0]
    if state not in STATES:
        raise ValueError(f"state {state!r}")
    raised = _at(row, _RAISED_LINE)
    return TracedCall(
        function=_text(name),
        file=_text(file),
        line=_number(line),
        parent=parent if parent >= 0 else None,
        start_us=start,
        us=us if us >= 0 else None,
        caller_line=caller or None,
        arguments=None if arguments is None else dict(zip(map(_text, parameters), _list(arguments), strict=True)),
        result=_at(row, _RESULT),
        state=state,
        raised_line=None if raised is None else _number(raised),
    )


def _at(row: list[Any], place: int) -> Any:
    return row[place] if place < len(row) else None


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError(f"{type(value).__name__} in place of a list")
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{type(value).__name__} in place of a number")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{type(value).__name__} in place of a text")
    return value
