"""What can go wrong with the local cloud. Each message names what to do about it."""

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
    """No project here."""


class InvalidPortError(SluiceError, ValueError):
    """SLUICE_PORT is no port."""


class NothingRunningError(SluiceError):
    """The local cloud does not run."""

    def __init__(self, port: int, why: str | None = None) -> None:
        """Say so.

        Args:
            port: its port.
            why: what is there in its place, if anything is.
        """
        said = f"; {why}" if why else ""
        super().__init__(f"nothing answers at 127.0.0.1:{port}, where the local cloud would be{said}")
