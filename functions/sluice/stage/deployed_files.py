"""The files of `functions/` that Lambda gets, and those that only run on a team's own machines.

The bundle leaves out the others, and `sluice up` deploys again only if one of the files that Lambda gets has changed.
Depends on nothing, so that the CDK code and the command line can both use it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePath

PACKAGES_NOT_DEPLOYED = ("cli", "console", "local", "operate", "planning", "trying")
"""Packages of `sluice` that no function imports."""

NAMES_NOT_DEPLOYED = ("__pycache__", "*.egg-info", ".*")
"""Patterns of file and directory names that are left out at any depth."""


def patterns_not_deployed() -> list[str]:
    """Return the patterns of what is not deployed, as in a .gitignore file in `functions/`."""
    return [*(f"/sluice/{package}" for package in PACKAGES_NOT_DEPLOYED), *NAMES_NOT_DEPLOYED]


def is_deployed(path: PurePath) -> bool:
    """Return True if Lambda gets this file or directory.

    Args:
        path: the path relative to `functions/`.
    """
    if any(path.parts[:2] == ("sluice", package) for package in PACKAGES_NOT_DEPLOYED):
        return False
    return not any(fnmatchcase(part, pattern) for part in path.parts for pattern in NAMES_NOT_DEPLOYED)
