"""What machine the bundle is for."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from sluice.stage.names import LOCAL_STAGE


@dataclass(frozen=True, kw_only=True)
class Target:
    """A kind of machine and its Python.

    Attributes:
        architecture: in Lambda's words.
        python: the version, like `3.13`.
        platform: in uv's words; None for the machine that this runs on.
    """

    architecture: str
    python: str
    platform: str | None = None

    @property
    def runtime(self) -> str:
        """Lambda's name of the Python."""
        return f"python{self.python}"

    def __str__(self) -> str:
        system = "this machine" if self.platform is None else "Lambda"
        return f"{system} ({self.architecture}, Python {self.python})"


LAMBDA = Target(architecture="arm64", python="3.13", platform="aarch64-manylinux_2_34")
"""AWS's Graviton machines, the cheaper ones. Lambda's Python 3.13 runs on Amazon Linux 2023, whose glibc is 2.34."""


def this_machine() -> Target:
    """The machine and the Python that this runs on; what the local cloud runs functions with, too."""
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    major, minor = sys.version_info[:2]
    return Target(architecture="arm64" if arm else "x86_64", python=f"{major}.{minor}")


def target_of(stage: str) -> Target:
    """The target of a stage's functions."""
    return this_machine() if stage == LOCAL_STAGE else LAMBDA
