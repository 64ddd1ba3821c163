"""A command's failure: its message, its exit code and the command to run next."""

from __future__ import annotations

FAILED = 1
WRONG_USAGE = 2
NOT_FOUND = 3
REFUSED = 4
NOTHING_RUNNING = 5


class CommandError(Exception):
    """A command that did not do what it was asked to do.

    Attributes:
        message: what went wrong, and how to fix it.
        code: the exit code.
        then: the command to run next; None for the help of the command that failed.
    """

    def __init__(self, message: str, *, code: int, then: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.then = then

    def text(self, command: str) -> str:
        """Return the whole message.

        Args:
            command: the command that failed, such as `sluice emit`.
        """
        return f"error: {self.message}\nnext: {self.then or f'{command} --help'}"
