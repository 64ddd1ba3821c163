"""Progress on stderr: a line for each step that is done, and how far the current one has got."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

_QUIET = 10.0
"""Seconds between the details that are printed where no line can be overwritten."""

_WIDTH = 100


class ShownProgress:
    """Shows the progress of a long task to whoever runs the command."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._began = 0.0
        self._printed = 0.0

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show a step, and at its end how long it took."""
        self._step, self._began = text, time.monotonic()
        self._printed = self._began
        self._overwrite(f"{text} ...")
        try:
            yield
        except BaseException:
            self._line(f"{text}: failed")
            raise
        self._line(f"{text}: {time.monotonic() - self._began:.1f} s")

    def detail(self, text: str) -> None:
        """Show how far the step has got."""
        now = time.monotonic()
        if self._terminal:
            self._overwrite(f"{self._step} ... {text}")
        elif now - self._printed >= _QUIET:
            self._printed = now
            self._line(f"{self._step} ... {text} ({now - self._began:.0f} s)")

    def note(self, text: str) -> None:
        """Say something."""
        self._line(text)

    def _overwrite(self, text: str) -> None:
        if self._terminal:
            click.echo(f"\r\033[K{text[:_WIDTH]}", nl=False, err=True)

    def _line(self, text: str) -> None:
        click.echo(f"\r\033[K{text}" if self._terminal else text, err=True)
