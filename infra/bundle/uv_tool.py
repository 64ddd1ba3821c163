"""Calls of uv."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from uv import find_uv_bin

from ..problems import SynthError

_NO_WHEEL = re.compile(r"(\S+==\S+) has no (?:usable )?wheels")
_NO_NETWORK = re.compile(
    "Failed to fetch|error sending request|dns error|network (was|is) disabled|timed out", re.IGNORECASE
)


class BundleError(SynthError):
    """The bundle can't be built."""


class UvFailedError(Exception):
    """A command of uv's failed.

    Attributes:
        words: its error message.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words

    @property
    def without_wheel(self) -> list[str]:
        """The packages without a wheel for the target."""
        return sorted(set(_NO_WHEEL.findall(self._one_line)))

    @property
    def is_network(self) -> bool:
        """True if uv could not reach the package index."""
        return _NO_NETWORK.search(self._one_line) is not None

    @property
    def _one_line(self) -> str:
        # Uv wraps its messages anywhere.
        return " ".join(self.words.split())


def run_uv(arguments: list[str], *, project: Path) -> str:
    """Run uv in the project's directory, so that it finds the project's indexes and settings.

    Args:
        arguments: the command and its options.
        project: the directory.

    Returns:
        Its output.

    Raises:
        UvFailedError: uv failed.
        BundleError: uv is not installed.
    """
    try:
        uv = find_uv_bin()
    except FileNotFoundError as error:
        raise BundleError("uv is not installed beside the CDK; run: uv sync") from error
    done = subprocess.run(  # noqa: S603 - a fixed program and our own arguments
        [uv, "--color", "never", "--no-progress", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UvFailedError(done.stderr.strip())
    return done.stdout
