"""Calling uv."""

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
    """The bundle could not be built."""


class UvFailedError(Exception):
    """Uv said no.

    Attributes:
        words: what it said.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words

    @property
    def without_wheel(self) -> list[str]:
        """The packages that have no wheel for the machine that was asked for."""
        return sorted(set(_NO_WHEEL.findall(self._one_line)))

    @property
    def is_network(self) -> bool:
        """Whether it could not reach the package index."""
        return _NO_NETWORK.search(self._one_line) is not None

    @property
    def _one_line(self) -> str:
        # Uv breaks lines anywhere.
        return " ".join(self.words.split())


def run_uv(arguments: list[str], *, project: Path) -> str:
    """Run uv in the project's directory, where it finds the project's indexes and settings.

    Args:
        arguments: the command and its options.
        project: the directory.

    Returns:
        What it printed.

    Raises:
        UvFailedError: it failed.
        BundleError: it is not installed.
    """
    try:
        uv = find_uv_bin()
    except FileNotFoundError as error:
        raise BundleError("uv is not installed beside the CDK; run: uv sync") from error
    done = subprocess.run(  # noqa: S603 - a fixed program, with arguments of ours
        [uv, "--color", "never", "--no-progress", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UvFailedError(done.stderr.strip())
    return done.stdout
