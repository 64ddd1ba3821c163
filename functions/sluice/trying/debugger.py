"""Python's debugger in a run: where the handler raises, and at its breakpoints."""

from __future__ import annotations

import functools
import pdb
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from ..worker.run_handler import Handler


def debugged(handle: Handler, terminal: TextIO) -> Handler:
    """Return a handler that enters the debugger where it raises.

    Args:
        handle: the handler.
        terminal: the debugger's output.
    """

    @functools.wraps(handle)
    def in_debugger(event: Any) -> Any:
        try:
            returned = handle(event)
        except Exception as error:
            _post_mortem(error.__traceback__, terminal)
            raise
        return _awaited(returned, terminal) if isinstance(returned, Coroutine) else returned

    return in_debugger


async def _awaited(coroutine: Coroutine[Any, Any, Any], terminal: TextIO) -> Any:
    try:
        return await coroutine
    except Exception as error:
        _post_mortem(error.__traceback__, terminal)
        raise


def enter_at_breakpoints(terminal: TextIO) -> None:
    """Have `breakpoint()` enter the debugger.

    Args:
        terminal: its output.
    """

    def enter(*_: Any, **__: Any) -> None:
        _debugger(terminal).set_trace(sys._getframe(1))  # noqa: SLF001 - the caller's frame, as breakpoint() has it

    sys.breakpointhook = enter


def _post_mortem(traceback: TracebackType | None, terminal: TextIO) -> None:
    debugger = _debugger(terminal)
    debugger.reset()
    debugger.interaction(None, traceback)


def _debugger(terminal: TextIO) -> pdb.Pdb:
    # The process's own streams: what the handler prints is kept back until its line ends, which hides a prompt.
    return pdb.Pdb(stdin=sys.__stdin__, stdout=terminal)
