"""Processes that a run forks: none of them goes on as a second worker."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn, TypeVar

from ..stage import clients

Result = TypeVar("Result")

_FAILED = 1
"""The exit status that Python gives a program which an exception ends."""


def in_this_process_only(call: Callable[[], Result]) -> Result:
    """Call a function, and return what it returns, in this process only.

    A child that comes out of the call, by a return or by an exception, is ended here, as Python would end a program: it
    must not write this process's traces, answer for it, or run its other events.

    Args:
        call: the function.
    """
    mine = os.getpid()
    try:
        returned = call()
    except BaseException as error:
        if os.getpid() != mine:
            _end_child(error)
        raise
    if os.getpid() != mine:
        _end_child(None)
    return returned


def prepare_for_forks() -> None:
    """Have each process that is forked from now on make connections to AWS of its own."""
    # A child would write what waits in the streams a second time.
    os.register_at_fork(before=_flush, after_in_child=clients.forget_clients_in_child)


def _end_child(error: BaseException | None) -> NoReturn:
    status = _FAILED
    try:
        status = _status_of(error)
        _flush()
    finally:
        os._exit(status)


def _status_of(error: BaseException | None) -> int:
    if error is None:
        return 0
    if not isinstance(error, SystemExit):
        traceback.print_exception(error)
        return _FAILED
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return _FAILED


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # It may be closed, or None.
        with contextlib.suppress(Exception):
            stream.flush()
