"""Errors of the local cloud. Each message says how to fix it."""

from __future__ import annotations

from ..errors import SluiceError


class LocalCloudError(SluiceError):
    """The local cloud did not start, or the deployment into it failed.

    Attributes:
        then: the command to run next.
    """

    def __init__(self, message: str, *, then: str = "sluice up") -> None:
        super().__init__(message)
        self.then = then


class ProjectNotFoundError(SluiceError, LookupError):
    """No directory from here upwards is a project."""


class InvalidPortError(SluiceError, ValueError):
    """SLUICE_PORT is not a port number."""


class NothingRunningError(SluiceError):
    """The local cloud is not running."""

    def __init__(self, port: int, *, taken: bool = False) -> None:
        """Make the message.

        Args:
            port: the local cloud's port.
            taken: whether a program has the port, but does not answer as the local cloud does.
        """
        super().__init__(
            f"the program at 127.0.0.1:{port} is not a local cloud, or it hangs; stop it, or choose another port with"
            " SLUICE_PORT"
            if taken
            else f"the local cloud is not running: nothing answers at 127.0.0.1:{port}"
        )
