"""A digest of the project, which tells whether a deployment would change anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ..stage.deployed_files import is_deployed

_DEPLOYED = ("cdk.json", "pyproject.toml", "uv.lock", "infra", "functions")
"""Files and directories that a deployment is made from, besides app.py and the Python that app.py imports."""

_NOT_IMPORTED = frozenset({"tests", "cdk.out", "node_modules", "venv", *_DEPLOYED})
"""Directories in which app.py imports nothing, or that are listed above."""


def fingerprint(root: Path) -> str:
    """Return a digest of everything that a deployment is made from. Equal digests deploy the same.

    Args:
        root: the project's root.
    """
    digest = hashlib.sha256()
    for file in _files(root):
        path = file.relative_to(root)
        if _is_part_of_deployment(path):
            content = file.read_bytes()
            digest.update(f"{path.as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for name in _DEPLOYED:
        path = root / name
        yield from sorted(file for file in (path, *path.rglob("*")) if file.is_file())
    for path in sorted(root.iterdir()):
        if not path.name.startswith(".") and path.name not in _NOT_IMPORTED:
            yield from sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.suffix == ".py" else []


def _is_part_of_deployment(path: Path) -> bool:
    if path.parts[0] == "functions":
        return is_deployed(path.relative_to("functions"))
    return "__pycache__" not in path.parts
