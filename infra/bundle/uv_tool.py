"""Calling uv."""

from __future__ import annotations

import subprocess
from pathlib import Path

from uv import find_uv_bin

from ..problems import SynthError


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
    def is_network(self) -> bool:
        """Whether a package index could not be reached."""
        signs = (
            "error sending request",
            "dns error",
            "Failed to fetch",
            "Network connectivity is disabled",
            "timed out",
        )
        return any(sign in self.words for sign in signs)


def run_uv(arguments: list[str], *, project: Path) -> str:
    """Run uv in the project's directory, where it finds the project's indexes and settings.

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
