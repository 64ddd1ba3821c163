"""A wait for something that other processes or threads bring about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T | None], what: str, *, limit: float = 300.0, poll: float = 0.1) -> T:
    """Return the first answer that is true.

    Args:
        ask: asked again and again.
        what: what the answer stands for, for the error.
        limit: seconds after which the wait counts as hanging. A slow machine must not reach it.
        poll: seconds between two looks.
    """
    deadline = time.monotonic() + limit
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit:g} s: {what}; the last answer was {answer!r}")
        time.sleep(poll)
    return answer
