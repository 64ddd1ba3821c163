"""Local variables of the team's own frames, once an exception has ended a run."""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .render import Secrets, note_secrets, render_named
from .values import Frozen, Room, freeze

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from .own_code import OwnCode

MAX_FRAMES = 8
"""Frames whose locals are kept: the outermost, and the innermost ones."""

MAX_LOCALS = 12
"""Local variables of a frame."""

MAX_SOURCE = 200
"""Characters of a line of source text."""

_MAX_STEPS = 2_000
_OPTIMIZED = 0x1
"""The flag of a function's code. The locals of a class's body are a mapping that its metaclass may have made."""


@dataclass(frozen=True)
class FailedFrame:
    """A frame of the team's that an exception went through.

    Attributes:
        function: its function's qualified name.
        file: its file, such as `handlers/send_receipt.py`.
        line: the line at which it raised or called.
        source: that line's text, as it was deployed.
        values: its local variables, copied.
    """

    function: str
    file: str
    line: int
    source: str
    values: list[tuple[str, Frozen]]

    def note_secrets(self, secrets: Secrets) -> None:
        """Remember what stands under secret names."""
        for name, frozen in self.values:
            note_secrets(name, frozen, secrets)

    def rendered(self, secrets: Secrets) -> dict[str, Any]:
        """Return the frame as JSON carries it."""
        return {
            "function": self.function,
            "file": self.file,
            "line": self.line,
            "source": secrets.text(self.source)[:MAX_SOURCE],
            "values": {name: render_named(name, frozen, secrets) for name, frozen in self.values},
        }


def frames_of(error: BaseException, own: OwnCode, *, values: bool) -> list[FailedFrame]:
    """Return the team's frames that an exception went through, outermost first.

    Args:
        error: the exception.
        own: the team's code.
        values: False to leave out local variables.
    """
    kept: list[tuple[FrameType, int]] = []
    # As BaseException has it, whatever the exception's own class does.
    traceback: TracebackType | None = vars(BaseException)["__traceback__"].__get__(error)
    for _ in range(_MAX_STEPS):
        if traceback is None:
            break
        if traceback.tb_frame.f_code.co_filename in own.files:
            kept.append((traceback.tb_frame, traceback.tb_lineno))
            if len(kept) > MAX_FRAMES:
                del kept[1]
        traceback = traceback.tb_next
    room = Room()
    return [_copy(frame, line, own, room, values=values) for frame, line in kept]


def _copy(frame: FrameType, line: int, own: OwnCode, room: Room, *, values: bool) -> FailedFrame:
    code = frame.f_code
    return FailedFrame(
        function=code.co_qualname,
        file=own.files[code.co_filename],
        line=line,
        source=linecache.getline(code.co_filename, line).strip(),
        values=_locals_of(frame, room) if values and code.co_flags & _OPTIMIZED else [],
    )


def _locals_of(frame: FrameType, room: Room) -> list[tuple[str, Frozen]]:
    here = frame.f_locals
    code = frame.f_code
    names = dict.fromkeys((*code.co_varnames, *code.co_cellvars, *code.co_freevars))
    shown = [name for name in names if name in here and not name.startswith(("__", "."))]
    return [(name, freeze(here[name], room)) for name in shown[:MAX_LOCALS]]
