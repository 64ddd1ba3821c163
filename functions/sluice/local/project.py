"""The project that the current directory belongs to."""

from __future__ import annotations

from pathlib import Path

from .errors import ProjectNotFoundError


def find_project(start: Path | None = None) -> Path:
    """Return the root of the project that a directory belongs to.

    Args:
        start: the directory; the current one if left out.

    Raises:
        ProjectNotFoundError: neither the directory nor one above it has an app.py and a cdk.json.
    """
    start = (start or Path.cwd()).resolve()
    for directory in (start, *start.parents):
        if (directory / "app.py").is_file() and (directory / "cdk.json").is_file():
            return directory
    raise ProjectNotFoundError(
        f"no project here: neither {start} nor a directory above it has app.py and cdk.json; change to your project's"
        " directory"
    )
