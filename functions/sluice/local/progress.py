"""What a long task says while it works."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """Told what is being done. The command line shows it; other callers may do as they like."""

    def step(self, text: str) -> AbstractContextManager[None]:
        """A part of the task, for as long as the context lasts."""

    def detail(self, text: str) -> None:
        """How far the current step has got."""

    def note(self, text: str) -> None:
        """Something worth knowing."""
