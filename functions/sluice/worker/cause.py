"""The cause of a failed run: what stopped it, and where in the team's own code.

Only Python's own frames and code objects are read, so no code of the exception's runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..traces import failure as failures

if TYPE_CHECKING:
    from types import TracebackType

    from .outcome import Outcome

_CUT_OFF = frozenset({"TimedOut", "MemoryError"})
"""Types of errors that can come up anywhere in a run, so that the place says nothing about the cause."""

_HERE = Path(__file__).parents

_LIBRARY = f"{_HERE[1]}{os.sep}"
"""This library's directory, beside which the handlers are."""

_PROJECT = f"{_HERE[2]}{os.sep}"
"""The directory of the function's code: `functions`, or `/var/task` on Lambda."""

_OTHERS = (_LIBRARY, f"{Path(os.__file__).parent}{os.sep}", "/opt/python/", "/var/runtime/", "/var/lang/", "<")
"""Starts of the files of other people's code: this library, Python's, the layers' and the runtime's."""

_PACKAGES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


class Place(NamedTuple):
    """A place in the code.

    Attributes:
        where: `file:line function`, for people.
        key: the same for as long as the function itself stays as it is, whatever stands above it in its file.
    """

    where: str
    key: str


def cause_of(handler: str, outcome: Outcome) -> failures.Failure:
    """Return the cause of a run that failed.

    Args:
        handler: the handler's name.
        outcome: how the run ended.
    """
    error, place = outcome.error or {}, outcome.place
    kind = error.get("type", "")
    return failures.failure(
        handler,
        kind=kind,
        message=error.get("message", ""),
        where=place.where if place else "",
        place=place.key if place and kind not in _CUT_OFF else "",
    )


def place_of(error: BaseException) -> Place | None:
    """Return the innermost place in the team's own code at which an exception passed; None if it passed none.

    Code beside this package comes first: where a layer's packages are is known on Lambda only.
    """
    passed = [frames for frames in _tracebacks(error) if _may_be_own(frames.tb_frame.f_code.co_filename)]
    beside = [frames for frames in passed if frames.tb_frame.f_code.co_filename.startswith(_PROJECT)]
    if not passed:
        return None
    found = (beside or passed)[-1]
    code, line = found.tb_frame.f_code, found.tb_lineno
    file = code.co_filename.removeprefix(_PROJECT)
    return Place(f"{file}:{line} {code.co_qualname}", f"{file} {code.co_qualname} {line - code.co_firstlineno}")


def _may_be_own(filename: str) -> bool:
    return not filename.startswith(_OTHERS) and not any(part in filename for part in _PACKAGES)


def _tracebacks(error: BaseException) -> Iterator[TracebackType]:
    # As BaseException has it, whatever the exception's own class does.
    frames: TracebackType | None = vars(BaseException)["__traceback__"].__get__(error)
    while frames is not None:
        yield frames
        frames = frames.tb_next
