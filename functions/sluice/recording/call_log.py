"""The calls of one run, as they are recorded and as a trace has them.

A trace has `{"fns": [[name, file, line, [parameters]]], "calls": [[fn, parent, start_us, us, caller_line, arguments,
result]], "more": [fn]}`. `parent` is the index of the call that made it, or -1. `us` is -1 if its end is not known. A
call that did not return has its state after the result, and one that raised has the line after that. `more` names
functions of which not every call is recorded.
"""

from __future__ import annotations

import _thread
import sys
import time
from typing import TYPE_CHECKING, Any

from .values import Frozen, Room, freeze

if TYPE_CHECKING:
    from collections.abc import Container
    from types import CodeType, FrameType

    from .own_code import OwnFunction
    from .render import Secrets

MAX_CALLS = 200
"""Calls that are recorded in one run."""

MAX_HOOKS = 2_000
"""Times that a call's start, end, yield or resume is looked at in one run, recorded or not."""

MAX_UNWINDS = 1_000
"""Frames, of anybody's code, that exceptions may leave in one run before nobody looks any more."""

OPEN, RETURNED, RAISED, LOST = "open", "", "raised", "lost"
"""States of a call. OPEN: it had not ended when the run did. LOST: its end was not seen."""

now = time.perf_counter_ns


class Call:
    """One call of a function of the team's.

    Args:
        function: the function.
        index: its place among the run's calls.
        parent: the index of the call that made it; -1 for none.
        frame: the id of its frame. A frame that is kept would keep the handler's objects alive.
        caller: the code that called it.
        caller_offset: the place in that code.

    Attributes:
        arguments: copies, in the order of the parameters; None if they are not kept.
        outcome: a copy of what it returned or raised.
        state: one of `OPEN`, `RETURNED`, `RAISED`, `LOST`.
        start, end: on the clock of `now`; end is 0 if it is not known.
        raised_at: the place in its code at which it raised.
        resumes: times that it was resumed, if it is a generator or coroutine.
    """

    __slots__ = (
        *("arguments", "caller", "caller_offset", "end", "frame", "function", "index"),
        *("outcome", "parent", "raised_at", "resumes", "start", "state"),
    )

    def __init__(
        self, function: OwnFunction, index: int, parent: int, frame: int, caller: CodeType | None, caller_offset: int
    ) -> None:
        self.function = function
        self.index = index
        self.parent = parent
        self.frame = frame
        self.caller = caller
        self.caller_offset = caller_offset
        self.arguments: list[Frozen] | None = None
        self.outcome: Frozen = None
        self.state = OPEN
        self.start = self.end = self.resumes = 0
        self.raised_at = -1


