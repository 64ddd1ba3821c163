"""A trace's calls for a page: each call's source, with the calls that a line made opened in place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ..cli.brief_value import brief
from ..traces import Trace
from ..traces.calls import TracedCall, calls_of
from .source_view import Piece, SourceFile

_MOST_LINES = 1_200
"""Lines of source on a page. After that, calls are shown without their source."""

_MOST_CALLS = 400
"""Calls on a page."""

_MOST_ALIKE = 5
"""Calls of one function in a row that are shown."""

_LONG_FUNCTION, _AROUND = 60, 3
"""Lines from which a function is shown in parts, and the lines around each part that matters."""

_DEEPEST = 6
"""Levels of indentation that have a class."""

_ONE_LINE = 60
"""Characters of a value that is shown in one line; a longer one can be opened."""

_LONGEST = 20_000
"""Characters of a value on a page."""

_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Value:
    """A value beside a line.

    Attributes:
        mark: `→` returned, `✕` raised, `=` bound; empty for none.
        text: the value.
    """

    mark: str
    text: str

    @property
    def is_long(self) -> bool:
        """True if it takes more than a line."""
        return len(self.text) > _ONE_LINE


@dataclass(frozen=True)
class Local:
    """A local variable: its name, its value, and whether the line that raised uses it."""

    name: str
    text: str
    used: bool


@dataclass(kw_only=True)
class Line:
    """A line of source, or a call whose source is not to be had.

    Attributes:
        number: the line's number; None for a gap.
        level: its indentation, in levels.
        pieces: its text.
        value: what is shown beside it.
        us: microseconds that its calls took.
        raised: True if the exception left the function here.
        calls: the calls that it made.
        more: what is left out of them, in words.
        locals: the local variables when it raised; None unless they are known.
        anchor: the line's id on the page; empty for none.
    """

    number: int | None
    level: int = 0
    pieces: Sequence[Piece] = ()
    value: Value | None = None
    us: int | None = None
    raised: bool = False
    calls: list[Block] = field(default_factory=list)
    more: str = ""
    locals: Sequence[Local] | None = None
    anchor: str = ""

    @property
    def is_open(self) -> bool:
        """True if its calls are shown opened: those on the way of the exception."""
        return any(call.raised for call in self.calls)


@dataclass(kw_only=True)
class Block:
    """A call: its function's name and arguments, its place, its outcome, and its lines."""

    index: int
    function: str
    arguments: Sequence[tuple[str, str]] | None
    place: str
    raised: bool
    outcome: Value | None
    us: int | None
    lines: Sequence[Line]


