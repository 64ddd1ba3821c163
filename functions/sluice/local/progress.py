"""The progress of a long task, as the task reports it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """A receiver of progress. The command line shows it; other callers may ignore it."""

    def step(self, text: str) -> AbstractContextManager[None]:
        """Report a step of the task, which lasts as long as the context."""

    def detail(self, text: str) -> None:
        """Report the state of the current step."""

    def note(self, text: str) -> None:
        """Report something worth knowing."""
