"""A trace's execution for a person: the tree of calls, and the local variables of a failed run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..event.ids import is_id
from ..traces import Trace
from ..traces.calls import TracedCall, calls_of
from ..traces.spans import TracedSpan
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
    """Return the tree of a trace's calls and spans: what was called, with what, to which end, and how long it took.

    Args:
        trace: the trace.
        width: columns of a line.
        full: True to show all calls and all of their values, however long a line gets.
    """
    calls, spans = calls_of(trace.calls), trace.traced_spans
    lines = [f"none: {trace.no_calls}"] if trace.no_calls else []
    longest = max([0, *(call.us or 0 for call in calls), *(span.us or 0 for span in spans)])
    tree = list(_tree(calls, spans, None, 0, full=full))
    # Times stand close to what they are about, also on a wide terminal.
    longest_text = max((len(text) for text, one in tree if _has_time(one)), default=0)
    room = max(20, min(width - _TIME - _BAR - 2, longest_text))
    lines += [_line(text, one, longest, room=room, width=width, full=full) for text, one in tree]
    if trace.more_calls:
        lines.append(f"not every call is recorded of: {', '.join(trace.more_calls)}")
    if trace.more_spans:
        lines.append(f"{trace.more_spans} more calls to the outside or emits are not recorded")
    return lines


def _tree(
    calls: Sequence[TracedCall], spans: Sequence[TracedSpan], parent: int | None, depth: int, *, full: bool
) -> Iterator[tuple[str, TracedCall | TracedSpan | None]]:
    """Yield each line's text, and its call or span; None for a line that stands for several."""
    below: list[tuple[int, TracedCall | TracedSpan]] = [
        *((index, call) for index, call in enumerate(calls) if call.parent == parent),
        *((-1, span) for span in spans if span.parent == parent),
    ]
    below.sort(key=lambda each: each[1].start_us)
    indent = "  " * depth
    for name, alike in groupby(below, key=lambda each: _name(each[1])):
        group = list(alike)
        shown = group if full or len(group) <= _MOST_ALIKE else _few(group)
        for index, one in shown:
            if isinstance(one, TracedCall):
                yield f"{'x' if one.state == 'raised' else ' '} {indent}{call_text(one)}", one
                yield from _tree(calls, spans, index, depth + 1, full=full)
            else:
                yield f"  {indent}{_span_text(one)}", one
        if len(group) > len(shown):
            yield f"  {indent}… {len(group) - len(shown)} more of {name}: --full shows them", None


def _name(one: TracedCall | TracedSpan) -> str:
    """Return what a call or a span has in common with others of its kind."""
    if isinstance(one, TracedCall):
        return one.function
    return "the log" if one.kind == "log" else f"{one.service} {one.operation}"


def _few(group: list[tuple[int, TracedCall | TracedSpan]]) -> list[tuple[int, TracedCall | TracedSpan]]:
    """Return the first of a group, and the calls that raised."""
    rest = group[_MOST_ALIKE - 2 :]
    return group[: _MOST_ALIKE - 2] + [
        one for one in rest if isinstance(one[1], TracedCall) and one[1].state == "raised"
    ]


def _span_text(span: TracedSpan) -> str:
    """Return a span in a line: what was called, what it answered, and how often it was tried again."""
    if span.kind == "log":
        return f"· {span.resource or 'a line of the log'}"
    if span.kind == "emit":
        # An id would mostly be cut. The list of what was emitted has the ids, in the same order.
        count = span.resource if span.resource and not is_id(span.resource) else ""
        return f"· emit {span.service} {count}".rstrip()
    words = (span.operation, span.service) if span.kind == "http" else (span.service, span.operation)
    text = " ".join(word for word in ("·", *words, span.resource) if word)
    answer = "no answer" if span.us is None else span.status
    retries = f" after {span.retries} {'retry' if span.retries == 1 else 'retries'}" if span.retries else ""
    return f"{text} → {answer}{retries}" if answer is not None else f"{text}{retries}"


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


def _has_time(one: TracedCall | TracedSpan | None) -> bool:
    """Return True for a line that shows how long something took."""
    return isinstance(one, TracedCall) or (isinstance(one, TracedSpan) and one.kind != "log")


def _line(text: str, one: TracedCall | TracedSpan | None, longest: int, *, room: int, width: int, full: bool) -> str:
    if one is None:
        return text
    if not _has_time(one):
        return text if full or len(text) <= width else text[: width - 1] + "…"
    shown = text if full or len(text) <= room else text[: room - 1] + "…"
    return f"{shown:<{room}} {_duration(one.us):>{_TIME}} {_bar(one.us or 0, longest)}".rstrip()


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