class CallLog:
    """The calls of one run.

    Args:
        values: False to leave out arguments and results.

    Attributes:
        calls: the recorded calls, in the order in which they started.
        stacks: the calls under way in each thread, by the thread's id.
        resumable: generators and coroutines that have not ended, by their frame's id.
        more: functions of which not every call is recorded.
        hooks, unwinds: what is left of `MAX_HOOKS` and `MAX_UNWINDS`.
        room: values that may still be copied.
    """

    def __init__(self, *, values: bool) -> None:
        self.calls: list[Call] = []
        self.stacks: dict[int, list[Call]] = {}
        self.resumable: dict[int, Call] = {}
        self.more: set[OwnFunction] = set()
        self.hooks = MAX_HOOKS
        self.unwinds = MAX_UNWINDS
        # Before 3.13 Python makes a `__dict__` for each instance that is looked into, and keeps it.
        self.room = Room(opens_objects=sys.version_info >= (3, 13)) if values else Room(0)
        self.started = now()
        self._thread = _thread.get_ident()

    def parent_of_first(self) -> int:
        """Return the parent of a call that none of its thread's calls made: the one that the handler waits in."""
        waiting = self.stacks.get(self._thread)
        if waiting:
            return waiting[-1].index
        return 0 if self.calls and self.calls[0].state == OPEN else -1

    def current(self) -> int:
        """Return the index of the call that this thread is in, or that the handler waits in; -1 for none."""
        stack = self.stacks.get(_thread.get_ident())
        return stack[-1].index if stack else self.parent_of_first()

    def close(self, call: Call, end: int, state: str, outcome: Frozen) -> None:
        """Note the end of a call."""
        call.end = end
        call.state = state
        call.outcome = outcome
        if call.function.is_resumable:
            self.resumable.pop(call.frame, None)
        call.frame = 0
        call.function.open -= 1

    def arguments_of(self, function: OwnFunction, frame: FrameType) -> list[Frozen]:
        """Return copies of the arguments of a call that starts."""
        here = frame.f_locals
        room = self.room
        try:
            return [freeze(here[name], room) for name in function.parameters]
        except KeyError:
            # A variable that Python has not made yet.
            return [freeze(here[name], room) if name in here else None for name in function.parameters]

    def take(self, frame: FrameType) -> Call | None:
        """Return the call of a frame that ends, taken off its stack; None if it is not recorded."""
        stack = self.stacks.get(_thread.get_ident())
        if stack and stack[-1].frame == id(frame):
            return stack.pop()
        call = self.resumable.get(id(frame))
        if call is not None:
            self.leave(call)
        elif self.unwinds < 0 and stack and any(one.frame == id(frame) for one in stack):
            # Exceptions are no longer looked at: the calls above it were left by one.
            while stack[-1].frame != id(frame):
                self.lose(stack[-1])
            return stack.pop()
        return call

    def leave(self, call: Call) -> None:
        """Take a generator or coroutine off the stack that it is on, if it is on one."""
        for stack in list(self.stacks.values()):
            if call in stack:
                stack.remove(call)
                return

    def drop_left(self, stack: list[Call], frame: FrameType) -> None:
        """Give up calls that an exception has left: those of frames that are not under way any more.

        Args:
            stack: the calls of this thread.
            frame: the frame of a call that starts.
        """
        alive: set[int] = set()
        above = frame.f_back
        while above is not None and len(alive) < MAX_CALLS:
            alive.add(id(above))
            above = above.f_back
        while stack and stack[-1].frame not in alive:
            self.lose(stack[-1])

    def lose(self, call: Call) -> None:
        """Give up the end of a call."""
        for stack in list(self.stacks.values()):
            if call in stack:
                stack.remove(call)
        self.close(call, 0, LOST, None)

    def note_secrets(self, secrets: Secrets) -> None:
        """Remember what stands under secret names."""
        from .render import note_secrets  # noqa: PLC0415 - needed after the run only

        for call in self.calls:
            for name, frozen in zip(call.function.parameters, call.arguments or (), strict=False):
                note_secrets(name, frozen, secrets)
            note_secrets(None, call.outcome, secrets)

    def rendered(self, secrets: Secrets, own_files: Container[str], *, values: bool = True) -> dict[str, Any]:
        """Return the calls as a trace has them.

        Args:
            secrets: what to hide.
            own_files: the team's files; the line of a caller elsewhere means nothing.
            values: False to leave out arguments and results.
        """
        places: dict[int, int] = {}
        functions: list[Any] = []
        for function in (*(call.function for call in self.calls), *self.more):
            if function.index not in places:
                places[function.index] = len(functions)
                functions.append([function.name, function.file, function.line, list(function.parameters)])
        rows = [self._row(call, places[call.function.index], secrets, own_files, values=values) for call in self.calls]
        more = sorted(places[function.index] for function in self.more)
        return {"fns": functions, "calls": rows, **({"more": more} if more else {})}

    def _row(
        self, call: Call, function: int, secrets: Secrets, own_files: Container[str], *, values: bool
    ) -> list[Any]:
        known = call.caller is not None and call.caller.co_filename in own_files
        row: list[Any] = [
            function,
            call.parent,
            (call.start - self.started) // 1000,
            (call.end - call.start) // 1000 if call.end else -1,
            line_at(call.caller, call.caller_offset) if known and call.caller else 0,
        ]
        if values:
            row += _values(call, secrets)
        if call.state != RETURNED:
            row += [None] * (7 - len(row)) + [call.state]
            if call.state == RAISED:
                row.append(line_at(call.function.code, call.raised_at))
        else:
            while len(row) > 5 and row[-1] is None:  # noqa: PLR2004 - the row without values
                row.pop()
        return row


def _values(call: Call, secrets: Secrets) -> list[Any]:
    from .render import render, render_named  # noqa: PLC0415 - needed for traces that keep their values only

    arguments = None
    if call.arguments is not None:
        named = zip(call.function.parameters, call.arguments, strict=False)
        arguments = [render_named(name, frozen, secrets) for name, frozen in named]
    return [arguments, render(call.outcome, secrets)]


def line_at(code: CodeType, offset: int) -> int:
    """Return the line of a place in code."""
    found = (line for start, end, line in code.co_lines() if start <= offset < end and line is not None)
    return next(found, code.co_firstlineno)
