"""The machine and the Python that a bundle is for."""

from __future__ import annotations

import dataclasses
import platform
import sys
from dataclasses import dataclass

from sluice.local.interpreter import find_interpreter
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


DEFAULT_PYTHON = "3.13"

LAMBDA = Target(architecture="arm64", python=DEFAULT_PYTHON, platform="aarch64-manylinux_2_34")
"""AWS's Graviton machines, which are cheaper. Lambda's Python 3.12 and later run on Amazon Linux 2023, whose glibc is
2.34."""


def this_machine(python: str | None = None) -> Target:
    """Return the machine that this process runs on. The local cloud runs functions on it.

    Args:
        python: the version that functions have on AWS. If this machine has it, they have it here, too; if not, or if
            it is left out, they run on the Python that runs this process.
    """
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    version = python if python and find_interpreter(python) else "{}.{}".format(*sys.version_info[:2])
    return Target(architecture="arm64" if arm else "x86_64", python=version)


def target_of(stage: str, python: str = DEFAULT_PYTHON) -> Target:
    """Return the target of a stage's functions.

    Args:
        stage: the stage.
        python: the version of Python that functions have on AWS.
    """
    return this_machine(python) if stage == LOCAL_STAGE else dataclasses.replace(LAMBDA, python=python)
