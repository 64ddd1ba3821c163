"""The files that a local cloud keeps in the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Files:
    """Paths of the local cloud at one port.

    Args:
        root: the project's root.
        port: the local cloud's port.
    """

    root: Path
    port: int

    @property
    def directory(self) -> Path:
        """The directory that holds all of them."""
        return self.root / ".sluice" / str(self.port)

    def keep_private(self) -> None:
        """Make the directory above all local clouds', or close it to everyone but its owner.

        What is in it needs no further care: nobody reaches a file below a directory that they may not enter.
        """
        self.root.joinpath(".sluice").mkdir(exist_ok=True)
        self.root.joinpath(".sluice").chmod(0o700)

    @property
    def lock(self) -> Path:
        """The lock of the command that is changing the local cloud."""
        return self.directory / "lock"

    @property
    def temporary(self) -> Path:
        """The temporary directory of MiniStack and of deployments."""
        return self.directory / "tmp"

    @property
    def pythons(self) -> Path:
        """The Pythons that functions may run on, by version."""
        return self.temporary / "pythons.json"

    @property
    def assembly(self) -> Path:
        """The directory that `cdk` synthesises into."""
        return self.directory / "cdk.out"

    @property
    def deployed(self) -> Path:
        """The record of the last deployment."""
        return self.directory / "deployed.json"

    @property
    def server_log(self) -> Path:
        """MiniStack's output. It stays when MiniStack has stopped."""
        return self.directory / "ministack.log"

    @property
    def deploy_log(self) -> Path:
        """The output of `cdk deploy`. It stays when the local cloud has stopped."""
        return self.directory / "deploy.log"
