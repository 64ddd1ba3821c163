"""A trace's execution for a person: the tree of calls, and the local variables of a failed run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..traces import Trace
from ..traces.calls import TracedCall, calls_of
from .brief_value import brief

_BAR = 10
_TIME = 9
"""Columns."""

_MOST_ALIKE = 5
"""Calls of one function in a row that are shown. `--full` shows all."""

_MS, _S = 1_000, 1_000_000
"""Microseconds."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def call_lines(trace: Trace, *, width: int, full: bool) -> list[str]:
    """Return the tree of a trace's calls: what was called, with what, to which end, and how long it took.

    Args:
        trace: the trace.
        width: columns of a line.
        full: True to show all calls and all of their values, however long a line gets.
    """
    if trace.no_calls:
        return [f"none: {trace.no_calls}"]
    calls = calls_of(trace.calls)
    longest = max((call.us or 0 for call in calls), default=0)
    lines = [
        text if call is None else _line(text, call, longest, width=width, full=full)
        for text, call in _tree(calls, None, 0, full=full)
    ]
    more = trace.more_calls
    return lines + ([f"not every call is recorded of: {', '.join(more)}"] if more else [])


def _tree(
    calls: Sequence[TracedCall], parent: int | None, depth: int, *, full: bool
) -> Iterator[tuple[str, TracedCall | None]]:
    """Yield each line's text and call; no call for a line that stands for several."""
    below = [(index, call) for index, call in enumerate(calls) if call.parent == parent]
    for function, alike in groupby(below, key=lambda each: each[1].function):
        group = list(alike)
        shown = group if full or len(group) <= _MOST_ALIKE else _few(group)
        for index, call in shown:
            mark = "x " if call.state == "raised" else "  "
            yield f"{mark}{'  ' * depth}{call_text(call)}", call
            yield from _tree(calls, index, depth + 1, full=full)
        if len(group) > len(shown):
            yield f"  {'  ' * depth}… {len(group) - len(shown)} more of {function}: --full shows them", None


def _few(group: list[tuple[int, TracedCall]]) -> list[tuple[int, TracedCall]]:
    """Return the first calls of a group, and those that raised."""
    return group[: _MOST_ALIKE - 2] + [each for each in group[_MOST_ALIKE - 2 :] if each[1].state == "raised"]


def call_text(call: TracedCall) -> str:
    """Return a call in a line: its arguments, and what came of it."""
    arguments = ", ".join(f"{name}={brief(value)}" for name, value in (call.arguments or {}).items())
    text = f"{call.function}({arguments})" if call.arguments is not None else call.function
    if call.state == "raised":
        line = f" at line {call.raised_line}" if call.raised_line else ""
        return f"{text} raised {brief(call.result)}{line}"
    if call.state == "open":
        return f"{text} had not ended"
    return text if call.result is None else f"{text} → {brief(call.result)}"


def _line(text: str, call: TracedCall, longest: int, *, width: int, full: bool) -> str:
    room = max(20, width - _TIME - _BAR - 2)
    shown = text if full or len(text) <= room else text[: room - 1] + "…"
    return f"{shown:<{room}} {_duration(call.us):>{_TIME}} {_bar(call.us or 0, longest)}".rstrip()


def _duration(us: int | None) -> str:
    if us is None:
        return "-"
    if us < _MS:
        return f"{us} µs"
    return f"{us / _MS:.1f} ms" if us < _S else f"{us / _S:.2f} s"


def _bar(us: int, longest: int) -> str:
    eighths = round(us / longest * _BAR * 8) if longest else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def local_lines(trace: Trace, *, width: int, full: bool) -> list[str]:
    """Return the frames that a failed run's exception went through: each one's line, and its local variables.

    Args:
        trace: the trace.
        width: columns of a line.
        full: True to show all of a value, however long a line gets.
    """
    lines = []
    for frame in trace.locals:
        lines.append(f"{frame['file']}:{frame['line']} in {frame['function']}")
        if frame["source"]:
            lines.append(f"> {frame['source']}")
        lines += [f"    {name} = {brief(value)}" for name, value in frame["values"].items()]
    return lines if full else [line if len(line) <= width else line[: width - 1] + "…" for line in lines]
