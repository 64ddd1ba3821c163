"""The machine and the Python that a bundle is for."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from sluice.stage.names import LOCAL_STAGE


@dataclass(frozen=True, kw_only=True)
class Target:
    """A kind of machine and its Python.

    Attributes:
        architecture: Lambda's name of the processor.
        python: the version, like `3.13`.
        platform: uv's name of the platform; None for this machine.
    """

    architecture: str
    python: str
    platform: str | None = None

    @property
    def runtime(self) -> str:
        """Lambda's name of the runtime."""
        return f"python{self.python}"

    def __str__(self) -> str:
        system = "this machine" if self.platform is None else "Lambda"
        return f"{system} ({self.architecture}, Python {self.python})"


LAMBDA = Target(architecture="arm64", python="3.13", platform="aarch64-manylinux_2_34")
"""AWS's Graviton machines, which are cheaper. Lambda's Python 3.13 runs on Amazon Linux 2023, whose glibc is 2.34."""


def this_machine() -> Target:
    """Return the machine and the Python that this process runs on. The local cloud runs functions with them."""
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    major, minor = sys.version_info[:2]
    return Target(architecture="arm64" if arm else "x86_64", python=f"{major}.{minor}")


def target_of(stage: str) -> Target:
    """Return the target of a stage's functions."""
    return this_machine() if stage == LOCAL_STAGE else LAMBDA
