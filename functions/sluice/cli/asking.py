"""A check that there is somebody to answer a question."""

from __future__ import annotations

import sys


def can_ask() -> bool:
    """Return True if stdin is a terminal. It is None if the caller closed it."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
