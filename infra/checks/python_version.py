"""The check of the functions' version of Python."""

from __future__ import annotations

from sluice.local.interpreter import VERSIONS


def problems_with_python(python: object) -> list[str]:
    """Return the problems of `python`."""
    if python in VERSIONS:
        return []
    return [f"python: it is {python!r}; write one of {', '.join(map(repr, VERSIONS))}, or leave it out"]
