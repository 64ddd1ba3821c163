"""Saved changes of the working copy's code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchfiles import PythonFilter, watch

_WAIT_MS = 500
"""Milliseconds after which the watcher reports that nothing has changed."""


def saves(directory: Path) -> Iterator[None]:
    """Yield once at the start, and again after each saved change of a Python file, until Ctrl-C.

    A change that is saved before the next look at the iterator is not lost.

    Args:
        directory: the directory to watch, with all below it.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    is_first = True
    # The first report, of whatever there is, says that the watcher has begun.
    for changes in watch(directory, watch_filter=PythonFilter(), rust_timeout=_WAIT_MS, yield_on_timeout=True):
        if changes or is_first:
            is_first = False
            yield