class CallView:
    """Builds the blocks of one trace.

    Args:
        trace: the trace.
        files: the source by file.

    Raises:
        TypeError, ValueError: the trace's calls are damaged.
    """

    def __init__(self, trace: Trace, files: Mapping[str, SourceFile]) -> None:
        self.calls = calls_of(trace.calls)
        self._files = files
        self._frames = list(trace.locals)
        self._lines = _MOST_LINES
        self._blocks = _MOST_CALLS
        self._below: dict[int | None, list[tuple[int, TracedCall]]] = {}
        for index, call in enumerate(self.calls):
            self._below.setdefault(call.parent, []).append((index, call))

    def blocks(self) -> tuple[list[Block], str]:
        """Return the outermost calls, and what is left out of them, in words."""
        return self._some(self._below.get(None, []))

    def _some(self, calls: Sequence[tuple[int, TracedCall]]) -> tuple[list[Block], str]:
        shown, left = [], []
        for function, alike in groupby(calls, key=lambda each: each[1].function):
            group = list(alike)
            few = group if len(group) <= _MOST_ALIKE else group[:3] + [one for one in group[3:] if _ended_badly(one[1])]
            few = few[: max(0, self._blocks)]
            self._blocks -= len(few)
            shown += [self._block(index, call) for index, call in few]
            if len(few) < len(group):
                left.append(f"{len(group) - len(few):,} more of {function}")
        return shown, ", ".join(left)

    def _block(self, index: int, call: TracedCall) -> Block:
        frame = self._frame_of(call)
        return Block(
            index=index,
            function=call.function,
            arguments=None
            if call.arguments is None
            else [(name, brief(value)[:_LONGEST]) for name, value in call.arguments.items()],
            place=f"{call.file}:{call.line}",
            raised=call.state == "raised",
            outcome=_outcome(call),
            us=call.us,
            lines=self._body(index, call, frame),
        )

    def _frame_of(self, call: TracedCall) -> Mapping[str, Any] | None:
        if call.state != "raised":
            return None
        names = (call.function, call.function.rpartition(".")[2])
        for frame in self._frames:
            if frame["file"] == call.file and frame["line"] == call.raised_line and frame["function"] in names:
                return frame
        return None

    def _body(self, index: int, call: TracedCall, frame: Mapping[str, Any] | None) -> list[Line]:
        below: dict[int | None, list[tuple[int, TracedCall]]] = {}
        for child in self._below.get(index, []):
            below.setdefault(child[1].caller_line, []).append(child)
        raised = call.raised_line if call.state == "raised" else None
        source = self._files.get(call.file)
        end = source.ends.get(call.line) if source else None
        if source is None or end is None or end > len(source.lines) or self._lines <= 0:
            return self._without_source(below, raised, frame, call)
        numbers = _worth_showing(call.line, end, {*below, raised})
        self._lines -= len(numbers)
        lines = [
            Line(number=None)
            if number is None
            else self._line(number, source.lines[number - 1], below.pop(number, []), number == raised, frame, call)
            for number in numbers
        ]
        # Calls whose line is not known, or is not in the function: a decorator's or a thread's.
        lines += [self._line(None, (), some, False, None, call) for some in below.values()]
        return lines

    def _without_source(
        self,
        below: Mapping[int | None, list[tuple[int, TracedCall]]],
        raised: int | None,
        frame: Mapping[str, Any] | None,
        call: TracedCall,
    ) -> list[Line]:
        lines = []
        for number in sorted({*below, *([raised] if raised else [])}, key=lambda number: number or 0):
            text = str(frame["source"]) if frame and number == raised else ""
            pieces = [Piece(text)] if text else [Piece(_functions(below.get(number, [])))]
            lines.append(self._line(number, pieces, below.get(number, []), number == raised, frame, call))
        return lines

    def _line(
        self,
        number: int | None,
        pieces: Sequence[Piece],
        below: Sequence[tuple[int, TracedCall]],
        is_raised: bool,
        frame: Mapping[str, Any] | None,
        call: TracedCall,
    ) -> Line:
        calls, more = self._some(below)
        level, pieces = _indented(pieces)
        value = None
        if is_raised:
            value = _outcome(call)
        elif calls:
            value = calls[-1].outcome
        times = [child.us for _, child in below if child.us is not None]
        return Line(
            number=number,
            level=level,
            pieces=pieces or [Piece(_functions(below))],
            value=value,
            us=sum(times) if times else None,
            raised=is_raised,
            calls=calls,
            more=more,
            locals=local_values(frame) if is_raised and frame and not any(one.raised for one in calls) else None,
            anchor=f"c{below[0][0]}" if below else "",
        )


def _outcome(call: TracedCall) -> Value | None:
    if call.state == "raised":
        return Value("✕", brief(call.result)[:_LONGEST])
    if call.state in ("open", "lost"):
        return Value("", "had not ended" if call.state == "open" else "its end was not seen")
    # Where a call's values are not kept, as of `handle`, whose event and result the trace has anyway, there is none.
    return None if call.arguments is None and call.result is None else Value("→", brief(call.result)[:_LONGEST])


def _ended_badly(call: TracedCall) -> bool:
    return call.state in ("raised", "open")


def _functions(calls: Sequence[tuple[int, TracedCall]]) -> str:
    return ", ".join(dict.fromkeys(f"{call.function}(…)" for _, call in calls))


def local_values(frame: Mapping[str, Any]) -> list[Local]:
    """Return a frame's local variables, those on its line first."""
    on_line = set(_NAME.findall(str(frame["source"])))
    found = [Local(name, brief(value)[:_LONGEST], name in on_line) for name, value in frame["values"].items()]
    return sorted(found, key=lambda local: not local.used)


def _indented(pieces: Sequence[Piece]) -> tuple[int, Sequence[Piece]]:
    """Return the level of a line's indentation, and the line without it."""
    if not pieces:
        return 0, pieces
    first = pieces[0]
    text = first.text.lstrip()
    width = len(first.text[: len(first.text) - len(text)].expandtabs(4))
    rest = [Piece(text, first.kind), *pieces[1:]] if text else list(pieces[1:])
    return min(_DEEPEST, width // 4), rest or [Piece("")]


def _worth_showing(first: int, last: int, events: set[int | None]) -> list[int | None]:
    """Return the numbers of a function's lines to show, with None for each gap."""
    if last - first < _LONG_FUNCTION:
        return list(range(first, last + 1))
    near = {first, first + 1, *(event + step for event in events if event for step in range(-_AROUND, _AROUND + 1))}
    numbers: list[int | None] = []
    before = first - 1
    for number in sorted(number for number in near if first <= number <= last):
        numbers += [None] if number > before + 1 else []
        numbers.append(number)
        before = number
    return numbers + ([None] if before < last else [])
