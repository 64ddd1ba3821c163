"""The project that the current directory belongs to, and where its local cloud keeps its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..stage.clients import DEFAULT_PORT
from ..stage.deployed_files import is_deployed
from .errors import InvalidPortError, ProjectNotFoundError

MAX_PORT = 65_535

_DEPLOYED = ("cdk.json", "pyproject.toml", "uv.lock", "infra", "functions")
"""What a deployment is made from, besides app.py and whatever Python app.py imports."""

_NO_SOURCES = frozenset({"tests", "cdk.out", "node_modules", "venv", *_DEPLOYED})
"""Directories whose Python app.py has no reason to import, or that count as they are."""


def find_project(start: Path | None = None) -> Path:
    """The root of the project that a directory lies in.

    Args:
        start: the directory; the current one if left out.

    Raises:
        ProjectNotFoundError: neither it nor a directory above it has an app.py and a cdk.json.
    """
    start = (start or Path.cwd()).resolve()
    for directory in (start, *start.parents):
        if (directory / "app.py").is_file() and (directory / "cdk.json").is_file():
            return directory
    raise ProjectNotFoundError(
        f"no project here: neither {start} nor a directory above it holds app.py and cdk.json;"
        " change to your project's directory"
    )


def local_port() -> int:
    """The local cloud's port: SLUICE_PORT, or else the default.

    Raises:
        InvalidPortError: SLUICE_PORT is not a port's number.
    """
    text = os.environ.get("SLUICE_PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_PORT):
        raise InvalidPortError(f"SLUICE_PORT={text}: use a port's number, 1 to {MAX_PORT}, as in SLUICE_PORT=4567")
    return int(text)


def fingerprint(root: Path) -> str:
    """A digest of everything that a deployment is made from: equal ones deploy the same."""
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
        if not path.name.startswith(".") and path.name not in _NO_SOURCES:
            yield from sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.suffix == ".py" else []


def _is_part_of_deployment(path: Path) -> bool:
    if path.parts[0] == "functions":
        return is_deployed(path.relative_to("functions"))
    return "__pycache__" not in path.parts


@dataclass(frozen=True)
class Files:
    """Where the local cloud of one port keeps its files.

    Args:
        root: the project's root.
        port: the local cloud's port.
    """

    root: Path
    port: int

    @property
    def directory(self) -> Path:
        """The directory of all of them."""
        return self.root / ".sluice" / str(self.port)

    @property
    def lock(self) -> Path:
        """Held while a command changes the local cloud."""
        return self.directory / "lock"

    @property
    def temporary(self) -> Path:
        """MiniStack's own temporary files, and those of the deployment."""
        return self.directory / "tmp"

    @property
    def assembly(self) -> Path:
        """What `cdk` synthesises."""
        return self.directory / "cdk.out"

    @property
    def deployed(self) -> Path:
        """What was deployed last, and into which server."""
        return self.directory / "deployed.json"

    @property
    def server_log(self) -> Path:
        """What MiniStack printed. It outlives MiniStack."""
        return self.directory / "ministack.log"

    @property
    def deploy_log(self) -> Path:
        """What `cdk deploy` printed. It outlives the local cloud too."""
        return self.directory / "deploy.log"
